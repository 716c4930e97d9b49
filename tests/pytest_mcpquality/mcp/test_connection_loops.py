"""A connection and the event loop it belongs to."""

from __future__ import annotations

import asyncio

import pytest

from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.resilience.errors import EventLoopError
from tests.support.mcp import FakeTransport


def test_it_belongs_to_one_event_loop() -> None:
    transport = FakeTransport()
    connection = McpConnection(transport, server="srv")
    with asyncio.Runner() as runner:
        runner.run(connection.open())
        with pytest.raises(EventLoopError, match="belongs to another event loop"):
            asyncio.run(connection.ping())
        with pytest.raises(EventLoopError, match="belongs to another event loop"):
            asyncio.run(connection.close())
    assert transport.closed == [True]  # by the end of its loop, in a hurry
