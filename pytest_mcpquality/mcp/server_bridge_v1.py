"""The server of the SDK's version 1, in front of a backend.

That version has no middleware, so that what comes in and goes out is seen on the two streams of a session. Its names
are looked up at run time: the types of version 2, which is installed where our own are checked, differ.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from pytest_mcpquality.mcp.server_bridge import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NO_WAY_BACK,
    Answer,
    Backend,
    ClientChannel,
    RpcError,
    ServerRequest,
)

_REQUESTS: Mapping[str, tuple[str, str]] = {
    "tools/list": ("ListToolsRequest", "ListToolsResult"),
    "tools/call": ("CallToolRequest", "CallToolResult"),
    "resources/list": ("ListResourcesRequest", "ListResourcesResult"),
    "resources/templates/list": ("ListResourceTemplatesRequest", "ListResourceTemplatesResult"),
    "resources/read": ("ReadResourceRequest", "ReadResourceResult"),
    "resources/subscribe": ("SubscribeRequest", "EmptyResult"),
    "resources/unsubscribe": ("UnsubscribeRequest", "EmptyResult"),
    "prompts/list": ("ListPromptsRequest", "ListPromptsResult"),
    "prompts/get": ("GetPromptRequest", "GetPromptResult"),
    "completion/complete": ("CompleteRequest", "CompleteResult"),
    "logging/setLevel": ("SetLevelRequest", "EmptyResult"),
    "ping": ("PingRequest", "EmptyResult"),
}
"""The SDK's models of each method that reaches a handler."""

_run: ContextVar[_Run] = ContextVar("mcpquality_run")
"""The run of a session that a handler is called in."""


class _Message(BaseModel):
    """A request or notification to the client, whatever its method."""

    model_config = ConfigDict(extra="allow")
    method: str
    params: dict[str, Any] | None = None


class _Result(BaseModel):
    """A result of the client, whatever it holds."""

    model_config = ConfigDict(extra="allow")


@cache
def _sdk(module: str) -> Any:  # noqa: ANN401 - of version 1
    return importlib.import_module(f"mcp.{module}")


class _Channel(ClientChannel):
    """The way back to the client; the session is known once the SDK has made it."""

    def __init__(self, run: _Run, root: Any, metadata: Any) -> None:  # noqa: ANN401 - the SDK's
        self._run = run
        self._id: str | int | None = getattr(root, "id", None)
        params: Mapping[str, Any] = root.params or {}
        meta: Mapping[str, Any] = params.get("_meta") or {}
        self._token: Any = meta.get("progressToken")
        self._close: Any = getattr(metadata, "close_sse_stream", None)
        self._can_ask = not (_scope(metadata) or {}).get(NO_WAY_BACK)

    async def notify(self, method: str, params: Mapping[str, Any] | None, *, related: bool) -> None:
        await self._run.notify(method, params, related_to=self._id if related else None)

    async def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if not self._can_ask:
            # This version of the SDK would wait for an answer for ever.
            raise RpcError(INVALID_REQUEST, f"Cannot send {method!r}: there is no back-channel for it")
        metadata = _sdk("shared.message").ServerMessageMetadata(related_request_id=self._id)
        message = _Message(method=method, params=dict(params))
        try:
            result = await self._run.session.send_request(message, _Result, metadata=metadata)
        except _sdk("shared.exceptions").McpError as error:
            raise RpcError(error.error.code, error.error.message, error.error.data) from error
        answer: dict[str, Any] = result.model_dump(by_alias=True)
        return answer

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        if self._token is None:
            return
        params = {"progressToken": self._token, "progress": progress, "total": total, "message": message}
        given = {key: value for key, value in params.items() if value is not None}
        await self.notify("notifications/progress", given, related=True)

    async def close_stream(self) -> None:
        if self._close is not None:
            await self._close()

    def capabilities(self) -> Mapping[str, Any]:
        return self._run.client_capabilities


class _Run:
    """One session: what came in over its streams, and what was answered."""

    def __init__(self, backend: Backend, write_stream: Any) -> None:  # noqa: ANN401 - the SDK's
        self.client_capabilities: Mapping[str, Any] = {}
        self.session: Any = None
        self._backend = backend
        self._write_stream = write_stream
        self._version = ""
        self._open: dict[str | int, ServerRequest] = {}

    def request(self, id: str | int) -> ServerRequest:  # noqa: A002 - JSON-RPC's name
        """The request under way with that id."""
        return self._open[id]

    async def takes(self, message: Any) -> bool:  # noqa: ANN401 - the SDK's `SessionMessage`, or an exception
        """See what came in; whether it is answered already."""
        root = getattr(getattr(message, "message", None), "root", None)
        if not hasattr(root, "method"):
            return False
        request = self._incoming(root, message.metadata)
        if request.id is None:
            self._notified(request)
            return False
        self._open[request.id] = request
        self._backend.begin(request)
        if request.method == "initialize":
            self.client_capabilities = request.params.get("capabilities") or {}
        return request.method not in _REQUESTS and await self._answered_here(request)

    def gives(self, message: Any) -> None:  # noqa: ANN401 - the SDK's `SessionMessage`
        """See what goes out."""
        wire = message.message.model_dump(by_alias=True, mode="json", exclude_none=True)
        if "method" in wire or (request := self._open.pop(wire["id"], None)) is None:
            return
        if request.method == "initialize" and "result" in wire:
            self._version = wire["result"].get("protocolVersion", "")
        self._backend.end(request, result=wire.get("result"), error=wire.get("error"))

    def ended(self) -> None:
        """The session has ended: what is not answered never will be."""
        for request in self._open.values():
            self._backend.end(request)
        self._open.clear()

    def _notified(self, notification: ServerRequest) -> None:
        if notification.method == "notifications/cancelled":
            cancelled = self._open.pop(notification.params.get("requestId", ""), None)
            if cancelled is not None:
                self._backend.end(cancelled)
        self._backend.notified(notification)

    async def _answered_here(self, request: ServerRequest) -> bool:
        """Answer what has no handler: the handshake and methods of nobody, if they are scripted."""
        try:
            answer = await self._backend.answer(request)
        except RpcError as error:
            await self._write({"id": request.id, "error": error.wire()})
            return True
        if answer is None:
            return False
        await self._write({"id": request.id, "result": answer.result})
        return True

    async def notify(self, method: str, params: Mapping[str, Any] | None, *, related_to: str | int | None) -> None:
        """Send a notification: along with a request, or outside any request."""
        metadata = _sdk("shared.message").ServerMessageMetadata(related_request_id=related_to)
        wire = {"method": method} if params is None else {"method": method, "params": dict(params)}
        await self._write(wire, metadata if related_to is not None else None)

    async def _write(self, wire: Mapping[str, Any], metadata: Any = None) -> None:  # noqa: ANN401 - the SDK's
        parsed = _sdk("types").JSONRPCMessage.model_validate({"jsonrpc": "2.0", **wire})
        message = _sdk("shared.message").SessionMessage(parsed, metadata=metadata)
        self.gives(message)
        await self._write_stream.send(message)

    def _incoming(self, root: Any, metadata: Any) -> ServerRequest:  # noqa: ANN401 - the SDK's
        return ServerRequest(
            method=root.method,
            params=dict(root.params or {}),
            id=getattr(root, "id", None),
            protocol_version=self._version,
            modern=False,
            ready=True,
            scope=_scope(metadata),
            client=_Channel(self, root, metadata),
        )


@dataclass(slots=True)
class _ReadStream:
    """The session's read stream, with everything seen by its run."""

    inner: Any
    run: _Run

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401 - the SDK's `SessionMessage`, or an exception
        while True:
            message = await self.inner.__anext__()
            if not await self.run.takes(message):
                return message

    async def __aenter__(self) -> Self:
        await self.inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.inner.__aexit__(kind, error, traceback)


@dataclass(slots=True)
class _WriteStream:
    """The session's write stream, with everything seen by its run."""

    inner: Any
    run: _Run

    async def send(self, message: Any) -> None:  # noqa: ANN401 - the SDK's `SessionMessage`
        self.run.gives(message)
        await self.inner.send(message)

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def __aenter__(self) -> Self:
        await self.inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.inner.__aexit__(kind, error, traceback)


def _scope(metadata: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - the SDK's
    scope: Mapping[str, Any] | None = getattr(getattr(metadata, "request_context", None), "scope", None)
    return scope


def build(backend: Backend) -> Any:  # noqa: ANN401 - the SDK's `Server` of version 1
    """The SDK's low-level server in front of a backend."""
    who = backend.identity
    server = _sdk("server.lowlevel").Server(who.name, version=who.version, instructions=who.instructions)
    types = _sdk("types")
    for method, (request, result) in _REQUESTS.items():
        handler = _handler(server, backend, method, getattr(types, result))
        server.request_handlers[getattr(types, request)] = handler
    server.get_capabilities = _capabilities(backend)
    server.run = _running(backend, server.run)
    return server


def _handler(server: Any, backend: Backend, method: str, result_type: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - the SDK's
    async def handle(_request: Any) -> Any:  # noqa: ANN401 - the SDK's
        run = _run.get()
        context = server.request_context
        run.session = context.session
        try:
            answer = await backend.answer(run.request(context.request_id))
        except RpcError as error:
            raise _refusal(error) from error
        if answer is None and method == "ping":
            answer = Answer({})
        if answer is None:
            raise _refusal(RpcError(METHOD_NOT_FOUND, "Method not found", method))
        return _server_result(answer, result_type)

    return handle


def _server_result(answer: Answer, result_type: Any) -> Any:  # noqa: ANN401 - the SDK's
    # An EmptyResult takes any field, so that nothing is checked.
    shape = _sdk("types").EmptyResult if answer.raw else result_type
    try:
        return _sdk("types").ServerResult(shape.model_validate(answer.result))
    except ValidationError as error:
        # In the words of version 2, which says no more to the client either.
        raise _refusal(RpcError(INTERNAL_ERROR, "Handler returned an invalid result")) from error


def _refusal(error: RpcError) -> Exception:
    data = _sdk("types").ErrorData(code=error.code, message=error.message, data=error.data)
    refusal: Exception = _sdk("shared.exceptions").McpError(data)
    return refusal


def _capabilities(backend: Backend) -> Callable[..., Any]:
    def capabilities(*_: Any, **__: Any) -> Any:  # noqa: ANN401 - the SDK's signature
        return _sdk("types").ServerCapabilities.model_validate(backend.capabilities(modern=False))

    return capabilities


def _running(backend: Backend, run_server: Callable[..., Any]) -> Callable[..., Any]:
    """The server's `run`, with its streams seen by a run of the backend."""

    async def run(read_stream: Any, write_stream: Any, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - the SDK's
        seen = _Run(backend, write_stream)
        token = _run.set(seen)
        try:
            await run_server(_ReadStream(read_stream, seen), _WriteStream(write_stream, seen), *arguments, **options)
        finally:
            _run.reset(token)
            seen.ended()

    return run
