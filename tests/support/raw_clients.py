"""MCP clients of the standard library alone: they see exactly the bytes that a server writes, and know no SDK."""

from __future__ import annotations

import http.client
import json
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

PATIENCE = 30.0
"""Seconds after which a test gives up; never waited for when all is well."""

SHORT = 0.3
"""Seconds in which nothing comes, where nothing should."""

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def request(id: object, method: str, **params: object) -> dict[str, Any]:  # noqa: A002 - JSON-RPC's word
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def add(id: object, a: int = 1, b: int = 2) -> dict[str, Any]:  # noqa: A002 - JSON-RPC's word
    return request(id, "tools/call", name="add", arguments={"a": a, "b": b})


class RawStdio:
    """A process, its stdin, and its stdout line by line."""

    def __init__(self, command: str, args: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            [command, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        assert self.process.stdin
        self._stdin = self.process.stdin
        self._chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._buffer = b""
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()

    def send(self, message: Mapping[str, Any] | bytes) -> None:
        data = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        self._stdin.write(data)

    def read(self, patience: float = PATIENCE) -> bytes:
        """Whatever comes next; nothing at the end of stdout. Raises `queue.Empty` when nothing comes."""
        return self._chunks.get(timeout=patience)

    def line(self, patience: float = PATIENCE) -> bytes:
        """The next line, or what is left at the end of stdout."""
        while b"\n" not in self._buffer:
            data = self.read(patience)
            if not data:
                left, self._buffer = self._buffer, b""
                return left
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line + b"\n"

    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.line())
        return message

    def silent(self) -> bool:
        try:
            self.line(SHORT)
        except queue.Empty:
            return True
        return False

    def initialize(self) -> dict[str, Any]:
        self.send(INITIALIZE)
        answer = self.message()
        self.send(INITIALIZED)
        return answer

    def close_stdin(self) -> None:
        self._stdin.close()

    def wait(self, patience: float = PATIENCE) -> int:
        return self.process.wait(patience)

    def stderr(self) -> str:
        """All of stderr, once the process has ended."""
        assert self.process.stderr
        return self.process.stderr.read().decode()

    def _read(self) -> None:
        stdout = self.process.stdout
        assert stdout
        try:
            while data := stdout.read(65536):
                self._chunks.put(data)
        except (OSError, ValueError):
            pass
        self._chunks.put(b"")


class RawHttp:
    """One connection over HTTP, and the session's id once there is one."""

    def __init__(self, port: int, path: str = "/mcp") -> None:
        self.session: str | None = None
        self.version: str | None = None
        self._path = path
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def ask(
        self, message: Mapping[str, Any] | None, *, verb: str = "POST", headers: Mapping[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """Send a request; the answer's body has not been read."""
        session = {"mcp-session-id": self.session} if self.session else {}
        if self.version:
            session["mcp-protocol-version"] = self.version
        body = None if message is None else json.dumps(message)
        self._connection.request(
            verb,
            self._path,
            body,
            {
                "content-type": "application/json",
                "accept": "application/json, text/event-stream",
                **session,
                **(headers or {}),
            },
        )
        return self._connection.getresponse()

    def body(self, message: Mapping[str, Any]) -> bytes:
        return self.ask(message).read()

    def messages(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The messages of the answer, whichever way they came."""
        return events(self.body(message))

    def initialize(self) -> dict[str, Any]:
        response = self.ask(INITIALIZE)
        self.session = response.getheader("mcp-session-id")
        (answer,) = events(response.read())
        self.ask(INITIALIZED).read()
        return answer


def events(body: bytes) -> list[dict[str, Any]]:
    """The messages in a body of server-sent events, or of JSON."""
    if body.startswith(b"{"):
        return [json.loads(body)]
    lines = body.decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]
