"""From what to connect to, to an open connection."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from pytest_mcpquality.mcp.connection import CALL_TIMEOUT, OPEN_TIMEOUT, McpConnection
from pytest_mcpquality.mcp.errors import ServerFailedError
from pytest_mcpquality.mcp.handlers import Handlers
from pytest_mcpquality.mcp.memory import MemoryTransport
from pytest_mcpquality.mcp.protocol import AUTO, JsonObject
from pytest_mcpquality.mcp.specs import HttpServer, ServerObject, ServerSpec, StdioServer
from pytest_mcpquality.mcp.stdio import StdioTransport
from pytest_mcpquality.mcp.transport import Transport
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

_NOT_STREAMABLE = frozenset({400, 404, 405})
"""Statuses after which the specification has a client try the transport of 2024-11-05."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOptions:
    """How to connect.

    Attributes:
        timeout: Seconds that starting or reaching the server and the handshake may take together.
        call_timeout: Seconds that a request may take when the caller says nothing else.
        protocol: The version to speak, or "auto".
        handlers: Answers to the server's requests.
        client_info: Name and version to give.
        clock: Where time comes from.
    """

    timeout: float = OPEN_TIMEOUT
    call_timeout: float = CALL_TIMEOUT
    protocol: str = AUTO
    handlers: Handlers | None = None
    client_info: JsonObject | None = None
    clock: Clock = SYSTEM_CLOCK


Made = Callable[[McpConnection], object]
"""Told of a connection before it is opened."""


def _ignore(_: McpConnection) -> None:
    pass


async def connect(
    spec: ServerSpec, name: str, options: ConnectOptions | None = None, *, on_made: Made = _ignore
) -> McpConnection:
    """Connect to a server.

    Args:
        spec: What to connect to.
        name: What messages call it.
        options: How.
        on_made: Told of each connection before it is opened, for who has to end it whatever happens.

    Raises:
        UsageError: The server object is none, or there is no such protocol version.
        ServerFailedError: It could not be started or reached, refused, broke, or did not answer in time.
        ProtocolViolationError: Its answer is not allowed.
    """
    how = options or ConnectOptions()
    if not isinstance(spec, HttpServer) or spec.kind != "auto":
        return await _open(spec, name, how, on_made)
    started = how.clock.monotonic()
    try:
        return await _open(replace(spec, kind="http"), name, how, on_made)
    except ServerFailedError as refused:
        left = how.timeout - (how.clock.monotonic() - started)
        if refused.diagnosis.status not in _NOT_STREAMABLE or left <= 0:
            raise
        try:
            return await _open(replace(spec, kind="sse"), name, replace(how, timeout=left), on_made)
        except ServerFailedError:
            raise refused from None  # what the newer transport met is the reason


@asynccontextmanager
async def connected(
    spec: ServerSpec, name: str, options: ConnectOptions | None = None, *, on_made: Made = _ignore
) -> AsyncGenerator[McpConnection]:
    """A connection for the length of a block; see `connect`."""
    connection = await connect(spec, name, options, on_made=on_made)
    try:
        yield connection
    finally:
        await connection.close()


async def _open(spec: ServerSpec, name: str, options: ConnectOptions, on_made: Made) -> McpConnection:
    connection = McpConnection(
        _transport(spec, options.clock),
        server=name,
        clock=options.clock,
        timeout=options.call_timeout,
        handlers=options.handlers,
        client_info=options.client_info,
    )
    on_made(connection)
    return await connection.open(timeout=options.timeout, protocol=options.protocol)


def _transport(spec: ServerSpec, clock: Clock) -> Transport:
    match spec:
        case StdioServer():
            return StdioTransport(spec, clock=clock)
        case ServerObject(server):
            return MemoryTransport(server)
        case HttpServer(kind="sse"):
            from pytest_mcpquality.mcp.sse import SseTransport  # noqa: PLC0415 - loads the HTTP client

            return SseTransport(spec, clock=clock)
        case HttpServer():
            from pytest_mcpquality.mcp.http import HttpTransport  # noqa: PLC0415 - loads the HTTP client

            return HttpTransport(spec, clock=clock)
