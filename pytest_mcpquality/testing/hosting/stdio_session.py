"""One process of the mock server: the session behind one relay."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Coroutine
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from pytest_mcpquality.testing.faults.actions import Action, Close, Die, Ignore, Message, WriteStderr
from pytest_mcpquality.testing.faults.base import Fault
from pytest_mcpquality.testing.faults.wire import Wire
from pytest_mcpquality.testing.hosting import codec, relay
from pytest_mcpquality.testing.hosting.performing import Control, perform, takes_time
from pytest_mcpquality.testing.seam import Hosted, SessionInfo

GRACE_SECONDS = 0.5
"""How long what is under way may go on when the client has closed stdin."""


class StdioSession:
    """Reads lines, writes frames, and serves the content in between; all in the hosting's loop."""

    def __init__(
        self, hosted: Hosted, info: SessionInfo, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.info = info
        self.writing = asyncio.Lock()
        self._hosted = hosted
        self._reader = reader
        self._writer = writer
        self._wire = Wire(hosted.faults, "stdio", info.start, self._report)
        self._tasks: set[asyncio.Task[None]] = set()
        self._outlives_stdin = False
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Serve until the client closes stdin, or until a fault ends the process."""
        await self._perform(self._wire.starting())
        serving = asyncio.create_task(self._serve())
        ended = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait({serving, ended}, return_when=asyncio.FIRST_COMPLETED)
            if self._outlives_stdin:
                await self._ended.wait()
        finally:
            await _cancelled(serving, ended, *self._tasks)

    def framed(self, body: bytes) -> bytes:
        """A line."""
        return body + b"\n"

    async def write(self, data: bytes) -> None:
        """Write to the process's stdout."""
        await self._send(relay.STDOUT, data)

    async def control(self, action: Control) -> None:
        """Do what a process can do."""
        match action:
            case Close():
                await self._send(relay.CLOSE)
            case WriteStderr(text):
                await self._send(relay.STDERR, text.encode())
            case Ignore(eof=eof, sigterm=sigterm):
                self._outlives_stdin |= eof
                await self._send(*([relay.IGNORE_EOF] if eof else []))
                await self._send(*([relay.IGNORE_SIGTERM] if sigterm else []))
            case Die(code, stderr):
                await self._exit(code, stderr)

    async def _exit(self, code: int, stderr: str = "") -> None:
        if not self._ended.is_set():
            await self._send(relay.STDERR, stderr.encode())
            await self._send(relay.EXIT, str(code).encode())
            self._ended.set()

    async def _send(self, kind: bytes = b"", payload: bytes = b"") -> None:
        if not kind or self._ended.is_set():
            return
        self._writer.write(relay.frame(kind, payload))
        # A relay that was killed is not there to read: the end of its stdin comes next.
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def _serve(self) -> None:
        to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        to_client, from_server = anyio.create_memory_object_stream[SessionMessage](0)
        with to_server, from_client, to_client, from_server:
            reading = asyncio.create_task(self._pump_in(to_server))
            writing = asyncio.create_task(self._pump_out(from_server))
            serving = asyncio.create_task(self._hosted.serve(from_client, to_client, session=self.info))
            try:
                await asyncio.wait({serving, reading}, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.wait({serving}, timeout=GRACE_SECONDS)
                await _cancelled(serving)
                to_client.close()
                await writing
                await self._leave(serving)
            finally:
                await _cancelled(serving, reading, writing)

    async def _leave(self, serving: asyncio.Task[None]) -> None:
        crash = None if serving.cancelled() else serving.exception()
        if crash is not None:
            await self._exit(1, "".join(traceback.format_exception(crash)))
        elif not self._outlives_stdin:
            await self._exit(0)

    async def _pump_in(self, to_server: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        async with to_server:
            with contextlib.suppress(ConnectionError, anyio.BrokenResourceError):
                while line := await self._reader.readline():
                    await self._receive(line, to_server)

    async def _receive(self, line: bytes, to_server: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        message = codec.parsed(line)
        decided = None if message is None else self._wire.incoming(message)
        if decided is not None:
            await self._perform(decided)
            return
        try:
            await to_server.send(codec.to_sdk(message or {}))
        except ValueError as error:
            await to_server.send(error)

    async def _pump_out(self, from_server: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async with from_server:
            async for message in from_server:
                await self._perform(self._wire.outgoing(codec.from_sdk(message)))

    async def _perform(self, actions: tuple[Action, ...]) -> None:
        performing = perform(actions, self, self._hosted.clock)
        if takes_time(actions):
            self._spawn(performing)
        else:
            await performing

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _report(self, fault: Fault, message: Message | None, served: bool) -> None:
        self._hosted.fault_applied(self.info, fault, message, served=served)


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
