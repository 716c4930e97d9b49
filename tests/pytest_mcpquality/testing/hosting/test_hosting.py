"""The two hostings as objects: what they say of themselves, and that closing frees what they took."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path

import pytest

from pytest_mcpquality.testing import faults
from pytest_mcpquality.testing.hosting.http import HttpHosting
from pytest_mcpquality.testing.hosting.stdio import StdioHosting
from pytest_mcpquality.testing.seam import Hosted, Hosting
from tests.support.plain_server import PlainServer


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("mcpquality")]


def test_stdio() -> None:
    server: Hosted = PlainServer()
    with StdioHosting(server) as hosting:
        open_hosting: Hosting = hosting
        assert open_hosting.transport == "stdio"
        assert hosting.config == {"command": hosting.command, "args": hosting.args}
        assert repr(hosting) == "<StdioHosting of 'plain': 0 processes>"
        assert _threads() == ["mcpquality: plain over stdio"]
    hosting.close()

    assert repr(hosting) == "<StdioHosting of 'plain': closed>"
    assert _threads() == []
    assert not Path(hosting.args[-1]).exists()


def test_http() -> None:
    with HttpHosting(PlainServer()) as hosting:
        assert hosting.config == {"type": "http", "url": hosting.url}
        assert repr(hosting) == f"<HttpHosting of 'plain' at {hosting.url}: running>"
        socket.create_connection(("127.0.0.1", hosting.port), timeout=10).close()
    hosting.close()

    assert "closed" in repr(hosting)
    assert _threads() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", hosting.port), timeout=10)


def test_both_close_from_a_loop_too() -> None:
    async def main() -> None:
        async with StdioHosting(PlainServer()), HttpHosting(PlainServer()):
            assert len(_threads()) == 2

    asyncio.run(main())
    assert _threads() == []


def test_a_hosting_that_cannot_open_leaves_nothing() -> None:
    for kind, fault in ((StdioHosting, faults.Forbidden()), (HttpHosting, faults.FailsToStart())):
        with pytest.raises(faults.FaultDoesNotApplyError):
            kind(PlainServer(fault))
    assert _threads() == []


def test_a_server_that_cannot_be_made_leaves_nothing() -> None:
    class Broken(PlainServer):
        def sdk_server(self, _start: int) -> object:
            raise ValueError("broken content")

    with pytest.raises(ValueError, match="broken content"):
        HttpHosting(Broken())
    assert _threads() == []


def test_faults_come_and_go_from_any_thread_while_it_listens() -> None:
    server = PlainServer()
    with HttpHosting(server) as hosting:
        for _ in range(20):
            server.faults.add(faults.RefusesConnection())
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", hosting.port), timeout=10)
            server.faults.clear()
            socket.create_connection(("127.0.0.1", hosting.port), timeout=10).close()
