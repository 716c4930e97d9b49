"""A mock server in memory: the streams of the SDK's server with the faults in between, in the test's own loop."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

import anyio
from mcp.shared.message import SessionMessage

from pytest_mcpquality.testing.faults.actions import Action, Close, Die, Drip, Hold, Message, Pause, Send
from pytest_mcpquality.testing.faults.base import Fault
from pytest_mcpquality.testing.faults.wire import Wire
from pytest_mcpquality.testing.hosting import codec
from pytest_mcpquality.testing.hosting.performing import pause, takes_time
from pytest_mcpquality.testing.seam import Hosted, SessionInfo


class MemoryWire:
    """What the two streams of one session share."""

    def __init__(self, hosted: Hosted, info: SessionInfo, write_stream: Any) -> None:  # noqa: ANN401 - the SDK's
        self.ended = False
        self._hosted = hosted
        self._info = info
        self._write_stream = write_stream
        self._wire = Wire(hosted.faults, "memory", info.start, self._report)
        self._tasks: set[asyncio.Task[None]] = set()

    async def takes(self, message: SessionMessage | Exception) -> bool:
        """Whether a fault takes the client's message, so that the server does not see it."""
        if not self._hosted.faults or isinstance(message, Exception):
            return False
        decided = self._wire.incoming(codec.from_sdk(message))
        if decided is None:
            return False
        await self._perform(decided, None)
        return True

    async def give(self, message: SessionMessage) -> None:
        """Send the client what the server wrote, or what became of it."""
        if self.ended:
            return
        if self._wire.distorts():
            await self._perform(self._wire.outgoing(codec.from_sdk(message)), message)
        else:
            await self._write_stream.send(message)

    def cancel(self) -> None:
        """Drop what has not been sent yet."""
        for task in self._tasks:
            task.cancel()

    async def _perform(self, actions: tuple[Action, ...], original: SessionMessage | None) -> None:
        if not takes_time(actions):
            await self._act(actions, original)
            return
        task = asyncio.create_task(self._act(actions, original))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _act(self, actions: tuple[Action, ...], original: SessionMessage | None) -> None:
        for action in actions:
            match action:
                case Send(message):
                    await self._send(message, original)
                case Pause(seconds):
                    await pause(self._hosted.clock, seconds)
                case Close() | Die():
                    self.ended = True
                    await self._write_stream.aclose()
                case Hold(kept) | Drip(kept):  # pragma: no cover - dissolved by the wire; refused in memory
                    raise AssertionError(kept)
                case _:
                    # Half a message cannot be had in memory, nor a process.
                    pass

    async def _send(self, message: Message, original: SessionMessage | None) -> None:
        sent = codec.to_sdk(message)
        if original is not None:
            sent.metadata = original.metadata
        await self._write_stream.send(sent)

    def _report(self, fault: Fault, message: Message | None, served: bool) -> None:
        self._hosted.fault_applied(self._info, fault, message, served=served)


class FaultyReadStream:
    """The server's read stream, without the messages that a fault takes."""

    def __init__(self, inner: Any, wire: MemoryWire) -> None:  # noqa: ANN401 - the SDK's
        self._inner = inner
        self._wire = wire

    @property
    def last_context(self) -> Any:  # noqa: ANN401 - the SDK's
        """The context of who sent the last message, where the SDK's streams know it."""
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        """The next message that no fault takes."""
        while True:
            message: SessionMessage | Exception = await self._inner.receive()
            if not await self._wire.takes(message):
                return message

    async def aclose(self) -> None:
        """Receive nothing any more."""
        self._wire.cancel()
        await self._inner.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class FaultyWriteStream:
    """The server's write stream, with what became of its messages."""

    def __init__(self, inner: Any, wire: MemoryWire) -> None:  # noqa: ANN401 - the SDK's
        self._inner = inner
        self._wire = wire

    async def send(self, message: SessionMessage) -> None:
        """Send what becomes of the message."""
        await self._wire.give(message)

    async def aclose(self) -> None:
        """Send nothing any more."""
        self._wire.cancel()
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def faulty(
    hosted: Hosted,
    info: SessionInfo,
    read_stream: Any,  # noqa: ANN401 - the SDK's
    write_stream: Any,  # noqa: ANN401 - the SDK's
) -> tuple[FaultyReadStream, FaultyWriteStream]:
    """The server's two streams with the faults of the mock server in between.

    For a session in memory: serve it over what this returns. `hosted.faults.attach("memory")` before, `detach` after.

    Raises:
        FaultDoesNotApplyError: By `attach`: a fault makes no sense in memory.
    """
    wire = MemoryWire(hosted, info, write_stream)
    return FaultyReadStream(read_stream, wire), FaultyWriteStream(write_stream, wire)
