"""What is remembered of sessions, and how all of them are told, from whatever thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from pytest_mcpquality.mcp.server_bridge import ServerRequest
from pytest_mcpquality.testing import MockMCPServer
from pytest_mcpquality.testing.backend import SessionBackend
from pytest_mcpquality.testing.seam import SESSION_IN_SCOPE, SessionInfo
from pytest_mcpquality.testing.sessions import Sessions


class Client:
    """Keeps what it is told."""

    def __init__(self, *, gone: bool = False) -> None:
        self.told: list[tuple[str, Any]] = []
        self._gone = gone

    async def notify(self, method: str, params: Mapping[str, Any] | None, *, related: bool) -> None:
        assert not related
        if self._gone:
            raise ConnectionError
        self.told.append((method, params))

    async def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        raise AssertionError(method, params)

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        raise AssertionError(progress, total, message)

    async def close_stream(self) -> None:
        raise AssertionError

    def capabilities(self) -> Mapping[str, Any]:
        return {}


def in_a_thread(function: Any, *arguments: object) -> None:  # noqa: ANN401 - any function
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


@pytest.mark.asyncio
async def test_open_sessions_are_told_from_any_thread_and_closed_ones_are_not() -> None:
    sessions, here, gone, closed = Sessions(), Client(), Client(gone=True), Client()
    for name, client in (("a", here), ("b", gone), ("c", closed)):
        sessions.opened(name, client)
    sessions.closed("c")
    sessions.tell("notifications/x")
    in_a_thread(sessions.tell, "notifications/y", {"n": 1})
    while len(here.told) < 2:  # noqa: ASYNC110 - what happens here happens in other tasks of ours
        await asyncio.sleep(0)
    assert here.told == [("notifications/x", None), ("notifications/y", {"n": 1})]
    assert closed.told == []


def test_a_session_whose_loop_is_gone_is_not_told() -> None:
    sessions, client = Sessions(), Client()
    heard: list[object] = []

    async def opens() -> None:
        sessions.opened("a", client)
        sessions.subscribe(lambda kind, uri: heard.append((kind, uri)))

    asyncio.run(opens())
    sessions.tell("notifications/x")
    sessions.announce("tools")
    assert (client.told, heard) == ([], [])


@pytest.mark.asyncio
async def test_listeners_hear_until_they_stop() -> None:
    sessions = Sessions()
    heard: list[object] = []
    stop = sessions.subscribe(lambda kind, uri: heard.append((kind, uri)))
    sessions.announce("tools")
    await asyncio.sleep(0)
    stop()
    stop()
    sessions.announce("prompts")
    await asyncio.sleep(0)
    assert heard == [("tools", None)]


def test_over_http_each_message_says_whose_it_is() -> None:
    server = MockMCPServer()
    server.add_tool("x")
    backend = SessionBackend(server, SessionInfo("http", 1, "http-1"))
    theirs = SessionInfo("http", 1, "http-1-session")
    for scope in ({SESSION_IN_SCOPE: theirs}, {}, None):
        backend.begin(ServerRequest("ping", {}, 1, "2025-11-25", False, True, scope, Client()))
    assert [call.session.id for call in server.calls()] == ["http-1-session", "http-1", "http-1"]
    assert backend.input_schema("x") == {"type": "object", "properties": {}}
    assert backend.input_schema("y") is None
