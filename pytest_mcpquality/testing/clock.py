"""A clock that moves only when a test says so."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import threading
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from mcpquality_scanners.errors import McpQualityError, UsageError
from pytest_mcpquality.resilience.clock import Timer
from pytest_mcpquality.resilience.loops import running_loop
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

_NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
_MONOTONIC = 1000.0  # seconds; not 0, so that nobody mistakes a point in time for a duration
_PASSES = 25  # of the event loop; the longest chain of wake-ups in our own pool takes six
_PATIENCE = 5.0  # seconds of real time that other threads have to come to the point that is waited for


class _Call:
    """A call to come, and the loop that it belongs to."""

    __slots__ = ("_callback", "cancelled", "loop", "when")

    def __init__(self, when: float, callback: Callable[[], object], loop: AbstractEventLoop | None) -> None:
        self.when = when
        self.loop = loop
        self._callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Call it off."""
        self.cancelled = True

    def run(self) -> None:
        """Make the call, if nobody called it off on the way."""
        if not self.cancelled:
            self._callback()

    def fire(self) -> None:
        """Make the call where it belongs: here, or on the loop of another thread."""
        if self.loop is None or self.loop is _loop_here():
            self.run()
        elif not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.run)


class FakeClock:
    """Time for tests: stands still until `advance` or `elapse`, then wakes whoever is due, in order.

    It is everything that pools, breakers and the mock server ask of a clock, for any number of event loops and threads.

    Args:
        start: The time of day it shows first; noon of the first of May 2026, UTC, unless said otherwise.
    """

    def __init__(self, start: datetime = _NOON) -> None:
        if start.tzinfo is None:
            raise UsageError("FakeClock: start needs a time zone, as in datetime(2026, 5, 1, tzinfo=UTC)")
        self._wall = start
        self._now = _MONOTONIC
        self._calls: list[tuple[float, int, _Call]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def __repr__(self) -> str:
        return f"<FakeClock at {self._wall.isoformat()}, {self.pending} pending>"

    @property
    def pending(self) -> int:
        """How many sleepers and deadlines wait for their time."""
        with self._changed:
            return self._count()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start that is not 0."""
        return self._now

    def now(self) -> datetime:
        """The time of day."""
        return self._wall

    def set_now(self, wall: datetime) -> None:
        """Set the time of day, as an administrator or a time server does; monotonic time does not notice."""
        self._wall = wall

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once `monotonic()` has reached `when`: on the loop that runs here, if any."""
        call = _Call(when, callback, _loop_here())
        if when <= self._now and call.loop is not None:
            call.loop.call_soon(call.run)
            return call
        with self._changed:
            heapq.heappush(self._calls, (when, next(self._numbers), call))
            self._changed.notify_all()
        return call

    async def sleep(self, seconds: float) -> None:
        """Wait until so much time has passed on this clock."""
        loop = running_loop("FakeClock.sleep()")
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: Future[None] = loop.create_future()
        call = self.call_at(self._now + seconds, partial(_wake, woken))
        try:
            await woken
        finally:
            call.cancel()

    def advance(self, seconds: float) -> None:
        """Let time pass, at once; calls that are due are made, each at its own time.

        Tasks that were asleep run when the event loop gets the next chance: in a coroutine, use `elapse`.

        Raises:
            UsageError: `seconds` is negative; monotonic time never steps back (the time of day does: `set_now`).
        """
        end = self._end(seconds)
        while (call := self._next(end)) is not None:
            call.fire()
        self._move(end)

    async def elapse(self, seconds: float) -> None:
        """Let time pass, and let every task that wakes on the way run at its own time.

        Raises:
            UsageError: `seconds` is negative.
        """
        end = self._end(seconds)
        await self.settle()
        while (call := self._next(end)) is not None:
            call.fire()
            await self.settle()
        self._move(end)
        await self.settle()

    async def settle(self) -> None:
        """Let the other tasks of this event loop run until they wait for something; no time passes."""
        running_loop("FakeClock")
        for _ in range(_PASSES):
            await asyncio.sleep(0)

    def block_until(self, pending: int = 1, *, patience: float = _PATIENCE) -> None:
        """Block this thread until so many sleepers and deadlines wait, set by tasks of other threads.

        Args:
            pending: How many.
            patience: Seconds of real time after which it is no use to wait on.

        Raises:
            McpQualityError: They did not come.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._count() >= pending, patience):
                raise McpQualityError(
                    f"FakeClock: {self._count()} wait on this clock after {patience:g} s, expected {pending}: "
                    "was this clock handed to what is tested?"
                )

    def _count(self) -> int:
        return sum(not call.cancelled for _, _, call in self._calls)

    def _end(self, seconds: float) -> float:
        if seconds < 0:
            raise UsageError("FakeClock: time goes on; to set the time of day back, use set_now()")
        return self._now + seconds

    def _next(self, end: float) -> _Call | None:
        """The next call that is due by `end`, with the clock moved to its time."""
        with self._changed:
            while self._calls and self._calls[0][0] <= end:
                when, _, call = heapq.heappop(self._calls)
                if not call.cancelled:
                    self._move(max(when, self._now))
                    return call
        return None

    def _move(self, to: float) -> None:
        # Somebody who was called on the way may have moved it further.
        if to > self._now:
            self._wall += timedelta(seconds=to - self._now)
            self._now = to


def _loop_here() -> AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _wake(sleeper: Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
