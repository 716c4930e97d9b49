"""The pool over each way to a server, and over the servers of a configuration."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from pytest_mcpquality.mcp.errors import ServerFailedError
from pytest_mcpquality.mcp.pool import McpPool
from pytest_mcpquality.mcp.servers import load_servers
from pytest_mcpquality.resilience.errors import ConnectionFailedError
from pytest_mcpquality.resilience.pool_values import PoolSettings
from pytest_mcpquality.testing import MockMCPServer, faults
from tests.support.mcp import RAW

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

WAYS: dict[str, Callable[[MockMCPServer], AbstractContextManager[object]]] = {
    "stdio": MockMCPServer.stdio,
    "http": MockMCPServer.http,
    "memory": nullcontext,
}
TWO = PoolSettings(min_size=0, max_size=2, validate_after=0)


def mock() -> MockMCPServer:
    server = MockMCPServer("adder")

    @server.tool()
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    return server


@pytest.mark.parametrize("way", WAYS)
async def test_many_borrowers_share_two_connections(way: str) -> None:
    server = mock()
    with WAYS[way](server) as target:
        async with McpPool(target, settings=TWO) as pool:

            async def borrow(number: int) -> int:
                async with pool.connection() as connection:
                    result = await connection.call_tool("add", {"a": number, "b": 1})
                    return int(result["structuredContent"]["result"])

            async with pool.connection(), pool.connection():
                pass  # both are open: the first alone might be quick enough for all
            assert await asyncio.gather(*map(borrow, range(12))) == list(range(1, 13))
            assert pool.statistics.opened == 2
            assert repr(pool).endswith("2 open (0 active, 2 idle), 0 opening, 0 waiting, at most 2>")
    assert len(server.calls("add")) == 12


@pytest.mark.parametrize("way", WAYS)
async def test_a_connection_whose_server_died_is_replaced(way: str) -> None:
    server = mock()
    with WAYS[way](server) as target:
        async with McpPool(target, settings=TWO) as pool:
            server.faults.add(faults.Dies(tool="add", times=1))
            with pytest.raises(ServerFailedError):
                async with pool.connection() as connection:
                    await connection.call_tool("add", {"a": 1, "b": 1})
            if way == "http":  # where a server that has died stays dead until somebody starts it
                with pytest.raises(ConnectionFailedError, match="nobody listens"):
                    await pool.acquire()
                target.restart()  # type: ignore[attr-defined]
            async with pool.connection() as connection:
                assert (await connection.call_tool("add", {"a": 1, "b": 1}))["structuredContent"] == {"result": 2}


async def test_any_server_of_a_configuration_can_be_pooled(tmp_path: Path) -> None:
    with mock().http() as hosting:
        command = {"command": RAW[0], "args": [*RAW[1:]]}
        document = {"mcpServers": {"raw": command, "adder": {"url": hosting.url}}}
        (tmp_path / ".mcp.json").write_text(json.dumps(document), encoding="utf-8")
        servers = load_servers(tmp_path, os.environ)
        for name, tools in (("raw", 5), ("adder", 1)):
            async with McpPool(name, servers=servers, settings=TWO) as pool, pool.connection() as connection:
                assert len(await connection.list_tools()) == tools
                assert connection.server == name
