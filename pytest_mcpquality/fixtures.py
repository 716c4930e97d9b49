"""The fixtures: thin, and lazy, since every pytest run of whoever has this installed imports this file.

None of them is async, so they work in tests run by pytest-asyncio, by anyio's plugin, and in tests that are not async.
What they make is ended whatever the test did: by the event loop's end, and by the fixture's own. PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_mcpquality.breakers import BreakerMaker
    from pytest_mcpquality.mcp.factories import Connector, PoolMaker
    from pytest_mcpquality.resilience.clock import Clock
    from pytest_mcpquality.testing import FakeClock, FakeContext7, MockMCPServer

NAMES = ("fake_context7", "mcp_breaker", "mcp_clock", "mcp_connect", "mcp_pool", "mock_mcp_server")
"""All fixtures."""


@pytest.fixture
def mcp_clock() -> FakeClock:
    """A clock that moves when the test says so; pools, breakers and the mock server of the same test run on it."""
    from pytest_mcpquality.testing import FakeClock  # noqa: PLC0415 - only for who asks for it

    return FakeClock()


@pytest.fixture
def mock_mcp_server(request: pytest.FixtureRequest) -> Generator[MockMCPServer]:
    """A mock MCP server, empty: a real server that says and does what the test tells it to."""
    _check_sdk()
    from pytest_mcpquality.mock_fixture import FixtureMockServer  # noqa: PLC0415 - loads the SDK

    server = FixtureMockServer(clock=_clock_of(request))
    yield server
    server.close()


@pytest.fixture
def fake_context7() -> Generator[FakeContext7]:
    """The REST interface of Context7 at a loopback port, with a few libraries."""
    from pytest_mcpquality.testing import FakeContext7  # noqa: PLC0415 - only for who asks for it

    with FakeContext7() as fake:
        yield fake


@pytest.fixture
def mcp_connect(request: pytest.FixtureRequest) -> Generator[Connector]:
    """Connect to a server object, a configured server, a command or a URL: `await` what it returns."""
    from pytest_mcpquality.mcp.factories import Connector  # noqa: PLC0415 - only for who asks for it

    connector = Connector(request.config.rootpath, dict(os.environ))
    yield connector
    connector.close()


@pytest.fixture
def mcp_pool(request: pytest.FixtureRequest) -> Generator[PoolMaker]:
    """Make pools of connections, to be entered with `async with`."""
    from pytest_mcpquality.mcp.factories import PoolMaker  # noqa: PLC0415 - only for who asks for it
    from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK  # noqa: PLC0415 - as above

    maker = PoolMaker(request.config.rootpath, dict(os.environ), _clock_of(request) or SYSTEM_CLOCK)
    yield maker
    maker.close()


@pytest.fixture
def mcp_breaker(request: pytest.FixtureRequest) -> Generator[BreakerMaker]:
    """Make circuit breakers, as in `mcp_breaker("search", consecutive_failures=3)`."""
    from pytest_mcpquality.breakers import BreakerMaker  # noqa: PLC0415 - only for who asks for it
    from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK  # noqa: PLC0415 - as above

    maker = BreakerMaker(_clock_of(request) or SYSTEM_CLOCK)
    yield maker
    maker.close()


def _check_sdk() -> None:
    """Fail in one line, where the SDK is missing or not one that we know."""
    from mcpquality_scanners.errors import UsageError  # noqa: PLC0415 - only for who asks for it
    from pytest_mcpquality.mcp.server_bridge import sdk_major  # noqa: PLC0415 - as above

    try:
        sdk_major()
    except UsageError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def _clock_of(request: pytest.FixtureRequest) -> Clock | None:
    """The test's own clock, where it has one."""
    if "mcp_clock" not in request.fixturenames:
        return None
    clock: Clock = request.getfixturevalue("mcp_clock")
    return clock
