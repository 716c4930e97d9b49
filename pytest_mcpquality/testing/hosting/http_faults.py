"""The application in front of the SDK's: names the session, asks the faults about each request."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from typing import Any

from pytest_mcpquality.testing.faults.actions import Message
from pytest_mcpquality.testing.faults.base import Fault, HttpRequest
from pytest_mcpquality.testing.faults.wire import Wire
from pytest_mcpquality.testing.hosting import codec
from pytest_mcpquality.testing.hosting.http_exchange import Death, HttpExchange
from pytest_mcpquality.testing.hosting.listener import CONNECTION_IN_SCOPE
from pytest_mcpquality.testing.seam import SESSION_IN_SCOPE, Hosted, SessionInfo

_SESSION_ID = b"mcp-session-id"

BEHIND_SECONDS = 1.0
"""How long a stream that was cut is written on behind the client's back, so that what is resumed is whole: the SDK
loses what it writes while a stream is being resumed."""


class HttpFaults:
    """ASGI; one for each start of the server."""

    def __init__(self, app: Any, hosted: Hosted, start: int, died: Death) -> None:  # noqa: ANN401 - ASGI
        self._app = app
        self._hosted = hosted
        self._start = start
        self._died = died
        self._sessions: dict[bytes, SessionInfo] = {}
        self._numbers = itertools.count(1)
        self._open: set[HttpExchange] = set()
        self._stateless = SessionInfo("http", start, f"http-{start}-stateless")

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Answer one request."""
        body = await _body(receive) if scope["method"] == "POST" else b""
        message = codec.parsed(body) if body else None
        headers = dict(scope["headers"])
        info = scope[SESSION_IN_SCOPE] = self._session(headers, message)
        wire = Wire(self._hosted.faults, "http", self._start, self._reporting(info))
        exchange = HttpExchange(
            self._naming(info, send), scope[CONNECTION_IN_SCOPE], wire, self._hosted.clock, self._died
        )
        request = HttpRequest(scope["method"], message, _text(headers))
        if await exchange.decide(wire.exchange(request)):
            return
        decided = None if message is None else wire.incoming(message)
        if decided is None:
            await self._serve(exchange, request, scope, _again(body, receive))
            return
        await exchange.answer(decided)
        if exchange.was_cut or not decided:
            await _disconnected(receive)

    async def _serve(self, exchange: HttpExchange, request: HttpRequest, scope: dict[str, Any], receive: Any) -> None:  # noqa: ANN401 - ASGI
        if "last-event-id" in request.headers:
            await asyncio.gather(*(other.finished.wait() for other in self._open if other.was_cut))
        self._open.add(exchange)
        try:
            await self._app(scope, _behind(exchange, receive), exchange.send)
            if exchange.was_cut:
                await _disconnected(receive)
        finally:
            self._open.discard(exchange)
            exchange.finished.set()

    def _session(self, headers: dict[bytes, bytes], message: Message | None) -> SessionInfo:
        known = self._sessions.get(headers.get(_SESSION_ID, b""))
        if known is not None:
            return known
        if message is not None and message.get("method") == "initialize":
            return SessionInfo("http", self._start, f"http-{self._start}-{next(self._numbers)}")
        return self._stateless

    def _naming(self, info: SessionInfo, send: Any) -> Any:  # noqa: ANN401 - ASGI
        async def watch(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = dict(message["headers"]).get(_SESSION_ID)
                if given is not None:
                    self._sessions.setdefault(given, info)
            await send(message)

        return watch

    def _reporting(self, info: SessionInfo) -> Callable[[Fault, Message | None, bool], None]:
        def report(fault: Fault, message: Message | None, served: bool) -> None:
            self._hosted.fault_applied(info, fault, message, served=served)

        return report


async def _body(receive: Any) -> bytes:  # noqa: ANN401 - ASGI
    parts = bytearray()
    more = True
    while more:
        message = await receive()
        parts += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(parts)


def _again(body: bytes, receive: Any) -> Any:  # noqa: ANN401 - ASGI
    """The application's `receive`: the body that has been read, then what else comes."""
    read = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Any:  # noqa: ANN401 - ASGI
        return read.pop() if read else await receive()

    return replay


def _behind(exchange: HttpExchange, receive: Any) -> Any:  # noqa: ANN401 - ASGI
    """The application's `receive`, which does not hear at once that the client of a stream that was cut has gone."""

    async def watch() -> Any:  # noqa: ANN401 - ASGI
        message = await receive()
        if exchange.was_cut and message["type"] == "http.disconnect":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(exchange.finished.wait(), BEHIND_SECONDS)
        return message

    return watch


async def _disconnected(receive: Any) -> None:  # noqa: ANN401 - ASGI
    message: dict[str, Any] = {}
    while message.get("type") != "http.disconnect":
        message = await receive()


def _text(headers: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
