"""A cache that a fleet shares, on a real server, which also goes away in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_mcpquality.remediation.client import open_client
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import Documentation
from pytest_mcpquality.testing import FakeContext7

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

PROGRAMS = ("redis-server", "valkey-server")
QUERY = "verify TLS certificates"
PASSWORD = "not-to-be-shown"


@pytest.fixture(scope="module")
def program() -> str:
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        message = f"none of {', '.join(PROGRAMS)} is installed"
        if os.environ.get("REQUIRE_REDIS"):
            pytest.fail(f"{message}, though REQUIRE_REDIS is set")
        pytest.skip(message)
    return found


class Server:
    """A server on a free port; with a password, nothing on disk."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program = program
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD]
        self.process = subprocess.Popen([self.program, *options], cwd=self.folder, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError("the server does not listen")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def server(program: str, tmp_path: Path) -> Iterator[Server]:
    made = Server(program, tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def runner(
    server: Server, fake_context7: FakeContext7, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> DocsSettings:
    """The settings of one machine of the fleet; each has a folder of its own."""
    monkeypatch.setenv("MCPQUALITY_CACHE_DIR", str(tmp_path / "first"))
    return DocsSettings(api_url=fake_context7.url, cache=server.url)


def test_what_one_runner_has_asked_the_others_have(
    runner: DocsSettings, fake_context7: FakeContext7, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def ask() -> Documentation:
        async with open_client(runner) as client:
            found = await client.fetch("requests", QUERY)
            assert isinstance(found, Documentation)
            assert client.statistics.troubles == {}
            return found

    first = asyncio.run(ask())
    monkeypatch.setenv("MCPQUALITY_CACHE_DIR", str(tmp_path / "second"))
    second = asyncio.run(ask())
    assert first == replace(second, calls=2)
    assert len(fake_context7.requests) == 2

    async def clear() -> None:
        async with open_client(runner) as client:
            await client.clear()
            assert client.kept("requests", QUERY) is None

    asyncio.run(clear())
    asyncio.run(ask())
    assert len(fake_context7.requests) == 4


def test_gone_in_the_middle_it_is_done_without(
    runner: DocsSettings, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask() -> None:
        async with open_client(runner) as client:
            assert isinstance(await client.fetch("/psf/requests", QUERY), Documentation)
            server.stop()
            began = time.monotonic()
            for library in ("/pallets/flask", "/python/cpython"):
                assert isinstance(await client.fetch(library, QUERY), Documentation)
            assert time.monotonic() - began < 5
            assert client.statistics.troubles.keys() == {"shared"}
            assert PASSWORD not in repr((client, client.statistics, client.place))

    asyncio.run(ask())
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert f"the cache server 127.0.0.1:{server.port} cannot be used" in record.message


def test_a_hung_server_is_not_waited_for(runner: DocsSettings, server: Server) -> None:
    assert server.process is not None
    server.process.send_signal(19)  # SIGSTOP

    async def ask() -> float:
        async with open_client(runner) as client:
            began = time.monotonic()
            assert isinstance(await client.fetch("/psf/requests", QUERY), Documentation)
            return time.monotonic() - began

    assert asyncio.run(ask()) < 5


def test_a_wrong_password_is_said_and_not_shown(
    runner: DocsSettings, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask() -> None:
        wrong = replace(runner, cache=f"redis://:wrong-password@127.0.0.1:{server.port}/0")
        async with open_client(wrong) as client:
            assert isinstance(await client.fetch("/psf/requests", QUERY), Documentation)
            assert client.statistics.troubles

    asyncio.run(ask())
    assert "wrong-password" not in caplog.text
