"""What the fixtures hand out, without pytest around it: everything made is ended, whatever became of its loop."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.breakers import BreakerMaker
from pytest_mcpquality.mcp.factories import Connector, PoolMaker
from pytest_mcpquality.resilience.breaker_values import BreakerSettings
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK
from pytest_mcpquality.testing import FakeClock
from tests.support.mcp import RAW, raw


@pytest.fixture
def connector(tmp_path: Path) -> Connector:
    return Connector(tmp_path, dict(os.environ))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_what_is_left_open_is_closed_in_its_loop(connector: Connector, loop: asyncio.AbstractEventLoop) -> None:
    async def leave() -> object:
        return await connector(RAW)

    connection = loop.run_until_complete(leave())
    assert repr(connector) == "<mcp_connect: 1 connections made, 1 open>"
    connector.close()
    assert "closed" in repr(connection)
    assert repr(connector) == "<mcp_connect: 1 connections made, 0 open>"


def test_a_loop_that_ended_took_its_connections_along(connector: Connector) -> None:
    async def leave() -> object:
        return await connector(RAW)

    connection = asyncio.run(leave())
    assert "closed" in repr(connection)
    connector.close()


CLOSES_ITS_LOOP = f"""
import asyncio, os
from pathlib import Path
from pytest_mcpquality.mcp.factories import Connector

connector = Connector(Path(), {{}})

async def leave():
    return await connector([*{RAW!r}, "ignore-eof", "ignore-term"])

loop = asyncio.new_event_loop()
connection = loop.run_until_complete(leave())
pid = connection.transport.pid
loop.close()
connector.close()
try:
    os.killpg(pid, 0)
except ProcessLookupError:
    os._exit(7)  # without what asyncio says about such a loop
"""


def test_a_loop_that_was_closed_without_its_end_is_no_excuse() -> None:
    assert subprocess.run([sys.executable, "-c", CLOSES_ITS_LOOP], check=False).returncode == 7


def test_a_loop_in_another_thread_is_asked(connector: Connector, loop: asyncio.AbstractEventLoop) -> None:
    async def leave() -> object:
        return await connector(RAW)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        connection = asyncio.run_coroutine_threadsafe(leave(), loop).result(10)
        connector.close()
        assert "closed" in repr(connection)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def test_in_the_loop_itself_it_is_killed(connector: Connector) -> None:
    async def leave() -> None:
        connection = await connector(RAW)
        connector.close()
        await connection.close()
        assert connection.ended

    asyncio.run(leave())


def test_forgotten_and_misused_connections_are_explained(connector: Connector) -> None:
    connecting = connector(RAW)
    assert repr(connecting) == "<Connecting to 'python raw.py', not awaited yet>" or "raw.py" in repr(connecting)
    with pytest.raises(UsageError, match="called and never awaited"):
        connector.close()
    with pytest.raises(AttributeError):
        assert connecting.no_such_thing
    with pytest.raises(UsageError, match="is not connected yet, so it has no call_tool"):
        connecting.call_tool("x")
    with pytest.raises(UsageError, match="cannot be entered with a plain `with`"), connecting:
        pass
    connector.close()


def test_blocking_connections_ask_and_are_closed(connector: Connector) -> None:
    connection = connector.sync(RAW)
    assert connection.agreement.version == "2025-11-25"
    assert [tool["name"] for tool in connection.list_tools()] == [f"tool{number}" for number in range(5)]
    assert connection.call_tool("x", {"a": 1})["content"]
    assert connection.request("echo", {"b": 2}) == {"b": 2}
    connection.ping()
    for name in ("list_resource_templates", "list_prompts"):
        with pytest.raises(Exception, match="Method not found"):
            getattr(connection, name)()
    with pytest.raises(Exception, match="without a list of objects"):
        connection.list_resources()
    with pytest.raises(Exception, match="Method not found"):
        connection.read_resource("a://b")
    with pytest.raises(Exception, match="Method not found"):
        connection.get_prompt("x")
    assert "BlockingConnection" in repr(connection)
    connector.close()
    connector.close()
    assert connection.connection.ended


def test_a_blocking_connection_that_fails_leaves_no_loop(connector: Connector) -> None:
    with pytest.raises(Exception, match="exited with 3"):
        connector.sync(raw("die-at-start"))
    connector.close()


def test_pools_are_ended_with_and_without_their_loop(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> None:
    (tmp_path / "mcpquality.toml").write_text(f"[servers.ours]\ncommand = {list(RAW)!r}\n", encoding="utf-8")
    maker = PoolMaker(tmp_path, dict(os.environ), SYSTEM_CLOCK)

    async def leave() -> None:
        await maker("ours").acquire()

    loop.run_until_complete(leave())
    asyncio.run(leave())
    maker(raw())
    assert repr(maker) == "<mcp_pool: 3 pools made>"
    maker.close()
    assert all(connection.ended for connection in maker._made)
    assert len(maker._made) >= 2


def test_breakers_are_made_from_settings_or_single_fields() -> None:
    clock = FakeClock()
    maker = BreakerMaker(clock)
    one = maker("a", consecutive_failures=1)
    other = maker("b", BreakerSettings.never(), clock=SYSTEM_CLOCK)
    one.force_open()
    assert repr(maker) == "<mcp_breaker: 2 breakers made>"
    maker.close()
    assert one.state.value == other.state.value == "closed"
