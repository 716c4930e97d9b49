from __future__ import annotations

from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.remediation.cache_opening import default_file, open_tiers
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import TransportKind
from pytest_mcpquality.testing import FakeClock


@pytest.mark.parametrize(
    "url",
    [
        "", "context7.com/api", "ftp://context7.com", "https://", "https://u:p@context7.com", "https://h/?a=b",
        "https://h/#x", "https://h:99999999/", "http://[::bad/",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="docs: api-url must be"):
        DocsSettings(api_url=url)
    with pytest.raises(UsageError, match="docs: mcp-url must be"):
        DocsSettings(mcp_url=url)


def test_a_key_does_not_travel_in_the_clear() -> None:
    for keys in ({"api_keys": ("k",)}, {"api_key_file": Path("k")}, {"api_key_command": ("k",)}):
        with pytest.raises(UsageError, match="not sent over plain http"):
            DocsSettings(api_url="http://docs.internal/api", **keys)
    with pytest.raises(UsageError, match="not sent over plain http"):
        DocsSettings(transport=TransportKind.MCP, mcp_url="http://10.0.0.1/mcp", api_keys=("k",))
    DocsSettings(api_url="http://docs.internal/api")
    for host in ("127.0.0.1:1", "localhost", "[::1]", "fake.localhost"):
        DocsSettings(api_url=f"http://{host}/api", api_keys=("k",))
    DocsSettings(transport=TransportKind.MCP, mcp_url="http://10.0.0.1/mcp", mcp_command=("x",), api_keys=("k",))


@pytest.mark.parametrize("name", ["timeout", "deadline"])
def test_no_time_at_all_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} must be more than 0 seconds"):
        DocsSettings(**{name: 0})  # type: ignore[arg-type]


def test_where_answers_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCPQUALITY_CACHE_DIR", str(tmp_path))
    clock = FakeClock()
    assert open_tiers("memory", clock).place == ""
    usual = open_tiers("", clock)
    assert usual.place == str(default_file()) == str(tmp_path / "docs.sqlite")
    chosen = open_tiers(str(tmp_path / "mine.sqlite"), clock)
    assert chosen.place == str(tmp_path / "mine.sqlite")
    shared = open_tiers("redis://:secret@127.0.0.1:1/0", clock)
    assert shared.place == f"{tmp_path / 'docs.sqlite'}, redis://127.0.0.1:1"
    for tiers in (usual, chosen, shared):
        assert tiers.disk is not None
        tiers.disk.close()


@pytest.mark.parametrize("spec", ["http://example.org", "redis://", "redis://h:99999999", "memcached://x"])
def test_what_is_no_place_for_them_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="cache"):
        open_tiers(spec, FakeClock())
