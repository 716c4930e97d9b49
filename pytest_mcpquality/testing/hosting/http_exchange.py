"""One HTTP request and its response, with the faults in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from pytest_mcpquality.testing.faults.actions import (
    Action,
    Close,
    CutStream,
    Die,
    HttpAction,
    Relabel,
    Respond,
)
from pytest_mcpquality.testing.faults.wire import Wire
from pytest_mcpquality.testing.hosting import codec
from pytest_mcpquality.testing.hosting.event_stream import Event, EventReader
from pytest_mcpquality.testing.hosting.performing import Control, perform

if TYPE_CHECKING:
    from pytest_mcpquality.resilience.clock import Clock

EVENT_STREAM = "text/event-stream"
_NEW_EVENT = Event((b"event: message",))


Death = Callable[[asyncio.Transport], Awaitable[None]]
"""Lets the server die: everything ends but the connection given."""


class HttpExchange:
    """Stands where the application's `send` would; writes to the client what the faults have decided."""

    def __init__(
        self,
        send: Any,  # noqa: ANN401 - ASGI
        connection: asyncio.Transport,
        wire: Wire,
        clock: Clock | None,
        die: Death,
    ) -> None:
        self.writing = asyncio.Lock()
        self.was_cut = False
        self.finished = asyncio.Event()
        self._send = send
        self._connection = connection
        self._wire = wire
        self._clock = clock
        self._die = die
        self._cut_after: int | None = None
        self._content_type: str | None = None
        self._over = False
        self._start: dict[str, Any] = {}
        self._started = False
        self._is_stream = False
        self._events = EventReader()
        self._seen = 0
        self._current = _NEW_EVENT
        self._body = b""

    async def decide(self, actions: tuple[HttpAction, ...]) -> bool:
        """Take in what happens to the exchange as a whole; whether it has been answered by that."""
        for action in actions:
            match action:
                case Respond():
                    await self._respond(action)
                    return True
                case CutStream(events):
                    self._cut_after = events
                case Relabel(content_type):
                    self._content_type = content_type
        return False

    async def answer(self, actions: tuple[Action, ...]) -> None:
        """Answer without the server: with a message in the body, or by what ends the connection."""
        self._start = {"status": 200, "headers": [(b"content-type", b"application/json")]}
        await perform(actions, self, self._clock)
        if not actions:
            # Hangs: the request stays open until the client gives up.
            return
        await self._finish()

    async def send(self, message: dict[str, Any]) -> None:
        """What the application calls."""
        if self._over:
            return
        if message["type"] == "http.response.start":
            self._take_start(message)
            await self._begin()
        elif message["type"] == "http.response.body":
            await self._take_body(message.get("body", b""), ends=not message.get("more_body", False))
        else:
            await self._send(message)

    def framed(self, body: bytes) -> bytes:
        """An event, or the body itself."""
        return self._current.around(body) if self._is_stream else body

    async def write(self, data: bytes) -> None:
        """Write to the client; the head of the response first."""
        if self._over:
            return
        await self._begin()
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def control(self, action: Control) -> None:
        """Do what a connection can do."""
        if isinstance(action, Close | Die):
            if isinstance(action, Die):
                await self._die(self._connection)
            self._cut()

    def _take_start(self, message: dict[str, Any]) -> None:
        headers = dict(message["headers"])
        kind = headers.get(b"content-type", b"").decode("latin-1")
        self._is_stream = kind.startswith(EVENT_STREAM)
        if self._content_type is not None:
            headers[b"content-type"] = self._content_type.encode("latin-1")
        if self._wire.distorts() and not self._is_stream:
            # Nobody knows yet how long it will be.
            headers.pop(b"content-length", None)
        self._start = {**message, "headers": list(headers.items())}

    async def _take_body(self, data: bytes, *, ends: bool) -> None:
        if self._is_stream:
            await self._take_events(data)
        elif self._wire.distorts():
            self._body += data
            if ends:
                await self._rewrite(self._body, _NEW_EVENT)
        else:
            await self._send({"type": "http.response.body", "body": data, "more_body": not ends})
            return
        if ends:
            await self._finish()

    async def _take_events(self, data: bytes) -> None:
        if self._cut_after == 0:
            self._cut()
        for event in self._events.feed(data):
            if isinstance(event, bytes):
                await self.write(event)
            else:
                await self._rewrite(event.data, event)
                self._seen += 1
                if self._seen == self._cut_after:
                    self._cut()

    async def _rewrite(self, body: bytes, event: Event) -> None:
        self._current = event
        message = codec.parsed(body)
        if message is None:
            await self.write(self.framed(body))
        else:
            await perform(self._wire.outgoing(message), self, self._clock)

    async def _begin(self) -> None:
        if not self._started:
            self._started = True
            await self._send({"type": "http.response.start", **self._start})

    async def _finish(self) -> None:
        if not self._over:
            self._over = True
            await self._begin()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _respond(self, answer: Respond) -> None:
        self._over = True
        body = answer.body.encode()
        headers = (*answer.headers, ("content-length", str(len(body))))
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await self._send({"type": "http.response.body", "body": body})

    def _cut(self) -> None:
        """Close the connection where it stands; what was written before still arrives."""
        self._over = True
        self.was_cut = True
        self._connection.close()
