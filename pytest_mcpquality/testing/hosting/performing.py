"""Carries out what the faults have decided, over any transport."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from pytest_mcpquality.testing.faults.actions import (
    Action,
    Close,
    Die,
    Drip,
    Frame,
    Hold,
    Ignore,
    Part,
    Pause,
    Raw,
    Send,
    Write,
    WriteStderr,
)
from pytest_mcpquality.testing.faults.encoding import encoded

if TYPE_CHECKING:
    from pytest_mcpquality.resilience.clock import Clock

Control = Close | Die | Ignore | WriteStderr
"""What is done to the connection or the process rather than written."""


class Channel(Protocol):
    """The way to one client."""

    @property
    def writing(self) -> asyncio.Lock:
        """Held while something is written, so that nothing is written in between."""
        ...

    def framed(self, body: bytes) -> bytes:
        """A body with what the transport puts around it."""
        ...

    async def write(self, data: bytes) -> None:
        """Write to the client, who sees it at once."""
        ...

    async def control(self, action: Control) -> None:
        """Do it."""
        ...


def takes_time(actions: Iterable[Action]) -> bool:
    """Whether there is a wait before or between the writes, which must not hold up others."""
    return any(isinstance(action, Pause) for action in actions)


async def perform(actions: Iterable[Action], channel: Channel, clock: Clock | None) -> None:
    """Carry out one after the other."""
    for action in actions:
        match action:
            case Send() | Frame() | Raw() | Part():
                async with channel.writing:
                    await channel.write(bytes_of(action, channel))
            case Drip(writes, size, every):
                await _drip(bytes_of(writes, channel), size, every, channel, clock)
            case Pause(seconds):
                await pause(clock, seconds)
            case Hold(kept):
                await perform(kept, channel, clock)
            case _:
                await channel.control(action)


def bytes_of(action: Write, channel: Channel) -> bytes:
    """What is to be written, with what the transport puts around it."""
    match action:
        case Raw(data):
            return data
        case Part(writes, share):
            whole = channel.framed(encoded(writes))
            return whole[: max(1, int(len(whole.rstrip()) * share))]
        case _:
            return channel.framed(encoded(action))


async def pause(clock: Clock | None, seconds: float) -> None:
    """Wait on the mock server's clock, which the test may move from another thread; in real time without one."""
    await (asyncio.sleep(seconds) if clock is None else clock.sleep(seconds))


async def _drip(data: bytes, size: int, every: float, channel: Channel, clock: Clock | None) -> None:
    async with channel.writing:
        for start in range(0, len(data), size):
            if start:
                await pause(clock, every)
            await channel.write(data[start : start + size])
