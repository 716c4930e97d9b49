"""The server of the SDK's version 2, in front of a backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, ClassVar, cast, get_args

import mcp_types as types
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.lowlevel.server import HandlerEntry
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.subscriptions import (
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
    ToolsListChanged,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ConfigDict, ValidationError

from pytest_mcpquality.mcp.server_bridge import (
    INVALID_PARAMS,
    STATELESS,
    Answer,
    Backend,
    ClientChannel,
    Events,
    RpcError,
    ServerRequest,
)

_Context = ServerRequestContext[Any, Any]

_answer: ContextVar[Answer | None] = ContextVar("mcpquality_answer", default=None)
"""From the middleware, which sees every request, to the handler, whose results the SDK checks and completes."""

_LISTEN = "subscriptions/listen"


class _Message(BaseModel):
    """A request or notification to the client, whatever its method."""

    model_config = ConfigDict(extra="allow")
    method: str
    params: dict[str, Any] | None = None


class _Result(BaseModel):
    """A result of the client, whatever it holds."""

    model_config = ConfigDict(extra="allow")


class _Channel(ClientChannel):
    """The way back to the client."""

    __slots__ = ("_context",)

    def __init__(self, context: _Context) -> None:
        self._context = context

    async def notify(self, method: str, params: Mapping[str, Any] | None, *, related: bool) -> None:
        message: Any = _Message(method=method, params=None if params is None else dict(params))
        await self._context.session.send_notification(message, self._context.request_id if related else None)

    async def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        message: Any = _Message(method=method, params=dict(params))
        metadata = ServerMessageMetadata(related_request_id=self._context.request_id)
        try:
            result = await self._context.session.send_request(message, _Result, metadata=metadata)
        except MCPError as error:
            raise _rpc_error(error) from error
        return result.model_dump(by_alias=True)

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        await self._context.session.report_progress(progress, total, message)

    async def close_stream(self) -> None:
        if self._context.close_sse_stream is not None:
            await self._context.close_sse_stream()

    def capabilities(self) -> Mapping[str, Any]:
        declared = self._context.session.client_capabilities
        return {} if declared is None else declared.model_dump(by_alias=True, exclude_none=True)


class _Bus:
    """The backend's events, for the SDK's own handler of `subscriptions/listen`."""

    _EVENTS: ClassVar[Mapping[str, Callable[[], ServerEvent]]] = {
        "tools": ToolsListChanged,
        "prompts": PromptsListChanged,
        "resources": ResourcesListChanged,
    }

    def __init__(self, events: Events) -> None:
        self._events = events

    async def publish(self, event: ServerEvent) -> None:
        """Nobody publishes through the SDK."""

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        def heard(kind: str, uri: str | None) -> None:
            listener(ResourceUpdated(uri) if uri is not None else self._EVENTS[kind]())

        return self._events.subscribe(heard)


class BackendServer(Server[Any]):
    """The SDK's server; what it serves is up to the backend at the time of the request."""

    def __init__(self, backend: Backend) -> None:
        who = backend.identity
        super().__init__(
            who.name,
            version=who.version,
            title=who.title,
            instructions=who.instructions,
            get_tool_input_schema=backend.input_schema,
            cache_hints={method: CacheHint() for method in get_args(CacheableMethod)},
        )
        self._backend = backend
        self._listen = ListenHandler(_Bus(backend.events))
        # The SDK's own middleware makes spans for a tracer, which a mock server has no use for.
        self.middleware = [self._observe]
        self._served = HandlerEntry(types.RequestParams, self._handle)
        self._listening = HandlerEntry(types.SubscriptionsListenRequestParams, self._listen)

    def get_request_handler(self, method: str) -> HandlerEntry[Any] | None:
        """The handler that gives what the backend answered; the SDK's own for what the backend left to it."""
        if _answer.get() is not None:
            return self._served
        if method == _LISTEN:
            return self._listening
        return super().get_request_handler(method)

    def get_capabilities(
        self,
        notification_options: NotificationOptions | None = None,  # noqa: ARG002 - the SDK's signature
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,  # noqa: ARG002
        extensions: dict[str, dict[str, Any]] | None = None,  # noqa: ARG002
        *,
        protocol_version: str | None = None,
    ) -> types.ServerCapabilities:
        """What the backend says."""
        modern = protocol_version in MODERN_PROTOCOL_VERSIONS
        return types.ServerCapabilities.model_validate(self._backend.capabilities(modern=modern))

    async def _handle(self, _context: _Context, _params: Any) -> dict[str, Any]:  # noqa: ANN401 - of any method
        answer = _answer.get()
        assert answer is not None  # noqa: S101 - get_request_handler has looked
        return answer.result

    async def _observe(self, ctx: _Context, call_next: CallNext) -> HandlerResult:
        request = _incoming(ctx)
        if ctx.request_id is None:
            self._backend.notified(request)
            return await call_next(ctx)
        self._backend.begin(request)
        try:
            result = await self._respond(request, ctx, call_next)
        except MCPError as error:
            self._backend.end(request, error=_rpc_error(error).wire())
            raise
        except ValidationError:
            self._backend.end(request, error=RpcError(INVALID_PARAMS, "Invalid request parameters").wire())
            raise
        except BaseException:
            self._backend.end(request)
            raise
        self._backend.end(request, result=result)
        return result

    async def _respond(self, request: ServerRequest, context: _Context, call_next: CallNext) -> dict[str, Any]:
        try:
            answer = await self._backend.answer(request)
        except RpcError as error:
            raise MCPError(error.code, error.message, error.data) from error
        if answer is not None and request.modern:
            answer = Answer({"resultType": "complete", **answer.result}, raw=answer.raw)
        if answer is not None and answer.raw:
            return answer.result
        token = _answer.set(answer)
        try:
            # What the rest of the chain gives is in wire form already.
            return cast("dict[str, Any]", await call_next(context))
        finally:
            _answer.reset(token)


def build(backend: Backend) -> BackendServer:
    """The SDK's low-level server in front of a backend."""
    return BackendServer(backend)


def _incoming(context: _Context) -> ServerRequest:
    modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
    scope: Mapping[str, Any] | None = getattr(context.request, "scope", None)
    stateless = scope is not None and scope.get(STATELESS, False)
    return ServerRequest(
        method=context.method,
        params=dict(context.params or {}),
        id=context.request_id,
        protocol_version=context.protocol_version,
        modern=modern,
        ready=modern or stateless or context.session.client_params is not None,
        scope=scope,
        client=_Channel(context),
    )


def _rpc_error(error: MCPError) -> RpcError:
    return RpcError(error.error.code, error.error.message, error.error.data)
