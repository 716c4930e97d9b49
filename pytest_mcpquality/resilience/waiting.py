"""The borrowers that wait for a connection, in the order of coming."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from pytest_mcpquality.resilience.clock import Clock, Timer
from pytest_mcpquality.resilience.owner import Owner

T = TypeVar("T")


class Waiter(Generic[T]):
    """A borrower that waits.

    Attributes:
        future: Comes to a connection, or to why there is none.
        began: When it came, in seconds of the monotonic clock.
        deadline: When it gives up.
    """

    __slots__ = ("began", "deadline", "future")

    def __init__(self, future: asyncio.Future[Owner[T]], began: float, deadline: float) -> None:
        self.future = future
        self.began = began
        self.deadline = deadline


class Waiters(Generic[T]):
    """All who wait, and one timer: setting one for each would cost more than the rest of waiting.

    Args:
        clock: Where time comes from.
        timed_out: Makes the error of one who has waited so many seconds in vain.
    """

    def __init__(self, clock: Clock, timed_out: Callable[[float], BaseException]) -> None:
        self.queue: deque[Waiter[T]] = deque()
        self._clock = clock
        self._timed_out = timed_out
        self._timer: Timer | None = None
        self._timer_at = 0.0

    def count(self) -> int:
        """How many wait."""
        return sum(not waiter.future.done() for waiter in self.queue)

    def add(self, waiter: Waiter[T], *, first: bool) -> None:
        """Another one, at the end or in front of all others."""
        if first:
            self.queue.appendleft(waiter)
        else:
            self.queue.append(waiter)
        self._arm(waiter.deadline)

    def next(self) -> Waiter[T] | None:
        """Whose turn it is; taken off the queue."""
        while self.queue:
            waiter = self.queue.popleft()
            # One that was cancelled a moment ago has not yet had the time to take itself off the list.
            if not waiter.future.done():
                return waiter
        return None

    def leave(self, waiter: Waiter[T]) -> Owner[T] | None:
        """One goes away; what was handed to it in the very same moment."""
        future = waiter.future
        if future.done() and not future.cancelled() and future.exception() is None:
            return future.result()
        with suppress(ValueError):
            self.queue.remove(waiter)
        return None

    def refuse_all(self, error: Callable[[], BaseException]) -> None:
        """Nobody gets anything any more."""
        if self._timer is not None:
            self._timer.cancel()
        while waiter := self.next():
            waiter.future.set_exception(error())

    def _arm(self, deadline: float) -> None:
        if self._timer is None or deadline < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = deadline
            self._timer = self._clock.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        for waiter in [waiter for waiter in self.queue if waiter.deadline <= now]:
            if not waiter.future.done():
                # Made while it is still in the queue: its numbers include the one that gives up.
                waiter.future.set_exception(self._timed_out(waiter.deadline - waiter.began))
            self.queue.remove(waiter)
        if self.queue:
            self._arm(min(waiter.deadline for waiter in self.queue))
