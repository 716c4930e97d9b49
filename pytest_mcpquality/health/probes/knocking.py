"""Requests to an HTTP server that others than its clients could make; none reaches a tool."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Self, cast

import httpx2

from mcpquality_scanners.hosts import is_loopback
from mcpquality_scanners.text import one_line
from pytest_mcpquality.health.probes.door import Door
from pytest_mcpquality.health.probes.exposure import Exposure, HttpAnswer, Knock
from pytest_mcpquality.health.probes.session import UNKNOWN_VERSION
from pytest_mcpquality.mcp import envelope, http_client, jsonrpc
from pytest_mcpquality.mcp.connection import CLIENT_INFO
from pytest_mcpquality.mcp.event_stream import EventParser
from pytest_mcpquality.mcp.http import SESSION, VERSION, modern_headers
from pytest_mcpquality.mcp.protocol import HANDSHAKE_VERSIONS, JsonObject
from pytest_mcpquality.mcp.specs import HttpServer
from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.resilience.deadline import Deadline

KNOCK_TIMEOUT = 3.0
"""Seconds that one of them may take."""

KNOCKING = 15.0
"""Seconds that all of them may take."""

FOREIGN = "foreign.example"
"""A host that is nobody's, by RFC 2606."""

MADE_UP_SESSION = "mcpquality-made-up-session"

_CREDENTIAL = re.compile("auth|key|token|secret|cookie", re.IGNORECASE)
_CAP = 64 * 1024
_ACCEPT = "application/json, text/event-stream"
_KEPT = frozenset(
    {
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "content-type",
        "location",
        "www-authenticate",
        SESSION,
    }
)


async def knock(spec: HttpServer, doors: Sequence[Door], clock: Clock, seconds: float = KNOCKING) -> Exposure:
    """Make every request that says something of this server, and that there is time for.

    Args:
        spec: How its clients reach it.
        doors: Where they found it, each time.
        clock: Where time comes from.
        seconds: How long all of it may take.
    """
    door = doors[-1] if doors else Door(spec.url)
    url = httpx2.URL(door.url or spec.url)
    async with _Knocker(spec, door, url, clock) as knocker:
        with contextlib.suppress(TimeoutError), Deadline(clock, min(seconds, KNOCKING)):
            await knocker.run()
    given = [each.session for each in doors if each.session]
    return Exposure(
        url=str(url),
        loopback=is_loopback(url.host),
        encrypted=url.scheme == "https",
        credentials=any(_CREDENTIAL.search(name) for name in spec.headers),
        answers=knocker.answers,
        sessions=(*given, *knocker.sessions),
        network=knocker.network,
        old=door.old,
    )


class _Knocker:
    def __init__(self, spec: HttpServer, door: Door, url: httpx2.URL, clock: Clock) -> None:
        self.answers: dict[Knock, HttpAnswer] = {}
        self.sessions: list[str] = []
        self.network = ""
        self._door = door
        self._url = url
        self._clock = clock
        self._client = http_client.make_client(spec)
        self._credentials = dict(spec.headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def run(self) -> None:
        """One after the other: a server may keep count."""
        plain = await self._open(Knock.PLAIN)
        if not plain.accepted:
            return
        origin = {"origin": f"http://{FOREIGN}"}
        await self._open(Knock.ORIGIN, headers=origin)
        await self._open(Knock.HOST, headers={"host": FOREIGN})
        await self._preflight(origin)
        if self._credentials:
            await self._open(Knock.NO_CREDENTIALS, credentials=False)
        if not self._door.old:
            await self._versions_and_sessions(plain)
        if is_loopback(self._url.host):
            await self._from_network()

    async def _versions_and_sessions(self, plain: HttpAnswer) -> None:
        wrong = {VERSION: UNKNOWN_VERSION}
        if self._door.modern:
            await self._open(Knock.OTHER_VERSION, headers=wrong)
            return
        await self._open(Knock.OTHER_INITIALIZE, version=UNKNOWN_VERSION)
        session = plain.headers.get(SESSION)
        within = {SESSION: session} if session else {}
        await self._send(Knock.OTHER_VERSION, _message("ping"), within | wrong)
        if session:
            spoken = {VERSION: self._door.version}
            await self._send(Knock.NO_SESSION, _message("ping"), {SESSION: MADE_UP_SESSION} | spoken)
            await self._leave(session)

    async def _open(
        self,
        what: Knock,
        *,
        headers: Mapping[str, str] | None = None,
        version: str = HANDSHAKE_VERSIONS[-1],
        credentials: bool = True,
        url: httpx2.URL | None = None,
    ) -> HttpAnswer:
        """Ask for what a client asks for first, and leave the session that it gives."""
        if self._door.old:
            return await self._stream(what, headers, credentials=credentials, url=url)
        message = self._first(version)
        extra = (modern_headers(message) if self._door.modern else {}) | dict(headers or {})
        answer = await self._send(what, message, extra, credentials=credentials, url=url)
        if (session := answer.headers.get(SESSION)) and answer.accepted:
            self.sessions.append(session)
            if what is not Knock.PLAIN:
                await self._leave(session)
        return answer

    def _first(self, version: str) -> JsonObject:
        if self._door.modern:
            params = envelope.enveloped(None, version=self._door.version, client=CLIENT_INFO, capabilities={})
            return _message("server/discover", params)
        return _message("initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT_INFO})

    async def _leave(self, session: str) -> None:
        headers = self._credentials | {SESSION: session, VERSION: self._door.version}
        with contextlib.suppress(httpx2.HTTPError, TimeoutError), Deadline(self._clock, KNOCK_TIMEOUT):
            await self._client.delete(self._url, headers=headers)

    async def _send(
        self,
        what: Knock,
        message: JsonObject,
        headers: Mapping[str, str],
        *,
        credentials: bool = True,
        url: httpx2.URL | None = None,
    ) -> HttpAnswer:
        body = {"content": jsonrpc.encode(message), "headers": {"content-type": "application/json", **headers}}
        return await self._exchange(what, "POST", body, credentials=credentials, url=url)

    async def _stream(
        self, what: Knock, headers: Mapping[str, str] | None, *, credentials: bool, url: httpx2.URL | None
    ) -> HttpAnswer:
        """An old server gives its stream to whoever asks; its headers say enough."""
        body = {"headers": {"accept": "text/event-stream", **(headers or {})}}
        return await self._exchange(what, "GET", body, credentials=credentials, url=url)

    async def _preflight(self, origin: Mapping[str, str]) -> None:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        body = {"headers": {**origin, **asked}}
        await self._exchange(Knock.PREFLIGHT, "OPTIONS", body, credentials=False, url=None)

    async def _from_network(self) -> None:
        """Whether what should be reached from this machine alone is reached at its address in the network."""
        address = own_address()
        if address and await self._listens(address):
            answer = await self._open(Knock.NETWORK, credentials=False, url=self._url.copy_with(host=address))
            self.network = address if answer.accepted else ""

    async def _listens(self, address: str) -> bool:
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        with contextlib.suppress(OSError, TimeoutError), Deadline(self._clock, KNOCK_TIMEOUT):
            connecting = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            with connecting:
                connecting.setblocking(False)
                return await _connects(connecting, (address, port))
        return False

    async def _exchange(
        self, what: Knock, method: str, request: Mapping[str, Any], *, credentials: bool, url: httpx2.URL | None
    ) -> HttpAnswer:
        # Each on a connection of its own: some servers close that of a request which they refuse.
        headers = {"accept": _ACCEPT, "connection": "close", **request["headers"]}
        # The client sends the credentials of its configuration with everything.
        hidden = () if credentials else tuple(self._credentials)
        answer = HttpAnswer(failure=f"there was no answer within {KNOCK_TIMEOUT:.0f} s")
        try:
            with Deadline(self._clock, KNOCK_TIMEOUT):
                async with self._response(
                    method, url or self._url, headers, request.get("content"), hidden
                ) as response:
                    answer = await _answer(response)
        except TimeoutError:
            pass
        except httpx2.HTTPError as error:
            answer = HttpAnswer(failure=one_line(str(error)) or type(error).__name__)
        self.answers[what] = answer
        return answer

    @contextlib.asynccontextmanager
    async def _response(
        self, method: str, url: httpx2.URL, headers: Mapping[str, str], content: bytes | None, hidden: Sequence[str]
    ) -> AsyncGenerator[httpx2.Response]:
        request = self._client.build_request(method, url, headers=dict(headers), content=content)
        for name in hidden:
            request.headers.pop(name, None)
        response = await self._client.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()


def own_address() -> str:
    """An address of this machine in a network; empty when it is in none. Nothing is sent to find it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address that is nobody's, by RFC 5737
        address = str(probe.getsockname()[0])
        return "" if is_loopback(address) else address
    return ""


async def _connects(connecting: socket.socket, place: tuple[str, int]) -> bool:
    await asyncio.get_running_loop().sock_connect(connecting, place)
    return True


def _message(method: str, params: JsonObject | None = None) -> JsonObject:
    return jsonrpc.request(1, method, params)


async def _answer(response: httpx2.Response) -> HttpAnswer:
    headers = {name: value for name, value in response.headers.items() if name in _KEPT}
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/event-stream" and response.request.method == "GET":
        return HttpAnswer(response.status_code, headers)
    body = await (_first_event(response) if kind == "text/event-stream" else http_client.head(response, _CAP))
    result, error = _read(body)
    return HttpAnswer(response.status_code, headers, str(result.get("protocolVersion", "")), error=error)


async def _first_event(response: httpx2.Response) -> bytes:
    """The first event that has data: the answer, as nothing else was asked."""
    parser = EventParser(_CAP)
    async for piece in response.aiter_bytes():
        for event in parser.feed(piece):
            if event.data:
                return event.data
    return b""


def _read(body: bytes) -> tuple[JsonObject, bool]:
    """The result in a body, and whether it is an error instead."""
    with contextlib.suppress(ValueError):
        message = json.loads(body)
        if isinstance(message, dict):
            found = cast("JsonObject", message)
            result = found.get("result")
            return cast("JsonObject", result) if isinstance(result, dict) else {}, "error" in found
    return {}, False
