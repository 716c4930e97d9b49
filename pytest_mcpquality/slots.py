"""How scanners share the machine: so many processes at once, and so much time each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from mcpquality_scanners.base import Completed, ProcessRunner
from mcpquality_scanners.clock import Clock


class Stopwatch:
    """Seconds a scanner has really had: waiting for a slot or for a tool's installation does not count.

    Several of its processes may run or wait at once; time stands still only while something waits and nothing runs.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting = 0
        self._running = 0
        self._elapsed = 0.0
        self._since: float | None = clock.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds counted so far."""
        return self._elapsed + (0.0 if self._since is None else self._clock.monotonic() - self._since)

    @asynccontextmanager
    async def waiting(self) -> AsyncGenerator[None]:
        """While this lasts something waits."""
        self._waiting += 1
        self._adjust()
        try:
            yield
        finally:
            self._waiting -= 1
            self._adjust()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """While this lasts a process runs."""
        self._running += 1
        self._adjust()
        try:
            yield
        finally:
            self._running -= 1
            self._adjust()

    def _adjust(self) -> None:
        stands_still = self._waiting > 0 and self._running == 0
        if stands_still and self._since is not None:
            self._elapsed = self.seconds
            self._since = None
        elif not stands_still and self._since is None:
            self._since = self._clock.monotonic()


class SlottedRunner:
    """A `ProcessRunner` for one scanner: takes a slot of all scanners' for each process, and keeps the time limit.

    A process gets what is left of the scanner's time, so that ten batches do not take ten times as long as allowed.
    """

    def __init__(
        self, processes: ProcessRunner, slots: asyncio.Semaphore, stopwatch: Stopwatch, timeout: float
    ) -> None:
        self._processes = processes
        self._slots = slots
        self._stopwatch = stopwatch
        self._timeout = timeout

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109 - see ProcessRunner
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        """Run `argv` as soon as there is a slot; see `ProcessRunner.run`."""
        async with self._stopwatch.waiting():
            await self._slots.acquire()
        try:
            async with self._stopwatch.running():
                left = max(0.0, self._timeout - self._stopwatch.seconds)
                return await self._processes.run(argv, cwd=cwd, timeout=min(timeout, left), env=env, stdin=stdin)
        finally:
            self._slots.release()
