"""A mock server as a process over stdio: a command that any client in any language can start, as often as it likes."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Literal, Self

from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.testing.faults.starting import CommandNotFound
from pytest_mcpquality.testing.hosting import relay
from pytest_mcpquality.testing.hosting.endpoint import Endpoint
from pytest_mcpquality.testing.hosting.loop_thread import LoopThread
from pytest_mcpquality.testing.hosting.stdio_session import StdioSession
from pytest_mcpquality.testing.seam import Hosted, SessionInfo

__tracebackhide__ = hides

HANDSHAKE_SECONDS = 5.0
"""How long whoever connects may take to show the token."""

EXIT_SECONDS = 2.0
"""How long a process may take to end when the hosting is closed."""

LINE_LIMIT = 1 << 30
"""Bytes in one message of a client: no limit that a test would meet."""


class StdioHosting:
    """Open until `close()`; a context manager, sync and async.

    The process that a client starts holds no server: it passes on what it reads to the test process, where the mock
    server runs in a thread, so that script, faults and records work from the test. It ends when the client closes its
    stdin, and whenever the test process ends.
    """

    transport: Literal["stdio"] = "stdio"

    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted
        self._endpoint = Endpoint()
        self._sessions: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._closed = False
        hosted.faults.attach("stdio")
        self._thread = LoopThread(f"{hosted.name} over stdio")
        try:
            self._thread.call(self._listen)
        except BaseException:
            # Also when the test is interrupted just here.
            self.close()
            raise

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"{len(self._sessions)} processes"
        return f"<StdioHosting of {self._hosted.name!r}: {state}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """What messages of ours call it: the mock server's name."""
        return self._hosted.name

    @property
    def command(self) -> str:
        """The program to start."""
        if self._hosted.faults.present(CommandNotFound):
            return str(self._endpoint.path.with_name("no-such-command"))
        return sys.executable

    @property
    def args(self) -> list[str]:
        """Its arguments."""
        return ["-I", "-S", str(Path(relay.__file__)), str(self._endpoint.path)]

    @property
    def config(self) -> dict[str, object]:
        """The server's entry in a file like `.mcp.json`."""
        return {"command": self.command, "args": self.args}

    def close(self) -> None:
        """End every process, free the socket and the thread. May be called twice, and from any thread."""
        if self._closed:
            return
        self._closed = True
        self._endpoint.remove()
        self._thread.call(self._stop)
        self._thread.close()
        self._hosted.faults.detach("stdio")

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=LINE_LIMIT)
        self._endpoint.publish(self._server.sockets[0].getsockname()[1])

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A task of our own making: asyncio would report one of its own as crashed when it is cancelled."""
        task = asyncio.create_task(self._answer(reader, writer))
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await self._is_ours(reader):
                await self._serve(reader, writer)
        finally:
            await _hang_up(reader, writer)

    async def _is_ours(self, reader: asyncio.StreamReader) -> bool:
        try:
            line = await asyncio.wait_for(reader.readline(), HANDSHAKE_SECONDS)
        except (OSError, TimeoutError):
            return False
        token, _, _ = line.decode(errors="replace").partition(" ")
        return self._endpoint.admits(token)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        start = self._hosted.next_start()
        info = SessionInfo(transport="stdio", start=start, id=f"stdio-{start}")
        await StdioSession(self._hosted, info, reader, writer).run()


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close our side, and wait until the process has closed its own by ending."""
    with contextlib.suppress(OSError, TimeoutError):
        writer.write_eof()
        await asyncio.wait_for(reader.read(), EXIT_SECONDS)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
