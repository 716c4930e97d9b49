"""The in-memory transport: a server object in this process, over the SDK's own streams."""

from __future__ import annotations

import asyncio
from typing import Any

from pytest_mcpquality.mcp import bridge, jsonrpc
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis, not_json_rpc
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.mcp.transport import Inbox
from pytest_mcpquality.resilience.errors import describe
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

CLOSE_GRACE = 5.0
"""Seconds after which a server that does not end is left to its cancellation; more than the SDK itself waits."""


class MemoryTransport:
    """One connection to a server object; the server runs in a task of the connection's event loop."""

    def __init__(self, server: object) -> None:
        self._streams = bridge.streams_of(server)
        self._outgoing: asyncio.Queue[JsonObject | None] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None
        self._closing = False
        self._inbox: Inbox

    async def open(self, inbox: Inbox) -> None:
        """Start the server; see `Transport.open`."""
        self._inbox = inbox
        self._life = asyncio.create_task(self._live())

    async def _live(self) -> None:
        diagnosis = Diagnosis(Cause.CLOSED, "closed the connection")
        try:
            await self._serve()
        except Exception as error:  # noqa: BLE001 - whatever a server raises is told to who waits for it
            diagnosis = _crashed(error)
        if not self._closing:
            self._inbox.lost(diagnosis)

    async def _serve(self) -> None:
        """The streams are entered and left in one task, as the SDK asks for."""
        async with self._streams as (read_stream, write_stream):
            writing = asyncio.create_task(self._write(write_stream))
            try:
                async for item in read_stream:
                    self._received(item)
            finally:
                writing.cancel()

    async def _write(self, write_stream: Any) -> None:  # noqa: ANN401 - the SDK's stream
        while (message := await self._outgoing.get()) is not None:
            await write_stream.send(bridge.to_sdk(message))
        await write_stream.aclose()

    def _received(self, item: Any) -> None:  # noqa: ANN401 - the SDK's SessionMessage, or an exception
        if isinstance(item, Exception):
            self._inbox.odd(not_json_rpc("a message", describe(item), b""))
            return
        message = bridge.from_sdk(item)
        try:
            self._inbox.received(jsonrpc.checked(message))
        except jsonrpc.NotJsonRpcError as error:
            self._inbox.odd(not_json_rpc("a message", str(error), repr(message).encode()))

    def send(self, message: JsonObject) -> None:
        """Hand a message over."""
        self._outgoing.put_nowait(message)

    def give_up(self, request_id: int) -> None:
        """Nothing to do: the answer is dropped when it comes."""

    def negotiated(self, version: str) -> None:
        """Nothing to do: the streams are the same in all versions."""

    def last_words(self) -> tuple[str, ...]:
        """None: it has no standard error of its own."""
        return ()

    def hints(self) -> tuple[str, ...]:
        """None."""
        return ()

    async def close(self, *, hurry: bool = False) -> None:
        """End the server; errors that it raises then are reported as those before."""
        self._closing = True
        life = self._life
        if life is None:
            return
        if not life.done():
            self._outgoing.put_nowait(None)
            await asyncio.wait({life}, timeout=0 if hurry else CLOSE_GRACE)
            life.cancel()
            await asyncio.wait({life}, timeout=CLOSE_GRACE)

    def kill(self) -> None:
        """Nothing to do: what runs in an event loop ends with it."""


def _crashed(error: BaseException) -> Diagnosis:
    return Diagnosis(Cause.CRASHED, f"raised {describe(_cause(error))}")


def _cause(error: BaseException) -> BaseException:
    """The one error in the groups that the SDK wraps it in."""
    inner: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return _cause(inner[0]) if len(inner) == 1 else error
