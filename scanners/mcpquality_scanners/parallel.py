"""Several processes of one tool side by side, where a crash costs only the file that causes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mcpquality_scanners.errors import ToolError, ToolOutputError

RETRIES = 40
"""Runs a scan may spend on finding the files that crash a tool: two such files among a thousand."""

Item = TypeVar("Item")
Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Report]):
    """What came back: a report a batch, and the items that none was to be had for, each with the reason."""

    reports: tuple[Report, ...]
    failed: tuple[tuple[Item, str], ...]


async def run_batches(
    batches: Iterable[tuple[Item, ...]],
    work: Callable[[tuple[Item, ...]], Awaitable[Report]],
    *,
    jobs: int,
    retries: int = RETRIES,
) -> Outcome[Item, Report]:
    """Work on the batches, at most `jobs` at once.

    A `ToolOutputError` from `work` means that something in the batch may have crashed the tool: the batch
    is halved and tried again, until the item is found or `retries` runs are spent. Any other `ToolError` is
    final.
    """
    runner = _Runner(work, jobs, retries)
    async with asyncio.TaskGroup() as group:
        for batch in batches:
            group.create_task(runner.run(batch))
    return Outcome(tuple(runner.reports), tuple(runner.failed))


class _Runner(Generic[Item, Report]):
    def __init__(self, work: Callable[[tuple[Item, ...]], Awaitable[Report]], jobs: int, retries: int) -> None:
        self._work = work
        self._slots = asyncio.Semaphore(max(1, jobs))
        self._retries = retries
        self.reports: list[Report] = []
        self.failed: list[tuple[Item, str]] = []

    async def run(self, batch: tuple[Item, ...]) -> None:
        try:
            async with self._slots:
                self.reports.append(await self._work(batch))
        except ToolOutputError as error:
            await self._halve(batch, str(error))
        except ToolError as error:
            self._give_up(batch, str(error))

    async def _halve(self, batch: tuple[Item, ...], reason: str) -> None:
        if len(batch) == 1 or self._retries < 2:  # noqa: PLR2004 - two halves
            self._give_up(batch, reason)
            return
        self._retries -= 2
        middle = len(batch) // 2
        await self.run(batch[:middle])
        await self.run(batch[middle:])

    def _give_up(self, batch: tuple[Item, ...], reason: str) -> None:
        self.failed += ((item, reason) for item in batch)
