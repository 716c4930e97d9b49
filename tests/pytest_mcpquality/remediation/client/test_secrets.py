"""The key goes into one header, at one origin, and nowhere else."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

from pytest_mcpquality.remediation.client import open_client
from pytest_mcpquality.remediation.health import assess
from pytest_mcpquality.remediation.prometheus import exposition
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import Documentation, Miss, MissReason
from pytest_mcpquality.resilience.retry import RetrySettings
from pytest_mcpquality.testing import FakeContext7

pytestmark = [pytest.mark.timeout(60), pytest.mark.asyncio]

SECRET = "ctx7sk-aaaa-bbbb-cccc"
OTHER = "ctx7sk-dddd-eeee-ffff"
AT_ONCE = RetrySettings(attempts=2, wait_initial=0, wait_jitter=0)
SCENARIOS = (
    "", "status-401", "status-403", "status-500", "quota", "err200", "reset", "html", "redirect", "redirect-location",
    "redirect-hostile-host", "badutf8", "drip",
)  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_the_key_is_nowhere_but_in_its_header(
    scenario: str, fake_context7: FakeContext7, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    if scenario:
        fake_context7.play(scenario)
    settings = DocsSettings(
        api_url=fake_context7.url, api_keys=(SECRET,), cache=str(tmp_path / "docs.sqlite"), timeout=0.5, retry=AT_ONCE
    )
    async with open_client(settings) as client:
        found = await client.fetch("requests", "verify TLS")
        seen = [repr(found), repr(client), repr(client._service), repr(client.statistics), repr(settings)]
        seen += [exposition(client.statistics), repr(assess(client.statistics))]
    seen += [record.getMessage() for record in caplog.records]
    assert len(seen) > 7
    assert not [text for text in seen if SECRET in text]
    files = [file.read_bytes() for file in tmp_path.iterdir()]  # noqa: ASYNC240 - nothing else runs
    assert files
    assert not [content for content in files if SECRET.encode() in content]
    assert fake_context7.requests
    for request in fake_context7.requests:
        assert request.headers["authorization"] == f"Bearer {SECRET}"
        others = [value for name, value in request.headers.items() if name != "authorization"]
        assert SECRET not in repr((request.path, request.query, others))


async def test_an_error_holds_no_key_wherever_one_looks(fake_context7: FakeContext7, tmp_path: Path) -> None:
    fake_context7.close()
    settings = DocsSettings(api_url=fake_context7.url, api_keys=(SECRET,), cache=str(tmp_path / "d"), retry=AT_ONCE)
    async with open_client(settings) as client:
        transport = client._service._make()
        key = await client._service._keys.current()
        try:
            await transport.documentation("/psf/requests", "TLS", key=key)
        except Exception as error:  # noqa: BLE001 - whatever it is
            shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)
        await transport.aclose()
    assert "UnreachableError" in shown
    assert SECRET not in shown


@pytest.mark.parametrize("scenario", ["status-401", "quota", "status-402"])
async def test_the_next_key_is_taken_when_one_is_of_no_use(scenario: str, fake_context7: FakeContext7) -> None:
    fake_context7.play(scenario, key=SECRET)
    settings = DocsSettings(api_url=fake_context7.url, api_keys=(SECRET, OTHER), cache="memory")
    async with open_client(settings) as client:
        found = await client.fetch("/psf/requests", "TLS")
        assert isinstance(found, Documentation)
        assert found.calls == 2
        assert isinstance(await client.fetch("/pallets/flask", "debugger"), Documentation)
    assert [request.key for request in fake_context7.requests] == [SECRET, OTHER, OTHER]


async def test_a_library_that_is_closed_to_us_costs_no_key(fake_context7: FakeContext7) -> None:
    fake_context7.play("status-403", times=1)
    settings = DocsSettings(api_url=fake_context7.url, api_keys=(SECRET, OTHER), cache="memory")
    async with open_client(settings) as client:
        found = await client.fetch("/psf/requests", "TLS")
        assert isinstance(found, Miss)
        assert found.reason is MissReason.REFUSED
        assert isinstance(await client.fetch("/pallets/flask", "debugger"), Documentation)
    assert [request.key for request in fake_context7.requests] == [SECRET, SECRET]


async def test_a_key_that_is_none_of_theirs_is_refused_once(fake_context7: FakeContext7) -> None:
    settings = DocsSettings(api_url=fake_context7.url, api_keys=("wrong",), cache="memory")
    async with open_client(settings) as client:
        for library in ("/psf/requests", "/pallets/flask"):
            found = await client.fetch(library, "TLS")
            assert isinstance(found, Miss)
            assert found.reason is MissReason.REFUSED
    assert len(fake_context7.requests) == 1


async def test_a_rotated_key_is_taken_without_a_restart(fake_context7: FakeContext7, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("wrong", encoding="utf-8")
    settings = DocsSettings(api_url=fake_context7.url, api_key_file=file, cache="memory")
    async with open_client(settings) as client:
        assert isinstance(await client.fetch("/psf/requests", "TLS"), Miss)
        file.write_text(SECRET, encoding="utf-8")
        assert isinstance(await client.fetch("/psf/requests", "TLS"), Documentation)
    assert [request.key for request in fake_context7.requests] == ["wrong", SECRET]
