"""One connection to one MCP server, on the wire: whatever it does, every wait ends, and says what happened."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Self, cast

from mcpquality_scanners.text import one_line
from pytest_mcpquality import __version__
from pytest_mcpquality.mcp import envelope, jsonrpc
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis, Odd, Oddities, Oddity, hung
from pytest_mcpquality.mcp.errors import (
    ProtocolViolationError,
    ServerError,
    ServerFailedError,
    ServerHungError,
)
from pytest_mcpquality.mcp.handlers import Handlers
from pytest_mcpquality.mcp.negotiation import Agreement, check_version, negotiate
from pytest_mcpquality.mcp.operations import Operations
from pytest_mcpquality.mcp.pending import Requests, Waiting
from pytest_mcpquality.mcp.protocol import AUTO, INTERNAL_ERROR, METHOD_NOT_FOUND, JsonObject
from pytest_mcpquality.mcp.transport import Transport, TransportError
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.deadline import Deadline
from pytest_mcpquality.resilience.errors import EventLoopError
from pytest_mcpquality.resilience.loops import running_loop
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

OPEN_TIMEOUT = 10.0
"""Seconds that starting and the handshake may take together, by default."""

CALL_TIMEOUT = 30.0
"""Seconds that a request may take, by default."""

NOTIFICATIONS_KEPT = 1000
"""Notifications that are kept, the latest ones."""

CLIENT_INFO: JsonObject = {"name": "pytest-mcpquality", "version": __version__}


class McpConnection(Operations):
    """A client's connection; an asynchronous context manager when it has been opened.

    It lives in a task of its own, which opens and closes the transport with a clean context: it can be closed from
    any task, and is closed when its event loop ends.

    Attributes:
        server: The server's name, for messages.
        timeout: Seconds that a request may take when the caller says nothing else.
        transport: The way to the server.
        oddities: What the server did that the protocol does not allow and that did not end the connection.
        notifications: The latest notifications of the server, as (method, params).
        on_notification: Called with method and params of each notification but those of progress.
        on_lost: Called when the connection ends by itself.
        failure: What happened when the connection ended by itself; None before.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        server: str,
        clock: Clock = SYSTEM_CLOCK,
        timeout: float = CALL_TIMEOUT,
        handlers: Handlers | None = None,
        client_info: JsonObject | None = None,
    ) -> None:
        self.transport = transport
        self.server = server
        self.timeout = timeout
        self.oddities = Oddities()
        self.notifications: deque[tuple[str, JsonObject]] = deque(maxlen=NOTIFICATIONS_KEPT)
        self.on_notification: Callable[[str, JsonObject], object] | None = None
        self.on_lost: Callable[[], object] | None = None
        self.failure: Diagnosis | None = None
        self._clock = clock
        self._handlers = handlers or Handlers()
        self._client_info = client_info or CLIENT_INFO
        self._agreement: Agreement | None = None
        self._requests = Requests()
        self._answering: dict[object, asyncio.Task[None]] = {}
        self._owner: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = asyncio.Event()
        self._closing = asyncio.Event()
        self._hurry = False
        self._doing = "start"

    def __repr__(self) -> str:
        spoken = f" {self._agreement.version}" if self._agreement else ""
        return f"<McpConnection to {self.server!r} {self._state()}{spoken}, {len(self._requests.waiting)} waiting>"

    def _state(self) -> str:
        if self.failure is not None:
            return f"failed ({self.failure.text})"
        if self.closed:
            return "closed"
        return "open" if self._agreement else "not open"

    @property
    def closed(self) -> bool:
        """Whether it is closed, or on the way there."""
        return self._closing.is_set()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop it belongs to; None before `open`."""
        return self._loop

    @property
    def ended(self) -> bool:
        """Whether nothing is left of it."""
        return self._owner is None or self._owner.done()

    @property
    def agreement(self) -> Agreement:
        """What was agreed on with the server: version, capabilities and what else it said of itself."""
        if self._agreement is None:
            raise self._failed(Diagnosis(Cause.CLOSED, "has not been opened"))
        return self._agreement

    @property
    def modern(self) -> bool:
        """Whether the protocol's version has no `initialize` and no sessions."""
        return self._agreement is not None and self._agreement.modern

    # Opening and closing -----------------------------------------------------------------------------------------

    async def open(
        self,
        *,
        timeout: float = OPEN_TIMEOUT,  # noqa: ASYNC109 - on the injected clock
        protocol: str = AUTO,
    ) -> Self:
        """Start or reach the server and agree on a version; on any error it is closed.

        Args:
            timeout: Seconds that all of it may take.
            protocol: The version to speak, or `AUTO`.

        Raises:
            UsageError: There is no such version.
            ServerFailedError: It could not be started or reached, refused, broke, or did not answer in time.
            ProtocolViolationError: Its answer is not allowed.
        """
        check_version(protocol)
        self._loop = running_loop(f"the connection to {self.server!r}")
        self._owner = self._task(self._own())
        try:
            with Deadline(self._clock, timeout):
                await self._started.wait()
                self._check_usable()
                self._agreement = await negotiate(self.server, protocol, self._initialize, self._discover)
        except TimeoutError:
            self._hurry = True
            diagnosis = self._diagnose_hang(self._doing, timeout)
            await self.close()
            raise ServerFailedError(server=self.server, diagnosis=diagnosis) from None
        except BaseException:
            self._hurry = True
            await self.close()
            raise
        return self

    def _task(self, call: Coroutine[None, None, None]) -> asyncio.Task[None]:
        loop = cast("asyncio.AbstractEventLoop", self._loop)
        # A clean context: what the borrower of the moment has set is none of the server's business.
        return loop.create_task(call, name=f"mcpquality {self.server}", context=contextvars.Context())

    async def _own(self) -> None:
        """The life of the connection."""
        try:
            await self.transport.open(self)
            self._started.set()
            await self._closing.wait()
        except TransportError as error:
            self.lost(error.diagnosis)
        except asyncio.CancelledError:
            self._hurry = True  # the event loop ends: what is left to do has to be done now
            raise
        finally:
            await self._end()

    async def _end(self) -> None:
        self._closing.set()
        self._started.set()
        tasks = list(self._answering.values())
        for task in tasks:
            task.cancel()
        self._fail_all(self.failure or Diagnosis(Cause.CLOSED, "was closed by its client"))
        try:
            await self.transport.close(hurry=self._hurry)
        finally:
            self.transport.kill()
        if tasks:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """End it with everything that belongs to it. May be called twice, and from any task of its event loop."""
        owner = self._owner
        if owner is None:
            self._closing.set()
            return
        self._check_loop()
        self._closing.set()
        if not self._started.is_set():
            owner.cancel()  # it may be waiting for a server that never comes up
        if not owner.done():
            await asyncio.wait({owner})
        if not owner.cancelled() and (error := owner.exception()) is not None:
            raise error

    def kill(self) -> None:
        """End it at once, where its event loop is over: the last resort."""
        self.transport.kill()
        if self._loop is not None and not self._loop.is_closed():
            self._closing.set()

    async def wait_closed(self) -> None:
        """Wait until it has failed or been closed."""
        await self._closing.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Asking ------------------------------------------------------------------------------------------------------

    async def request(
        self,
        method: str,
        params: JsonObject | None = None,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - on the injected clock
        on_progress: Callable[[JsonObject], object] | None = None,
    ) -> JsonObject:
        """Ask the server, and answer what it asks in between.

        Args:
            method: The method.
            params: Its parameters, as on the wire; the envelope of modern versions is added.
            timeout: Seconds that it may take; None: as long as the connection's `timeout`.
            on_progress: Called with the parameters of each notification of progress.

        Raises:
            ServerError: It answered with an error.
            ServerHungError: It did not answer in time.
            ServerFailedError: It is gone.
            ProtocolViolationError: Its answer is not allowed.
            EventLoopError: The connection belongs to another event loop.
        """
        limit = self.timeout if timeout is None else timeout
        started = self._clock.monotonic()
        result = await self._exchange(method, self._enveloped(params), limit, on_progress)
        for _ in range(envelope.ROUNDS):
            if not (self.modern and envelope.wants_input(result)):
                return result
            left = limit - (self._clock.monotonic() - started)
            asked_for = await self._inputs(method, result, limit, left)
            more = envelope.with_input(params, result, asked_for)
            left = limit - (self._clock.monotonic() - started)
            result = await self._exchange(method, self._enveloped(more), left, on_progress, limit)
        raise self._violation(f"asked for input {envelope.ROUNDS} times in one {method}")

    async def notify(self, method: str, params: JsonObject | None = None) -> None:
        """Tell the server something that it does not answer."""
        self._check_usable()
        self.transport.send(jsonrpc.notification(method, params))

    def _enveloped(self, params: JsonObject | None) -> JsonObject | None:
        if not self.modern:
            return params
        return self._in_version(self.agreement.version, params)

    def _in_version(self, version: str, params: JsonObject | None) -> JsonObject:
        capabilities = self._handlers.capabilities()
        return envelope.enveloped(params, version=version, client=self._client_info, capabilities=capabilities)

    async def _exchange(
        self,
        method: str,
        params: JsonObject | None,
        seconds: float | None,
        on_progress: Callable[[JsonObject], object] | None = None,
        limit: float | None = None,
    ) -> JsonObject:
        self._check_usable()
        loop = cast("asyncio.AbstractEventLoop", self._loop)
        waiting = Waiting(method, loop.create_future(), on_progress)
        request_id = self._requests.add(waiting)
        if on_progress is not None:
            params = envelope.with_token(params, request_id)
        expire = partial(self._expire, waiting, seconds if limit is None else limit)
        timer = None if seconds is None else self._clock.call_at(self._clock.monotonic() + seconds, expire)
        try:
            self.transport.send(jsonrpc.request(request_id, method, params))
            return await waiting.answer
        finally:
            if timer is not None:
                timer.cancel()
            self._give_up(request_id, method)
            if waiting.answer.done() and not waiting.answer.cancelled():
                waiting.answer.exception()  # seen, also when this task was cancelled in the same moment

    def _expire(self, waiting: Waiting, seconds: float | None) -> None:
        if not waiting.answer.done():
            limit = seconds or 0.0
            diagnosis = self._diagnose_hang(waiting.method, limit)
            waiting.answer.set_exception(ServerHungError(server=self.server, seconds=limit, diagnosis=diagnosis))

    def _give_up(self, request_id: int, method: str) -> None:
        if request_id not in self._requests.waiting:
            return
        self._requests.give_up(request_id)
        if self.closed:
            return
        self.transport.give_up(request_id)
        if method != "initialize":  # which the specification forbids to cancel
            self.transport.send(jsonrpc.notification("notifications/cancelled", {"requestId": request_id}))

    async def _initialize(self, version: str) -> JsonObject:
        self._doing = "initialize"
        params: JsonObject = {
            "protocolVersion": version,
            "capabilities": self._handlers.capabilities(),
            "clientInfo": self._client_info,
        }
        answer = await self._exchange("initialize", params, None)
        self.transport.negotiated(str(answer.get("protocolVersion")))
        self.transport.send(jsonrpc.notification("notifications/initialized", None))
        return answer

    async def _discover(self, version: str) -> JsonObject:
        self._doing = "server/discover"
        answer = await self._exchange("server/discover", self._in_version(version, None), None)
        self.transport.negotiated(version)
        return answer

    def _check_usable(self) -> None:
        self._check_loop()
        if self.closed:
            raise self._failed(self.failure or Diagnosis(Cause.CLOSED, "was closed by its client"))

    def _check_loop(self) -> None:
        if self._loop is None:
            raise self._failed(Diagnosis(Cause.CLOSED, "has not been opened"))
        if running_loop(f"the connection to {self.server!r}") is not self._loop:
            raise EventLoopError(
                f"the connection to {self.server!r} belongs to another event loop than this one: "
                "open it in the loop that uses it",
                server=self.server,
            )

    # What comes in -----------------------------------------------------------------------------------------------

    def received(self, message: JsonObject) -> None:
        """A message came; called by the transport."""
        match jsonrpc.kind(message):
            case jsonrpc.Kind.RESPONSE:
                self._answered(message)
            case jsonrpc.Kind.NOTIFICATION:
                self._notified(message["method"], _params(message))
            case jsonrpc.Kind.REQUEST:
                self._asked(message)

    def _answered(self, message: JsonObject) -> None:
        waiting = self._requests.answered(message.get("id"))
        if isinstance(waiting, Oddity):
            self.odd(replace(waiting, text=f"{waiting.text}{_said(message.get('error'))}"))
        elif not waiting.answer.done():
            self._settle(waiting, message)

    def _settle(self, waiting: Waiting, message: JsonObject) -> None:
        error, result = message.get("error"), message.get("result")
        if "error" in message:
            waiting.answer.set_exception(self._server_error(waiting.method, error))
        elif isinstance(result, dict):
            waiting.answer.set_result(cast("JsonObject", result))
        else:
            waiting.answer.set_exception(self._violation(f"the result of {waiting.method} is no object"))

    def _server_error(self, method: str, error: object) -> Exception:
        body = cast("JsonObject", error) if isinstance(error, dict) else {}
        code, message = body.get("code"), body.get("message")
        if not isinstance(code, int) or not isinstance(message, str):
            return self._violation(f"answered {method} with an error that lacks a code (a number) or a message")
        return ServerError(server=self.server, method=method, code=code, message=message, data=body.get("data"))

    def _notified(self, method: str, params: JsonObject) -> None:
        if method == "notifications/progress":
            self._progressed(params)
        elif method == "notifications/cancelled":
            task = self._answering.get(params.get("requestId"))
            if task is not None:
                task.cancel()
        else:
            self.notifications.append((method, params))
            if self.on_notification is not None:
                self._call(self.on_notification, method, params)

    def _progressed(self, params: JsonObject) -> None:
        token = params.get("progressToken")
        waiting = self._requests.waiting.get(token) if isinstance(token, int) else None
        if waiting is None:
            return  # late progress is allowed: the answer may overtake it
        if waiting.on_progress is None:
            self.odd(Oddity(Odd.UNKNOWN_TOKEN, f"reported progress of {waiting.method}, nobody asked"))
        else:
            self._call(waiting.on_progress, params)

    def _call(self, callback: Callable[..., object], *arguments: object) -> None:
        # On a turn of its own: an error of the callback is the loop's to report, and ends nothing here.
        cast("asyncio.AbstractEventLoop", self._loop).call_soon(callback, *arguments)

    def _asked(self, message: JsonObject) -> None:
        request_id = message["id"]
        task = self._task(self._answer(request_id, message["method"], _params(message)))
        self._answering[request_id] = task
        task.add_done_callback(lambda _: self._answering.pop(request_id, None))

    async def _answer(self, request_id: object, method: str, params: JsonObject) -> None:
        handler = self._handlers.find(method)
        if handler is None:
            answer = jsonrpc.error(request_id, METHOD_NOT_FOUND, f"this client does not answer {method}")
        else:
            try:
                answer = jsonrpc.result(request_id, await handler(params))
            except Exception as error:  # noqa: BLE001 - whatever a user's handler raises is an answer to the server
                answer = jsonrpc.error(request_id, INTERNAL_ERROR, str(error) or type(error).__name__)
        if not self.closed:
            self.transport.send(answer)

    async def _inputs(self, method: str, result: JsonObject, limit: float, left: float) -> JsonObject | None:
        """Answers to what a modern server wants to know before it goes on."""
        asked = result.get("inputRequests")
        if asked is None:
            return None
        if not isinstance(asked, dict):
            raise self._violation(f"asked for input to {method} with inputRequests that are no object")
        try:
            with Deadline(self._clock, left):
                wanted = cast("dict[str, object]", asked)
                return {key: await self._input(method, request) for key, request in wanted.items()}
        except TimeoutError:
            diagnosis = self._diagnose_hang(f"{method} (our own handler)", limit)
            raise ServerHungError(server=self.server, seconds=limit, diagnosis=diagnosis) from None

    async def _input(self, method: str, request: object) -> JsonObject:
        asked = cast("JsonObject", request) if isinstance(request, dict) else {}
        handler = self._handlers.find(str(asked.get("method")))
        if handler is None:
            raise self._violation(f"asked for {asked.get('method')} in {method}, which this client never offered")
        return await handler(_params(asked))

    def odd(self, oddity: Oddity) -> None:
        """Something came that the protocol does not allow; called by the transport."""
        self.oddities.add(oddity)

    def failed(self, request_id: int, diagnosis: Diagnosis) -> None:
        """To this request no answer will come; called by the transport."""
        waiting = self._requests.waiting.pop(request_id, None)
        if waiting is not None and not waiting.answer.done():
            waiting.answer.set_exception(self._failed(self._complete(diagnosis)))

    def lost(self, diagnosis: Diagnosis) -> None:
        """Nothing will come any more; called by the transport."""
        if self.closed:
            return
        self.failure = self._complete(diagnosis)
        self._hurry = True
        if self.on_lost is not None:
            self._call(self.on_lost)  # before anybody who waits for the end
        self._closing.set()
        self._fail_all(self.failure)

    def _fail_all(self, diagnosis: Diagnosis) -> None:
        for request_id, waiting in list(self._requests.waiting.items()):
            self._requests.give_up(request_id)
            if not waiting.answer.done():
                waiting.answer.set_exception(self._failed(diagnosis))

    def _complete(self, diagnosis: Diagnosis) -> Diagnosis:
        return replace(diagnosis, notes=(*self.oddities.notes(), *diagnosis.notes))

    def _diagnose_hang(self, method: str, seconds: float) -> Diagnosis:
        transport = self.transport
        notes = (*self.oddities.notes(), *transport.hints())
        return Diagnosis(Cause.HUNG, hung(method, seconds), notes, transport.last_words())

    def _failed(self, diagnosis: Diagnosis) -> ServerFailedError:
        return ServerFailedError(server=self.server, diagnosis=diagnosis)

    def _violation(self, violation: str) -> ProtocolViolationError:
        return ProtocolViolationError(server=self.server, violation=violation)


def _said(error: object) -> str:
    """The end of a sentence on an error that nobody waits for."""
    if not isinstance(error, dict):
        return ""
    body = cast("JsonObject", error)
    return f": error {body.get('code')}: {one_line(str(body.get('message')))}"


def _params(message: JsonObject) -> JsonObject:
    params = message.get("params")
    return cast("JsonObject", params) if isinstance(params, dict) else {}
