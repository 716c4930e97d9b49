from __future__ import annotations

import asyncio

import pytest

from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.parallel import Outcome, run_batches


def run(
    batches: list[tuple[str, ...]], bad: set[str], *, error: type[ToolError] = ToolOutputError, retries: int = 40
) -> tuple[Outcome[str, tuple[str, ...]], int]:
    runs = 0

    async def work(batch: tuple[str, ...]) -> tuple[str, ...]:
        nonlocal runs
        runs += 1
        if bad & set(batch):
            raise error("crashed")
        return batch

    return asyncio.run(run_batches(batches, work, jobs=2, retries=retries)), runs


def test_one_report_a_batch() -> None:
    outcome, runs = run([("a", "b"), ("c",)], set())
    assert sorted(outcome.reports) == [("a", "b"), ("c",)]
    assert (outcome.failed, runs) == ((), 2)


def test_a_crash_costs_only_the_file_that_causes_it() -> None:
    files = tuple(f"{number:03}" for number in range(100))
    outcome, _runs = run([files], {"042"})
    assert outcome.failed == (("042", "crashed"),)
    assert sorted(name for batch in outcome.reports for name in batch) == sorted(set(files) - {"042"})


def test_a_tool_that_always_crashes_is_given_up() -> None:
    files = tuple(f"{number:03}" for number in range(100))
    outcome, runs = run([files], set(files), retries=6)
    assert sorted(name for name, _reason in outcome.failed) == sorted(files)
    assert (outcome.reports, runs) == ((), 7)


def test_a_final_error_is_not_tried_again() -> None:
    outcome, runs = run([("a", "b"), ("c",)], {"a"}, error=ToolError)
    assert outcome.failed == (("a", "crashed"), ("b", "crashed"))
    assert (outcome.reports, runs) == ((("c",),), 2)


def test_no_more_run_at_once_than_allowed() -> None:
    running = most = 0

    async def work(_batch: tuple[str, ...]) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    asyncio.run(run_batches([("a",)] * 10, work, jobs=3))
    assert most == 3


def test_what_is_not_foreseen_is_not_swallowed() -> None:
    async def work(_batch: tuple[str, ...]) -> None:
        raise KeyError

    with pytest.raises(ExceptionGroup):
        asyncio.run(run_batches([("a",)], work, jobs=1))
