"""Whatever a server never answers, over each way to it: the limit holds, and what is said names what was waited for."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

import pytest

from pytest_mcpquality.mcp.bridge import sdk_version
from pytest_mcpquality.mcp.connecting import ConnectOptions, connected
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.errors import ProtocolViolationError, ServerFailedError, ServerHungError
from pytest_mcpquality.mcp.protocol import AUTO, MODERN_VERSIONS
from pytest_mcpquality.mcp.servers import Servers
from pytest_mcpquality.mcp.targets import find_target
from pytest_mcpquality.testing import MockMCPServer, faults
from pytest_mcpquality.testing.faults import Fault

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

LIMIT = 0.4
"""Seconds that a wait may take."""

CALL = "tools/call"
SLACK = 5.0
"""Seconds that a busy machine may take besides; less than the SDK's own wait of 10 s for `server/discover`."""

WAYS: dict[str, Callable[[MockMCPServer], AbstractContextManager[object]]] = {
    "stdio": MockMCPServer.stdio,
    "http": MockMCPServer.http,
    "memory": nullcontext,
}
PATIENT = ConnectOptions(timeout=60)
MODERN = MODERN_VERSIONS[-1]
needs_modern = pytest.mark.skipif(sdk_version().startswith("1."), reason="version 1 of the SDK does not speak it")


@asynccontextmanager
async def connection(way: str, *given: Fault, options: ConnectOptions = PATIENT) -> AsyncGenerator[McpConnection]:
    server = MockMCPServer("flaky", faults=given)

    @server.tool()
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    with WAYS[way](server) as target:
        async with connected(find_target(target, Servers()).spec, "flaky", options) as client:
            yield client


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("method", "protocol"), [("initialize", AUTO), ("server/discover", MODERN)])
async def test_a_handshake_ends(way: str, method: str, protocol: str) -> None:
    started = time.monotonic()
    with pytest.raises(ServerFailedError, match=f"hung in {method} for {LIMIT} s"):
        async with connection(
            way, faults.Hangs(method=method), options=ConnectOptions(timeout=LIMIT, protocol=protocol)
        ):
            pass
    assert time.monotonic() - started < LIMIT + SLACK


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("protocol", [AUTO, pytest.param(MODERN, marks=needs_modern)])
async def test_a_call_ends_and_the_connection_goes_on(way: str, protocol: str) -> None:
    options = ConnectOptions(timeout=PATIENT.timeout, protocol=protocol)
    async with connection(way, faults.Hangs(method=CALL), options=options) as client:
        started = time.monotonic()
        with pytest.raises(ServerHungError, match=f"hung in tools/call for {LIMIT} s"):
            await client.call_tool("add", {"a": 1, "b": 2}, timeout=LIMIT)
        assert time.monotonic() - started < LIMIT + SLACK
        assert [tool["name"] for tool in await client.list_tools()] == ["add"]


@pytest.mark.parametrize("way", WAYS)
async def test_so_does_a_list_and_a_ping(way: str) -> None:
    hangs = (faults.Hangs(method="tools/list"), faults.Hangs(method="ping"))
    async with connection(way, *hangs) as client:
        client.timeout = LIMIT
        with pytest.raises(ServerHungError, match="hung in tools/list"):
            await client.list_tools()
        with pytest.raises(ServerHungError, match="hung in ping"):
            await client.ping()


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (faults.Dies(method=CALL), ServerFailedError, "closed the connection"),
        (faults.ClosesStream(method=CALL), ServerFailedError, "closed the connection"),
        (faults.Delays(60, method=CALL), ServerHungError, "hung in tools/call"),
        (faults.WrongId(7, method=CALL), ServerHungError, "answered id 7, nobody asked"),
        (faults.OutOfOrder(method=CALL), ServerHungError, "hung in tools/call"),
        (faults.AnotherProtocolVersion(), ProtocolViolationError, "protocol version '1999-12-31'"),
    ],
    ids=repr,
)
async def test_faults_in_memory_are_told_like_those_of_the_wire(
    fault: Fault, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        async with connection("memory", fault) as client:
            await client.call_tool("add", {"a": 1, "b": 2}, timeout=LIMIT)
