"""How scanners share the machine: so many processes at once, and so much time each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
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


PATIENCE = 30.0
"""Seconds after which a scanner without a process gets one over the limit, when one other holds all the slots."""


class Slots:
    """The processes that may run at once, shared out among scanners: who runs the fewest is next.

    A scanner that takes all slots and hangs keeps the others waiting no longer than `patience` seconds.
    """

    def __init__(self, count: int, *, patience: float = PATIENCE) -> None:
        self._count = max(1, count)
        self._patience = patience
        self._running: Counter[object] = Counter()
        self._waiting: list[tuple[object, asyncio.Future[None]]] = []

    @property
    def free(self) -> int:
        """Slots that nobody has; never less than 0."""
        return max(0, self._count - self._running.total())

    @asynccontextmanager
    async def held(self, owner: object) -> AsyncGenerator[None]:
        """Wait for a slot, and hold it while this lasts."""
        await self._acquire(owner)
        try:
            yield
        finally:
            self._running[owner] -= 1
            self._hand_out()

    async def _acquire(self, owner: object) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((owner, turn))
        self._hand_out()
        try:
            while not turn.done():
                await asyncio.wait({turn}, timeout=self._patience)
                if not turn.done() and self._is_starved(owner):
                    self._grant(owner, turn)
        except asyncio.CancelledError:
            self._forget(owner, turn)
            raise

    def _hand_out(self) -> None:
        """Give free slots to those who run the fewest processes, the longest waiting first among equals."""
        while self.free and self._waiting:
            self._grant(*min(self._waiting, key=lambda entry: self._running[entry[0]]))

    def _grant(self, owner: object, turn: asyncio.Future[None]) -> None:
        self._waiting.remove((owner, turn))
        self._running[owner] += 1
        turn.set_result(None)

    def _is_starved(self, owner: object) -> bool:
        holders = [holder for holder, count in self._running.items() if count > 0]
        return not self._running[owner] and len(holders) == 1 and self._count > 1

    def _forget(self, owner: object, turn: asyncio.Future[None]) -> None:
        if turn.done():
            self._running[owner] -= 1
            self._hand_out()
        else:
            self._waiting.remove((owner, turn))


class SlottedRunner:
    """A `ProcessRunner` for one scanner: takes a slot of all scanners' for each process, and keeps the time limit.

    A process gets what is left of the scanner's time, so that ten batches do not take ten times as long as allowed.
    """

    def __init__(self, processes: ProcessRunner, slots: Slots, stopwatch: Stopwatch, timeout: float) -> None:
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
        async with AsyncExitStack() as stack:
            async with self._stopwatch.waiting():
                await stack.enter_async_context(self._slots.held(self))
            async with self._stopwatch.running():
                left = max(0.0, self._timeout - self._stopwatch.seconds)
                return await self._processes.run(argv, cwd=cwd, timeout=min(timeout, left), env=env, stdin=stdin)
