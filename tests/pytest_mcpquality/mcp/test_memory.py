"""What the in-memory transport makes of streams that end, raise, or carry what is no message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeAlias

import anyio
import pytest

from pytest_mcpquality.mcp import bridge
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.errors import ServerFailedError
from pytest_mcpquality.mcp.memory import MemoryTransport
from tests.support.mcp import INITIALIZED

pytestmark = pytest.mark.asyncio

Stream: TypeAlias = Any
"""The SDK's."""

Serve: TypeAlias = Callable[[Stream, Stream], Coroutine[Any, Any, None]]


class Mock:
    """Looks like a mock server; `serve` is what the other side does with its streams."""

    sdk_server = None

    def __init__(self, serve: Serve) -> None:
        self._serve = serve

    def memory(self) -> Mock:
        return self

    async def __aenter__(self) -> tuple[Any, Any]:
        out, read = anyio.create_memory_object_stream[Any](10)
        write, incoming = anyio.create_memory_object_stream[Any](10)
        self._task = asyncio.create_task(self._serve(incoming, out))
        self._streams = (out, read, write, incoming)
        return read, write

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._task.cancel()
        for stream in self._streams:
            await stream.aclose()
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.result()


async def handshake(incoming: Stream, out: Stream) -> None:
    request = bridge.from_sdk(await incoming.receive())
    await out.send(bridge.to_sdk({"jsonrpc": "2.0", "id": request["id"], "result": INITIALIZED}))
    await incoming.receive()


async def opened(serve: Serve) -> McpConnection:
    return await McpConnection(MemoryTransport(Mock(serve)), server="mock", timeout=5.0).open(timeout=5.0)


async def test_a_stream_that_ends_is_a_closed_connection() -> None:
    async def serve(incoming: Stream, out: Stream) -> None:
        await handshake(incoming, out)
        await incoming.receive()
        await out.aclose()

    connection = await opened(serve)
    with pytest.raises(ServerFailedError, match="closed the connection"):
        await connection.ping()
    await connection.close()


async def test_a_server_that_raises_in_a_call_says_why() -> None:
    async def serve(incoming: Stream, out: Stream) -> None:
        await handshake(incoming, out)
        await incoming.receive()
        await out.aclose()
        raise ExceptionGroup("of the SDK", [ExceptionGroup("inside", [ValueError("bad\nnews")])])

    connection = await opened(serve)
    with pytest.raises(ServerFailedError, match="raised ValueError: bad"):
        await connection.ping()


async def test_errors_and_what_is_no_message_are_odd() -> None:
    async def serve(incoming: Stream, out: Stream) -> None:
        await handshake(incoming, out)
        request = bridge.from_sdk(await incoming.receive())
        await out.send(ValueError("junk"))
        broken = bridge.to_sdk({"jsonrpc": "2.0", "method": "x"})
        getattr(broken.message, "root", broken.message).jsonrpc = "1.0"
        await out.send(broken)
        await out.send(bridge.to_sdk({"jsonrpc": "2.0", "id": request["id"], "result": {}}))
        await out.aclose()

    async with await opened(serve) as connection:
        await connection.ping()
        first, second = connection.oddities.notes()
    assert first.startswith("a message is not JSON-RPC (ValueError: junk)")
    assert second.startswith('a message is not JSON-RPC (does not say "jsonrpc": "2.0")')


async def test_a_server_that_does_not_end_is_cancelled() -> None:
    async def serve(incoming: Stream, out: Stream) -> None:
        await handshake(incoming, out)
        await asyncio.Event().wait()

    transport = MemoryTransport(Mock(serve))
    connection = await McpConnection(transport, server="mock").open()
    transport.kill()
    await transport.close(hurry=True)
    await connection.close()
    assert connection.ended


async def test_closing_before_opening_is_nothing() -> None:
    async def serve(incoming: Stream, out: Stream) -> None: ...

    transport = MemoryTransport(Mock(serve))
    await transport.close()
    assert transport.last_words() == transport.hints() == ()
