"""Time that can be waited for, handed in: the only module here that asks the operating system or the loop for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from mcpquality_scanners import clock
from pytest_mcpquality.resilience.loops import running_loop


class Timer(Protocol):
    """A call to come."""

    def cancel(self) -> None:
        """Call it off; without effect when it was made already."""
        ...


class Clock(clock.Clock, Protocol):
    """What pools, breakers and clients need of time; `pytest_mcpquality.testing.FakeClock` moves when told."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` on the running loop as soon as `monotonic()` has reached `when`."""
        ...


class SystemClock:
    """The operating system's clock, and the running asyncio loop's timers."""

    # The function itself, as every call through a breaker asks for the time.
    monotonic = staticmethod(time.monotonic)

    def __repr__(self) -> str:
        return "<SystemClock>"

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(seconds)

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` on the running loop."""
        return running_loop("a timer").call_later(when - time.monotonic(), callback)


SYSTEM_CLOCK = SystemClock()
"""The default of everything that takes a clock; it has no state."""
