"""What tests of MCP connections share: a small server that misbehaves as told, and a transport in a test's hands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pytest_mcpquality.mcp.diagnosis import Diagnosis
from pytest_mcpquality.mcp.specs import StdioServer
from pytest_mcpquality.mcp.transport import Inbox, TransportError

SERVERS = Path(__file__).parents[1] / "data" / "mcp_servers"
RAW = (sys.executable, "-I", "-S", str(SERVERS / "raw.py"))
"""Starts in a few milliseconds."""


def raw(*ways: str) -> StdioServer:
    """The small server; `ways` is how it misbehaves."""
    return StdioServer(RAW[0], (*RAW[1:], *ways))


INITIALIZED: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "fake", "version": "1"},
}


class FakeTransport:
    """Keeps what is sent; answers `initialize` itself unless told otherwise, anything else when a test says so."""

    def __init__(self, *, initialize: dict[str, Any] | None = None, start: Diagnosis | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self.given_up: list[int] = []
        self.closed: list[bool] = []
        self.killed = 0
        self.version = ""
        self.words: tuple[str, ...] = ()
        self._initialize = INITIALIZED if initialize is None else initialize
        self._start = start
        self.inbox: Inbox

    async def open(self, inbox: Inbox) -> None:
        self.inbox = inbox
        if self._start is not None:
            raise TransportError(self._start)

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        if message.get("method") == "initialize" and self._initialize:
            self.inbox.received({"jsonrpc": "2.0", "id": message["id"]} | {"result": self._initialize})

    def answer(self, result: object, request_id: int | None = None) -> None:
        """Answer the last request, or another one."""
        number = self.last_id() if request_id is None else request_id
        self.inbox.received({"jsonrpc": "2.0", "id": number, "result": result})

    def last_id(self) -> int:
        """The id of the last request."""
        return next(int(message["id"]) for message in reversed(self.sent) if "id" in message and "method" in message)

    def methods(self) -> list[str]:
        """The methods of what was sent."""
        return [message.get("method", "an answer") for message in self.sent]

    def give_up(self, request_id: int) -> None:
        self.given_up.append(request_id)

    def negotiated(self, version: str) -> None:
        self.version = version

    def last_words(self) -> tuple[str, ...]:
        return self.words

    def hints(self) -> tuple[str, ...]:
        return ()

    async def close(self, *, hurry: bool = False) -> None:
        self.closed.append(hurry)

    def kill(self) -> None:
        self.killed += 1
