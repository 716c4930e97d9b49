"""One start after the other of the SDK's streamable HTTP server, behind one port."""

from __future__ import annotations

import asyncio
from typing import Any

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

from pytest_mcpquality.mcp.server_bridge import NO_WAY_BACK, STATELESS
from pytest_mcpquality.testing.faults.starting import RefusesConnection
from pytest_mcpquality.testing.hosting.closing_response import mend_sdk
from pytest_mcpquality.testing.hosting.event_store import MemoryEventStore
from pytest_mcpquality.testing.hosting.http_faults import HttpFaults
from pytest_mcpquality.testing.hosting.listener import Listener
from pytest_mcpquality.testing.seam import Hosted

SECURITY = TransportSecuritySettings(
    enable_dns_rebinding_protection=True,
    allowed_hosts=["127.0.0.1:*", "localhost:*"],
    allowed_origins=["http://127.0.0.1:*", "http://localhost:*"],
)
"""Foreign hosts and origins are refused, as the specification demands."""


class Serving:
    """Lives in the loop of its hosting.

    Args:
        hosted: The mock server.
        path: Where the server answers; everything else is 404.
        **options: Of the SDK's session manager.
    """

    def __init__(self, hosted: Hosted, path: str, **options: Any) -> None:  # noqa: ANN401 - the SDK's
        mend_sdk()
        self.listener = Listener(self._dispatch)
        self.state = "not started"
        self._hosted = hosted
        self._path = path
        self._options = options
        self._mode = {STATELESS: options.get("stateless"), NO_WAY_BACK: options.get("json_response")}
        self._app: HttpFaults | None = None
        self._running: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Start the server and listen."""
        async with self._changing:
            await self._start()

    async def restart(self) -> None:
        """Start anew; sessions and connections are gone."""
        async with self._changing:
            await self._end()
            await self._start()

    async def stop(self) -> None:
        """End the server and everything with it."""
        async with self._changing:
            await self._end()
            await self.listener.close()
            self.state = "stopped"

    async def adjust(self) -> None:
        """Listen, or refuse, as the faults say now."""
        async with self._changing:
            await self._adjust()

    async def _start(self) -> None:
        ready = asyncio.Event()
        self._running = asyncio.create_task(self._run(self._hosted.next_start(), ready))
        self._running.add_done_callback(lambda _: ready.set())
        await ready.wait()
        if self._running.done():
            await self._running
        self.state = "running"
        await self._adjust()

    async def _end(self) -> None:
        """The clients first, so that nobody is answered by half a server."""
        await self.listener.refuse()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _adjust(self) -> None:
        if self.state != "running" or self._hosted.faults.present(RefusesConnection):
            await self.listener.refuse()
        else:
            await self.listener.open()

    async def _run(self, start: int, ready: asyncio.Event) -> None:
        """Own the session manager: what its context opens must be closed in the same task."""
        manager = StreamableHTTPSessionManager(
            app=self._hosted.sdk_server(start),
            event_store=MemoryEventStore(),
            security_settings=SECURITY,
            **self._options,
        )
        async with manager.run():
            self._app = HttpFaults(manager.handle_request, self._hosted, start, self._die)
            ready.set()
            await asyncio.Event().wait()

    async def _die(self, connection: asyncio.Transport) -> None:
        """Before anybody hears of it: whoever tries again at once must find nobody."""
        async with self._changing:
            self.state = "dead"
            await self.listener.refuse(spare=connection)

    async def _dispatch(self, scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if self._app is not None and scope["path"] == self._path:
            scope |= self._mode
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
