"""HTTP with server-sent events as of protocol 2024-11-05: one stream comes in, messages are posted beside it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine

import httpx2

from pytest_mcpquality.mcp import http_client, http_diagnosis, jsonrpc
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis, not_json_rpc
from pytest_mcpquality.mcp.event_stream import Event, EventParser, EventTooLongError
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.mcp.specs import HttpServer
from pytest_mcpquality.mcp.stdio import MESSAGE_CAP
from pytest_mcpquality.mcp.transport import Inbox, TransportError
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock


class SseTransport:
    """One client of one event stream."""

    def __init__(self, spec: HttpServer, *, clock: Clock = SYSTEM_CLOCK, message_cap: int = MESSAGE_CAP) -> None:
        self.url = httpx2.URL(spec.url)
        self._client = http_client.make_client(spec)
        self._clock = clock
        self._cap = message_cap
        self._endpoint: asyncio.Future[httpx2.URL]
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None
        self._closing = False
        self._inbox: Inbox

    def __repr__(self) -> str:
        return f"<SseTransport {self.url}>"

    async def open(self, inbox: Inbox) -> None:
        """Open the stream and wait until it says where to post; see `Transport.open`."""
        self._inbox = inbox
        self._endpoint = asyncio.get_running_loop().create_future()
        self._start(self._listen())
        await self._endpoint

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _listen(self) -> None:
        try:
            diagnosis = await self._read()
        except httpx2.HTTPError as error:
            diagnosis = http_diagnosis.unreachable(str(self.url), error)
        except EventTooLongError as error:
            diagnosis = Diagnosis(Cause.TOO_LONG, str(error))
        if not self._endpoint.done():
            self._endpoint.set_exception(TransportError(diagnosis))
        elif not self._closing:
            self._inbox.lost(diagnosis)

    async def _read(self) -> Diagnosis:
        async with self._client.stream("GET", self.url, headers={"accept": "text/event-stream"}) as response:
            if not response.is_success:
                body = await http_client.head(response)
                now = self._clock.now()
                return http_diagnosis.refusal(response.status_code, response.headers, body, session=False, now=now)
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "text/event-stream":
                return http_diagnosis.wrong_type(kind, await http_client.head(response))
            parser = EventParser(self._cap)
            async for piece in response.aiter_bytes():
                for event in parser.feed(piece):
                    self._take(event)
        return Diagnosis(Cause.CLOSED, "ended its event stream")

    def _take(self, event: Event) -> None:
        if event.name == "endpoint":
            self._found(event.data.decode("utf-8", "replace"))
            return
        if event.name != "message" or not event.data:
            return
        try:
            messages = jsonrpc.decode(event.data)
        except jsonrpc.NotJsonRpcError as error:
            self._inbox.odd(not_json_rpc("an event of the stream", str(error), event.data))
            return
        for message in messages:
            self._inbox.received(message)

    def _found(self, place: str) -> None:
        if self._endpoint.done():
            return
        endpoint = self.url.join(place)
        if http_client.same_origin(self.url, endpoint):
            self._endpoint.set_result(endpoint)
        else:
            text = f"wants messages to be sent to another server, {endpoint}"
            self._endpoint.set_exception(TransportError(Diagnosis(Cause.VIOLATION, text)))

    def send(self, message: JsonObject) -> None:
        """Post a message, after those before."""
        if not self._closing:
            self._last = self._start(self._post(message, self._last))

    async def _post(self, message: JsonObject, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait({before})
        diagnosis = None
        try:
            headers, content = {"content-type": "application/json"}, jsonrpc.encode(message)
            response = await self._client.post(self._endpoint.result(), content=content, headers=headers)
            if not response.is_success:
                body, now = response.content, self._clock.now()
                diagnosis = http_diagnosis.refusal(response.status_code, response.headers, body, session=False, now=now)
        except httpx2.HTTPError as error:
            diagnosis = http_diagnosis.unreachable(str(self.url), error)
        if diagnosis is not None and jsonrpc.kind(message) is jsonrpc.Kind.REQUEST:
            self._inbox.failed(message["id"], diagnosis)

    def give_up(self, request_id: int) -> None:
        """Nothing to do: the answer is dropped when it comes."""

    def negotiated(self, version: str) -> None:
        """Nothing to do: this transport belongs to one version."""

    def last_words(self) -> tuple[str, ...]:
        """None: an HTTP server has no standard error that we see."""
        return ()

    def hints(self) -> tuple[str, ...]:
        """None."""
        return ()

    async def close(self, *, hurry: bool = False) -> None:  # noqa: ARG002 - it takes no time
        """Close the stream, which ends the session."""
        self._closing = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._client.aclose()

    def kill(self) -> None:
        """Nothing to do: the sockets are closed with the event loop's tasks."""
