"""A connection to a mock server within this process."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mcp.shared.memory import create_client_server_memory_streams

from pytest_mcpquality.resilience.loops import running_loop
from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.testing.errors import MockSetupError
from pytest_mcpquality.testing.hosting.memory import faulty
from pytest_mcpquality.testing.seam import SessionInfo

if TYPE_CHECKING:
    from pytest_mcpquality.testing.mock_server import MockMCPServer

__tracebackhide__ = hides

GRACE_SECONDS = 1.0
"""How long the server may take to end once the client has gone; then it is cancelled."""


class MemoryTransport:
    """One connection: entering it starts a server, leaving it ends it. The SDK's version 2 calls this a `Transport`.

    The server runs in a task of its own, so that a failing test shows its own error and no group of errors, and so that
    a fixture may be left in another task than it was entered in.
    """

    gives_streams = True
    """For `mcp_connect`, which takes any object: this is no server, but a connection to one."""

    def __init__(self, server: MockMCPServer) -> None:
        self._server = server
        self._stack = AsyncExitStack()
        self._serving: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """What messages of ours call it: the mock server's name."""
        return self._server.name

    async def __aenter__(self) -> tuple[Any, Any]:
        loop = running_loop(f"{self._server.name} in memory")
        if self._serving is not None:
            raise MockSetupError("a MemoryTransport is one connection: call memory() again for another one")
        async with AsyncExitStack() as stack:
            self._server.faults.attach("memory")
            stack.callback(self._server.faults.detach, "memory")
            client, server = await stack.enter_async_context(create_client_server_memory_streams())
            number = self._server.next_start()
            session = SessionInfo("memory", number, f"memory-{number}")
            streams = faulty(self._server, session, *server)
            self._serving = loop.create_task(self._server.serve(*streams, session=session))
            stack.push_async_callback(self._end, self._serving, client[1])
            self._stack = stack.pop_all()
        return client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    async def _end(self, serving: asyncio.Task[None], write_stream: Any) -> None:  # noqa: ANN401 - the SDK's
        await write_stream.aclose()
        try:
            await asyncio.wait({serving}, timeout=GRACE_SECONDS)
        finally:
            serving.cancel()
        await asyncio.wait({serving})
        if not serving.cancelled() and (error := serving.exception()) is not None:
            raise error
