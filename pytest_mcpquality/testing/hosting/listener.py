"""A loopback socket that uvicorn's HTTP protocol answers at, and that can stop and start listening at any time.

uvicorn's own `Server` is not used: it listens until it ends, ends in steps of 0.1 s, and cannot cut a connection. Nor
is asyncio's: closed while a connection is being accepted, it leaves that one open for ever.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HOST = "127.0.0.1"
BACKLOG = 128
CONNECTION_IN_SCOPE = "mcpquality.connection"
"""The key of the ASGI scope that holds the `asyncio.Transport` of the request."""


class Listener:
    """Lives in one event loop; between `open()` and `refuse()` it listens, at the same port each time."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - ASGI
        self.port = 0
        self._config = uvicorn.Config(self._with_connection(app), log_config=None, access_log=False, ws="none")
        self._config.load()
        self._state = ServerState()
        self._socket: socket.socket | None = None
        self._listening = False
        self._arriving: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen, at the port that was kept or at a free one."""
        if self._listening:
            return
        bound = self._socket or self._bind()
        bound.listen(BACKLOG)
        self._listening = True
        asyncio.get_running_loop().add_reader(bound, self._accept, bound)

    async def refuse(self, spare: asyncio.Transport | None = None) -> None:
        """Listen no more and cut every connection but `spare`; nobody else gets the port."""
        await self._stop_accepting()
        for connection in self._connections():
            if connection.transport is not spare:
                connection.transport.abort()
        if self._socket is None:
            self._bind()

    async def close(self) -> None:
        """Cut every connection, wait for the requests to end, give up the port."""
        await self.refuse()
        self._give_up_port()
        tasks = tuple(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _bind(self) -> socket.socket:
        """Take the port; who connects is refused until somebody listens."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setblocking(False)
        self._socket.bind((HOST, self.port))
        self.port = self._socket.getsockname()[1]
        return self._socket

    def _give_up_port(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _stop_accepting(self) -> None:
        if self._listening and self._socket is not None:
            self._listening = False
            asyncio.get_running_loop().remove_reader(self._socket)
            self._give_up_port()
            await asyncio.gather(*self._arriving)

    def _accept(self, bound: socket.socket) -> None:
        try:
            accepted, _ = bound.accept()
        except OSError:
            # The client has left already.
            return
        accepted.setblocking(False)
        task = asyncio.create_task(self._connect(accepted))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _connect(self, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: H11Protocol(self._config, self._state, {}), accepted)

    def _with_connection(self, app: Any) -> Any:  # noqa: ANN401 - ASGI
        async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
            scope[CONNECTION_IN_SCOPE] = self._connection_of(scope)
            await app(scope, receive, send)

        return answer

    def _connection_of(self, scope: dict[str, Any]) -> asyncio.Transport:
        """The connection with the client's address and port."""
        client = tuple(scope["client"])
        found = next(each for each in self._connections() if each.client == client)
        return found.transport

    def _connections(self) -> tuple[H11Protocol, ...]:
        return tuple(cast("set[H11Protocol]", self._state.connections))
