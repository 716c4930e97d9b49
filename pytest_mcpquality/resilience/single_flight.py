"""One computation for all who want the same at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pytest_mcpquality.resilience.loops import running_loop

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    """A computation under way, and how many wait for it."""

    task: asyncio.Task[T]
    passengers: int = 0


class SingleFlight(Generic[K, T]):
    """Runs a computation once for all who ask for its key meanwhile; its result or error is everybody's.

    It runs in a task of its own: who began it may be cancelled without harm to the others. If all are, so is it.
    """

    def __init__(self) -> None:
        self._flights: dict[K, _Flight[T]] = {}

    def __repr__(self) -> str:
        return f"<SingleFlight: {len(self._flights)} under way>"

    async def run(self, key: K, compute: Callable[[], Awaitable[T]]) -> T:
        """The result of `compute`, or of the one that runs for this key already.

        Raises:
            EventLoopError: No asyncio loop runs here.
        """
        flight = self._flights.get(key) or self._begin(key, compute)
        flight.passengers += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.passengers -= 1
            if not flight.passengers and not flight.task.done():
                # Nobody may join a computation that is being cancelled.
                self._forget(key, flight)
                flight.task.cancel()

    def _begin(self, key: K, compute: Callable[[], Awaitable[T]]) -> _Flight[T]:
        async def fly() -> T:
            return await compute()

        flight = _Flight(running_loop("single-flight").create_task(fly(), name="single-flight"))
        self._flights[key] = flight
        flight.task.add_done_callback(lambda _: self._forget(key, flight))
        return flight

    def _forget(self, key: K, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
