"""What the fixtures `mcp_connect` and `mcp_pool` hand out: factories that end whatever was made with them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.blocking import BlockingConnection
from pytest_mcpquality.mcp.connecting import ConnectOptions, connect
from pytest_mcpquality.mcp.connection import CALL_TIMEOUT, OPEN_TIMEOUT, McpConnection
from pytest_mcpquality.mcp.ending import end
from pytest_mcpquality.mcp.handlers import Handlers
from pytest_mcpquality.mcp.pool import McpPool
from pytest_mcpquality.mcp.protocol import AUTO
from pytest_mcpquality.mcp.servers import Servers, load_servers
from pytest_mcpquality.mcp.targets import Found, Target, find_target
from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.resilience.pool_values import PoolSettings
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

_HOW = (
    "write `connection = await mcp_connect(...)` or `async with mcp_connect(...) as connection`; "
    "in a test that is not async, `with mcp_connect.sync(...) as connection`"
)


class Connecting:
    """A connection to come: await it, or enter it with `async with`."""

    def __init__(self, name: str, begin: Callable[[], Coroutine[Any, Any, McpConnection]]) -> None:
        self._name = name
        self._begin = begin
        self._connection: McpConnection | None = None
        self.awaited = False

    def __repr__(self) -> str:
        return f"<Connecting to {self._name!r}, {'awaited' if self.awaited else 'not awaited yet'}>"

    def __await__(self) -> Generator[Any, None, McpConnection]:
        self.awaited = True
        return self._begin().__await__()

    async def __aenter__(self) -> McpConnection:
        self._connection = await self
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            await self._connection.close()

    def __enter__(self) -> NoReturn:
        self.awaited = True
        raise UsageError(f"mcp_connect(...) cannot be entered with a plain `with`: {_HOW}")

    def __exit__(self, *_: object) -> None: ...

    def __getattr__(self, name: str) -> NoReturn:
        if not name.startswith("_") and hasattr(McpConnection, name):
            self.awaited = True
            raise UsageError(f"mcp_connect(...) is not connected yet, so it has no {name}: {_HOW}")
        raise AttributeError(name)


class Connector:
    """Connects to servers; `close` ends every connection that it made."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        self._catalog = _Catalog(root, environ)
        self._made: list[McpConnection] = []
        self._begun: list[Connecting] = []
        self._blocking: list[BlockingConnection] = []

    def __repr__(self) -> str:
        open_ones = sum(not connection.ended for connection in self._made)
        return f"<mcp_connect: {len(self._made)} connections made, {open_ones} open>"

    def __getattr__(self, name: str) -> NoReturn:
        if not name.startswith("_") and hasattr(McpConnection, name):
            raise UsageError(f"mcp_connect makes connections, and is none, so it has no {name}: {_HOW}")
        raise AttributeError(f"mcp_connect has no {name!r}")

    def __call__(
        self,
        target: Target,
        *,
        timeout: float = OPEN_TIMEOUT,
        call_timeout: float = CALL_TIMEOUT,
        protocol: str = AUTO,
        handlers: Handlers | None = None,
    ) -> Connecting:
        """A connection to a server: `await` it, or enter it with `async with`.

        Args:
            target: A server object, the name of a configured server, a command, a URL; see `targets.Target`.
            timeout: Seconds that starting or reaching it and the handshake may take together.
            call_timeout: Seconds that a request may take when the caller says nothing else.
            protocol: The version to speak, or "auto".
            handlers: Answers to the server's requests.

        Raises:
            UsageError: There is no such server; the message lists those that are known.
        """
        found = self._catalog.find(target)
        options = ConnectOptions(timeout=timeout, call_timeout=call_timeout, protocol=protocol, handlers=handlers)
        connecting = Connecting(found.name, lambda: self._connect(found, options))
        self._begun.append(connecting)
        return connecting

    def sync(
        self,
        target: Target,
        *,
        timeout: float = OPEN_TIMEOUT,
        call_timeout: float = CALL_TIMEOUT,
        protocol: str = AUTO,
        handlers: Handlers | None = None,
    ) -> BlockingConnection:
        """An open connection whose methods block, for tests that are not async; the arguments are the same."""
        found = self._catalog.find(target)
        options = ConnectOptions(timeout=timeout, call_timeout=call_timeout, protocol=protocol, handlers=handlers)
        connection = BlockingConnection(lambda: self._connect(found, options))
        self._blocking.append(connection)
        return connection

    async def _connect(self, found: Found, options: ConnectOptions) -> McpConnection:
        return await connect(found.spec, found.name, options, on_made=self._made.append)

    def close(self) -> None:
        """End every connection.

        Raises:
            UsageError: A connection was asked for and never awaited.
        """
        for blocking in self._blocking:
            blocking.close()
        for connection in self._made:
            if not connection.ended:
                end(connection.loop, connection.close, connection.kill)
        forgotten = [connecting for connecting in self._begun if not connecting.awaited]
        if forgotten:
            raise UsageError(f"mcp_connect(...) was called and never awaited ({forgotten[0]!r}): {_HOW}")


class PoolMaker:
    """Makes pools; `close` ends every pool that it made."""

    def __init__(self, root: Path, environ: dict[str, str], clock: Clock) -> None:
        self._catalog = _Catalog(root, environ)
        self._clock = clock
        self._pools: list[McpPool] = []
        self._made: list[McpConnection] = []

    def __repr__(self) -> str:
        return f"<mcp_pool: {len(self._pools)} pools made>"

    def __getattr__(self, name: str) -> NoReturn:
        if not name.startswith("_") and hasattr(McpPool, name):
            raise UsageError(
                f"mcp_pool makes pools, and is none, so it has no {name}: write `pool = mcp_pool(server)`, "
                "then `async with pool.connection() as connection`"
            )
        raise AttributeError(f"mcp_pool has no {name!r}")

    def __call__(
        self,
        target: Target,
        *,
        settings: PoolSettings | None = None,
        options: ConnectOptions | None = None,
        clock: Clock | None = None,
    ) -> McpPool:
        """A pool of connections to a server, which opens them when it is first used.

        Args:
            target: As for `mcp_connect`.
            settings: How many, how long; `PoolSettings.single()` is for debugging.
            options: How each connection is made.
            clock: The pool's time; by default that of `mcp_clock` where the test uses it, else real time.

        Raises:
            UsageError: There is no such server; the message lists those that are known.
        """
        found = self._catalog.find(target)
        pool = McpPool(
            found.spec,
            settings=settings,
            options=options,
            clock=clock or self._clock,
            name=found.name,
            on_made=self._made.append,
        )
        self._pools.append(pool)
        return pool

    def close(self) -> None:
        """End every pool with its connections."""
        for pool in self._pools:
            end(pool.loop, partial(pool.close, timeout=0), _nothing)
        for connection in self._made:
            if not connection.ended:
                end(connection.loop, connection.close, connection.kill)


def _nothing() -> None:
    """A pool without its loop is nothing but its connections."""


class _Catalog:
    """The configured servers, read when somebody first asks for one by name."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        self._root = root
        self._environ = environ
        self._servers: Servers | None = None

    def find(self, target: Target) -> Found:
        if not isinstance(target, str):
            return find_target(target, Servers(), root=self._root)
        if self._servers is None:
            self._servers = load_servers(self._root, self._environ)
        return find_target(target, self._servers, root=self._root)
