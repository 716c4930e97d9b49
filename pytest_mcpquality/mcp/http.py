"""Streamable HTTP: with sessions up to protocol 2025-11-25, without from 2026-07-28 on."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import contextvars
import re
from collections.abc import Coroutine

import httpx2

from pytest_mcpquality.mcp import http_client, http_diagnosis, jsonrpc
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis, Odd, Oddity, not_json_rpc
from pytest_mcpquality.mcp.event_stream import Event, EventParser, EventTooLongError
from pytest_mcpquality.mcp.protocol import NAMED_BY, PROTOCOL_VERSION_KEY, JsonObject, is_modern
from pytest_mcpquality.mcp.specs import HttpServer
from pytest_mcpquality.mcp.stdio import MESSAGE_CAP
from pytest_mcpquality.mcp.transport import Inbox
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.deadline import Deadline

SESSION = "mcp-session-id"
VERSION = "mcp-protocol-version"

REDIRECTS = 3
"""Redirects within one server that are followed, such as from /mcp to /mcp/."""

RESUMPTIONS = 2
"""How often in a row a broken event stream is taken up again."""

RETRY = 1.0
"""Seconds before that, when the server says nothing else."""

DELETE_TIMEOUT = 2.0
"""Seconds that a server has to end a session."""

_ACCEPT = "application/json, text/event-stream"
_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_ENCODED = re.compile(r"=\?base64\?.*\?=")


class HttpTransport:
    """One client of one endpoint.

    Attributes:
        session_id: The session, in versions that have one.
        url: The endpoint, after redirects within the server.
    """

    def __init__(self, spec: HttpServer, *, clock: Clock = SYSTEM_CLOCK, message_cap: int = MESSAGE_CAP) -> None:
        self.url = httpx2.URL(spec.url)
        self.session_id: str | None = None
        self._client = http_client.make_client(spec)
        self._clock = clock
        self._cap = message_cap
        self._version: str | None = None
        self._posts: dict[object, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: asyncio.Task[None] | None = None
        self._closing = False
        self._inbox: Inbox

    def __repr__(self) -> str:
        return f"<HttpTransport {self.url}>"

    async def open(self, inbox: Inbox) -> None:
        """Nothing is sent yet; see `Transport.open`."""
        self._inbox = inbox

    def send(self, message: JsonObject) -> None:
        """Post a message in a task of its own."""
        if self._closing:
            return
        if jsonrpc.kind(message) is jsonrpc.Kind.REQUEST:
            self._posts[message["id"]] = self._start(self._ask(message))
        elif not (self._version and is_modern(self._version)):  # where there are no other messages from clients
            # What comes after it, waits for it: a server knows nothing before `initialized`.
            self._told = self._start(self._tell(message, self._told))

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def give_up(self, request_id: int) -> None:
        """Close the stream of a request, which in modern versions cancels it."""
        task = self._posts.pop(request_id, None)
        if task is not None:
            task.cancel()

    def negotiated(self, version: str) -> None:
        """From now on requests say this version."""
        self._version = version

    def last_words(self) -> tuple[str, ...]:
        """None: an HTTP server has no standard error that we see."""
        return ()

    def hints(self) -> tuple[str, ...]:
        """None."""
        return ()

    async def close(self, *, hurry: bool = False) -> None:
        """End the session and all requests."""
        if self._closing:
            return
        self._closing = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        try:
            if self.session_id and not hurry:
                await self._delete()
        finally:
            await self._client.aclose()

    async def _delete(self) -> None:
        # A server may refuse to have its session ended, or be gone: nothing is left of it here in either case.
        with contextlib.suppress(httpx2.HTTPError, TimeoutError), Deadline(self._clock, DELETE_TIMEOUT):
            await self._client.delete(self.url, headers=self._headers())

    def kill(self) -> None:
        """Nothing to do: the sockets are closed with the event loop's tasks."""

    # Requests ----------------------------------------------------------------------------------------------------

    async def _tell(self, message: JsonObject, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait({before})
        what = message.get("method", "an answer")
        try:
            async with self._post(message) as response:
                if response.is_error:
                    diagnosis = await self._refused(response)
                    self._inbox.odd(Oddity(Odd.HTTP, f"{diagnosis.text} (to {what})"))
                    return
        except httpx2.HTTPError as error:
            self._inbox.odd(Oddity(Odd.HTTP, f"{http_diagnosis.unreachable(str(self.url), error).text} (at {what})"))
            return
        if what == "notifications/initialized":
            self._start(self._listen())

    async def _ask(self, message: JsonObject) -> None:
        request_id = message["id"]
        try:
            if self._told is not None and not self._told.done():
                await asyncio.wait({self._told})
            diagnosis = await self._answer(message)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            diagnosis = http_diagnosis.unreachable(str(self.url), error)
        except (http_client.BodyTooLongError, EventTooLongError) as error:
            diagnosis = Diagnosis(Cause.TOO_LONG, str(error))
        finally:
            self._posts.pop(request_id, None)
        if diagnosis is not None:
            self._inbox.failed(request_id, diagnosis)

    async def _answer(self, message: JsonObject) -> Diagnosis | None:
        """Post a request and hand on what comes; what happened when that is no answer."""
        for _ in range(REDIRECTS):
            async with self._post(message) as response:
                target = self._redirect(response)
                if target is None:
                    return await self._read(response, message)
                self.url = target
        return Diagnosis(Cause.REDIRECT, f"redirects more than {REDIRECTS} times, at last to {self.url}")

    def _redirect(self, response: httpx2.Response) -> httpx2.URL | None:
        """Where to post it again: within the same server, and only where it stays a POST."""
        location = response.headers.get("location")
        if response.status_code not in {307, 308} or not location:
            return None
        target = self.url.join(location)
        return target if http_client.same_origin(self.url, target) else None

    async def _read(self, response: httpx2.Response, message: JsonObject) -> Diagnosis | None:
        if response.has_redirect_location or response.is_error or not response.is_success:
            return await self._failed(response, message)
        if message["method"] == "initialize":
            self.session_id = response.headers.get(SESSION)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/event-stream":
            return await self._stream(response, message["id"])
        body = await http_client.read(response, self._cap)
        if kind == "application/json":
            return self._deliver(body)
        if not body:
            return Diagnosis(Cause.VIOLATION, f"answered {response.status_code} with nothing to {message['method']}")
        return http_diagnosis.wrong_type(kind, body)

    def _deliver(self, body: bytes) -> Diagnosis | None:
        try:
            messages = jsonrpc.decode(body)
        except jsonrpc.NotJsonRpcError as error:
            return Diagnosis(Cause.VIOLATION, not_json_rpc("the answer", str(error), body).text)
        for message in messages:
            self._inbox.received(message)
        return None

    async def _failed(self, response: httpx2.Response, message: JsonObject) -> Diagnosis | None:
        """An error of HTTP, unless its body is the server's answer."""
        body = await http_client.head(response)
        error = http_diagnosis.json_rpc_error(body)
        if error is not None:
            with contextlib.suppress(jsonrpc.NotJsonRpcError):
                (answer, *_) = jsonrpc.decode(body)
                if answer.get("id") == message["id"]:
                    self._inbox.received(answer)
                    return None
        return self._refusal(response, body)

    async def _refused(self, response: httpx2.Response) -> Diagnosis:
        return self._refusal(response, await http_client.head(response))

    def _refusal(self, response: httpx2.Response, body: bytes) -> Diagnosis:
        session = self.session_id is not None
        now = self._clock.now()
        return http_diagnosis.refusal(response.status_code, response.headers, body, session=session, now=now)

    # Event streams -----------------------------------------------------------------------------------------------

    async def _stream(self, response: httpx2.Response, request_id: object) -> Diagnosis | None:
        """Hand on the events of a request's stream, and of those that go on where it broke off."""
        reader = _StreamReader(self._inbox, self._cap, request_id)
        await reader.read(response)
        for _ in range(RESUMPTIONS):
            if reader.answered or reader.last_id is None:
                break
            await self._clock.sleep(RETRY if reader.retry is None else reader.retry)
            await self._resume(reader)
        if reader.answered:
            return None
        return Diagnosis(Cause.CLOSED, f"ended the event stream without an answer{reader.trouble}")

    async def _resume(self, reader: _StreamReader) -> None:
        headers = self._headers() | {"accept": "text/event-stream", "last-event-id": reader.last_id or ""}
        try:
            async with self._client.stream("GET", self.url, headers=headers) as response:
                if response.is_success:
                    await reader.read(response)
                else:
                    reader.trouble = f" (taking it up again: answered {response.status_code})"
        except httpx2.HTTPError as error:
            reader.trouble = f" (taking it up again: {http_diagnosis.unreachable(str(self.url), error).text})"

    async def _listen(self) -> None:
        """What the server says outside of any request; that it has no such stream is allowed."""
        reader = _StreamReader(self._inbox, self._cap, None)
        for _ in range(RESUMPTIONS):
            headers = self._headers() | {"accept": "text/event-stream"}
            if reader.last_id is not None:
                headers["last-event-id"] = reader.last_id
            try:
                async with self._client.stream("GET", self.url, headers=headers) as response:
                    if not response.is_success:
                        return
                    await reader.read(response)
            except (httpx2.HTTPError, EventTooLongError):
                pass  # the next request finds out what is the matter
            await self._clock.sleep(RETRY if reader.retry is None else reader.retry)

    # Headers -----------------------------------------------------------------------------------------------------

    def _post(self, message: JsonObject) -> contextlib.AbstractAsyncContextManager[httpx2.Response]:
        headers = self._headers() | {"content-type": "application/json", "accept": _ACCEPT} | modern_headers(message)
        return self._client.stream("POST", self.url, content=jsonrpc.encode(message), headers=headers)

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        if self.session_id:
            headers[SESSION] = self.session_id
        if self._version:
            headers[VERSION] = self._version
        return headers


class _StreamReader:
    """Reads one stream of events, which may come in several parts."""

    def __init__(self, inbox: Inbox, cap: int, request_id: object) -> None:
        self._inbox = inbox
        self._cap = cap
        self._request_id = request_id
        self.answered = False
        self.last_id: str | None = None
        self.retry: float | None = None
        self.trouble = ""

    async def read(self, response: httpx2.Response) -> None:
        """Hand on its messages, up to the answer."""
        parser = EventParser(self._cap)
        try:
            async for piece in response.aiter_bytes():
                for event in parser.feed(piece):
                    self._take(event)
                if self.answered:
                    return
        except httpx2.HTTPError as error:
            self.trouble = f" ({type(error).__name__}: {error})"

    def _take(self, event: Event) -> None:
        self.last_id = event.id if event.id is not None else self.last_id
        self.retry = event.retry if event.retry is not None else self.retry
        if event.name != "message" or not event.data:
            return  # a priming event, or one of a kind that MCP does not have
        try:
            messages = jsonrpc.decode(event.data)
        except jsonrpc.NotJsonRpcError as error:
            self._inbox.odd(not_json_rpc("an event of the stream", str(error), event.data))
            return
        for message in messages:
            is_answer = jsonrpc.kind(message) is jsonrpc.Kind.RESPONSE and message.get("id") == self._request_id
            self.answered = self.answered or (is_answer and self._request_id is not None)
            self._inbox.received(message)


def modern_headers(message: JsonObject) -> dict[str, str]:
    """What a modern version repeats of a message in headers; nothing in versions before."""
    params: JsonObject = message.get("params") or {}
    meta: JsonObject = params.get("_meta") or {}
    version = meta.get(PROTOCOL_VERSION_KEY)
    if version is None:
        return {}
    headers = {VERSION: str(version), "mcp-method": encode_header(message["method"])}
    name = params.get(NAMED_BY.get(message["method"], ""))
    return headers | {"mcp-name": encode_header(name)} if isinstance(name, str) else headers


def encode_header(value: str) -> str:
    """A text as the value of a header; what a header cannot hold goes into base64, as the specification has it."""
    if _TEXT.fullmatch(value) and not _ENCODED.fullmatch(value):
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode('ascii')}?="
