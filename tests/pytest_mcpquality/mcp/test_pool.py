"""The pool of connections: what it adds to `resilience.pool` is how one is opened, looked at, and missed."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.connecting import ConnectOptions
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.errors import ServerFailedError
from pytest_mcpquality.mcp.pool import McpPool
from pytest_mcpquality.mcp.stdio import StdioTransport
from pytest_mcpquality.resilience.errors import ConnectionFailedError
from pytest_mcpquality.resilience.pool_values import PoolSettings
from tests.support.mcp import RAW, raw

pytestmark = pytest.mark.asyncio

ONE = PoolSettings(min_size=0, max_size=1)


async def test_connections_are_reused() -> None:
    made: list[McpConnection] = []
    async with McpPool(raw(), settings=ONE, on_made=made.append, name="srv") as pool:
        for _ in range(3):
            async with pool.connection() as connection:
                assert len(await connection.list_tools()) == 5
                assert connection.server == "srv"
        assert repr(pool).startswith("<Pool 'srv'")
        assert pool.loop is asyncio.get_running_loop()
    assert len(made) == 1
    assert made[0].ended


async def test_an_idle_connection_is_validated_with_a_ping() -> None:
    settings = PoolSettings(min_size=0, max_size=1, validate_after=0)
    async with McpPool(raw(), settings=settings) as pool:
        async with pool.connection() as first:
            await first.ping()
        async with pool.connection() as second:
            assert second is first


async def test_a_death_while_idle_is_noticed() -> None:
    async with McpPool(raw(), settings=ONE) as pool:
        async with pool.connection() as first:
            pass
        assert isinstance(first.transport, StdioTransport)
        assert first.transport.pid is not None
        os.killpg(first.transport.pid, signal.SIGKILL)
        await first.wait_closed()
        async with pool.connection() as second:
            await second.ping()
        assert second is not first


async def test_a_server_that_does_not_come_up_says_why() -> None:
    async with McpPool(raw("die-at-start"), settings=ONE) as pool:
        with pytest.raises(ConnectionFailedError, match="exited with 3: ModuleNotFoundError: foo"):
            await pool.acquire()


async def test_the_words_of_a_connection_come_before_the_pool_s_own_limit() -> None:
    settings = PoolSettings(min_size=0, max_size=1, connect_timeout=1.0)
    async with McpPool(raw("hang-initialize"), settings=settings, options=ConnectOptions(timeout=60)) as pool:
        with pytest.raises(ConnectionFailedError, match=r"hung in initialize for \d"):
            await pool.acquire()


async def test_a_borrower_learns_what_broke_its_connection() -> None:
    async with McpPool(RAW, settings=ONE) as pool:
        with pytest.raises(ServerFailedError, match="exited with 7"):
            async with pool.connection() as connection:
                await connection.call_tool("die")
        async with pool.connection() as connection:
            await connection.ping()


async def test_an_unknown_server_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="there is no server 'nowhere-to-be-found'"):
        McpPool("nowhere-to-be-found")
