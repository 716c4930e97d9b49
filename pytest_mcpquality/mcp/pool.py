"""A pool of connections to one MCP server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NoReturn

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.connecting import ConnectOptions, Made, connected
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.errors import ServerFailedError
from pytest_mcpquality.mcp.servers import Servers
from pytest_mcpquality.mcp.targets import Target, find_target
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.pool import Pool
from pytest_mcpquality.resilience.pool_values import PoolSettings
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

_ENDING = 5.0
"""Seconds beyond `connect_timeout` in which a server that did not come up in time is ended."""

_HOW = "write `async with pool.connection() as connection`, in a coroutine"


class McpPool(Pool[McpConnection]):
    """Lends connections to one server, over any transport.

    Args:
        target: A server object, a command, a URL, or a name in `servers`; see `targets.Target`.
        settings: How many, how long; `PoolSettings.single()` is for debugging.
        options: How each connection is made; what opening one may take is the smaller of its `timeout` and of the
            `connect_timeout` of the settings.
        servers: What the configuration names.
        clock: Where the pool's time comes from; that of connections is in `options`.
        name: What messages call the server.
        on_made: Told of each connection before it is opened.

    Raises:
        UsageError: There is no such server.
    """

    def __init__(
        self,
        target: Target,
        *,
        settings: PoolSettings | None = None,
        options: ConnectOptions | None = None,
        servers: Servers | None = None,
        clock: Clock = SYSTEM_CLOCK,
        name: str = "",
        on_made: Made | None = None,
    ) -> None:
        found = find_target(target, servers or Servers())
        name = name or found.name
        held = settings or PoolSettings()
        how = options or ConnectOptions()
        # The connection keeps the limit, since its words say why; the pool's own comes after the server was ended.
        how = replace(how, timeout=min(how.timeout, held.connect_timeout))
        held = replace(held, connect_timeout=held.connect_timeout + _ENDING)
        told = {} if on_made is None else {"on_made": on_made}
        super().__init__(
            partial(connected, found.spec, name, how, **told),
            name=name,
            settings=held,
            validate=partial(_ping, seconds=held.validation_timeout),
            watch=_watch,
            clock=clock,
        )

    def __enter__(self) -> NoReturn:
        raise UsageError(f"a pool cannot be entered with a plain `with`: {_HOW}")

    def __exit__(self, *_: object) -> None: ...

    def __getattr__(self, name: str) -> NoReturn:
        if not name.startswith("_") and hasattr(McpConnection, name):
            raise UsageError(f"a pool is no connection, so it has no {name}: {_HOW}")
        raise AttributeError(f"McpPool has no {name!r}")

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop it belongs to; None as long as nobody has used it."""
        return self._loop


async def _ping(connection: McpConnection, *, seconds: float) -> None:
    await connection.ping(timeout=seconds)


def _watch(connection: McpConnection, report: Callable[[BaseException | None], None]) -> None:
    """Have the pool told of a connection that breaks while nobody uses it."""

    def lost() -> None:
        failure = connection.failure
        report(ServerFailedError(server=connection.server, diagnosis=failure) if failure else None)

    connection.on_lost = lost
