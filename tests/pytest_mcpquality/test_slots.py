"""Slots and time: how many processes run at once, and what counts as a scanner's time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.base import Completed
from mcpquality_scanners.clock import SystemClock
from mcpquality_scanners.errors import ToolError
from pytest_mcpquality.slots import Slots, SlottedRunner, Stopwatch
from tests.support.clock import FakeClock

HERE = Path()


class Processes:
    """Processes that run until they are told to end; counts how many run at once, and keeps their time limits."""

    def __init__(self) -> None:
        self.running: list[asyncio.Event] = []
        self.most = 0
        self.limits: list[float] = []
        self.refuse = False
        self._started = asyncio.Condition()

    async def started(self, count: int) -> None:
        """Wait until so many run at once."""
        async with asyncio.timeout(10), self._started:
            await self._started.wait_for(lambda: len(self.running) >= count)

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109 - see ProcessRunner
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        assert (cwd, env, stdin) == (HERE, None, b"")
        self.limits.append(timeout)
        if self.refuse:
            raise ToolError("could not be started")
        ended = asyncio.Event()
        self.running.append(ended)
        self.most = max(self.most, len(self.running))
        async with self._started:
            self._started.notify_all()
        try:
            await ended.wait()
        finally:
            self.running.remove(ended)
        return Completed(argv, 0, b"", b"", 0.0)


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


def start(runner: SlottedRunner, timeout: float = 1000.0) -> asyncio.Task[Completed]:
    return asyncio.create_task(runner.run(("tool",), cwd=HERE, timeout=timeout))


def test_no_more_run_at_once_than_there_are_slots_whoever_starts_them() -> None:
    async def scenario() -> None:
        processes, slots, clock = Processes(), Slots(2), FakeClock()
        runners = [SlottedRunner(processes, slots, Stopwatch(clock), 100) for _ in range(3)]
        tasks = [start(runner) for runner in runners for _ in range(3)]
        for left in range(len(tasks), 0, -1):
            await settle()
            assert len(processes.running) == min(2, left)
            processes.running[0].set()
        await asyncio.gather(*tasks)
        assert processes.most == 2

    asyncio.run(scenario())


@pytest.mark.parametrize("at", ["waiting", "running"])
def test_a_slot_comes_back_when_its_user_is_cancelled(at: str) -> None:
    async def scenario() -> None:
        processes, slots, clock = Processes(), Slots(1), FakeClock()
        runner = SlottedRunner(processes, slots, Stopwatch(clock), 100)
        first, second = start(runner), start(runner)
        await settle()
        gone, other = (second, first) if at == "waiting" else (first, second)
        gone.cancel()
        await settle()
        assert len(processes.running) == 1
        processes.running[0].set()
        await other
        assert slots.free == 1

    asyncio.run(scenario())


def test_a_slot_comes_back_when_a_process_cannot_be_started() -> None:
    async def scenario() -> None:
        processes, slots = Processes(), Slots(1)
        processes.refuse = True
        runner = SlottedRunner(processes, slots, Stopwatch(FakeClock()), 100)
        with pytest.raises(ToolError):
            await start(runner)
        assert slots.free == 1

    asyncio.run(scenario())


def test_a_scanner_that_runs_fewer_is_next() -> None:
    async def scenario() -> None:
        processes, slots, clock = Processes(), Slots(2), FakeClock()
        greedy, modest = (SlottedRunner(processes, slots, Stopwatch(clock), 100) for _ in range(2))
        tasks = [start(greedy) for _ in range(4)]
        await settle()
        late = start(modest)
        await settle()
        assert not late.done()
        first = processes.running[0]
        first.set()
        await settle()
        assert len(processes.running) == 2
        processes.running[-1].set()
        await late
        assert sum(task.done() for task in tasks) == 1
        for _ in range(3):
            await settle()
            processes.running[0].set()
        await asyncio.gather(*tasks)
        assert slots.free == 2

    asyncio.run(scenario())


def test_a_scanner_that_holds_all_slots_and_hangs_does_not_keep_the_others_waiting() -> None:
    async def scenario() -> None:
        processes, slots, clock = Processes(), Slots(2, patience=0.01), FakeClock()
        hanging, other, third = (SlottedRunner(processes, slots, Stopwatch(clock), 100) for _ in range(3))
        stuck = [start(hanging), start(hanging)]
        await settle()
        waiting = start(other)
        await processes.started(3)  # the patience is real time, and short
        more = start(third)
        await asyncio.sleep(0.05)
        assert len(processes.running) == 3  # one over the limit is enough
        processes.running[2].set()
        await waiting
        await processes.started(3)
        for event in list(processes.running):
            event.set()
        await asyncio.gather(*stuck, more)
        assert slots.free == 2

    asyncio.run(scenario())


def test_one_slot_is_one_process_whoever_waits() -> None:
    async def scenario() -> None:
        processes, slots, clock = Processes(), Slots(1, patience=0.01), FakeClock()
        tasks = [start(SlottedRunner(processes, slots, Stopwatch(clock), 100)) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert len(processes.running) == 1
        for task in tasks:
            processes.running[0].set()
            await task
            await settle()

    asyncio.run(scenario())


def test_a_process_gets_what_is_left_of_the_scanners_time() -> None:
    async def scenario() -> list[float]:
        processes, clock = Processes(), FakeClock()
        runner = SlottedRunner(processes, Slots(1), Stopwatch(clock), 100)
        for limit in (1000.0, 1000.0, 10.0, 1000.0):
            task = start(runner, limit)
            await settle()
            clock.advance(40)
            processes.running[0].set()
            await task
        return processes.limits

    assert asyncio.run(scenario()) == [100, 60, 10, 0]


def test_waiting_for_a_slot_is_not_the_scanners_time() -> None:
    async def scenario() -> None:
        processes, slots, clock = Processes(), Slots(1), FakeClock()
        mine, theirs = Stopwatch(clock), Stopwatch(clock)
        other = start(SlottedRunner(processes, slots, theirs, 100))
        await settle()
        waiting = start(SlottedRunner(processes, slots, mine, 100))
        await settle()
        clock.advance(70)
        assert (theirs.seconds, mine.seconds) == (70, 0)
        processes.running[0].set()
        await other
        await settle()
        clock.advance(5)
        assert (theirs.seconds, mine.seconds) == (75, 5)
        assert processes.limits == [100, 100]
        processes.running[0].set()
        await waiting

    asyncio.run(scenario())


def test_waiting_beside_a_process_of_ones_own_is_ones_time() -> None:
    async def scenario() -> None:
        processes, clock = Processes(), FakeClock()
        stopwatch = Stopwatch(clock)
        runner = SlottedRunner(processes, Slots(1), stopwatch, 100)
        tasks = [start(runner), start(runner)]
        await settle()
        clock.advance(30)
        assert stopwatch.seconds == 30
        for task in tasks:
            processes.running[0].set()
            await task
            await settle()
        assert processes.limits == [100, 70]

    asyncio.run(scenario())


def test_a_scanners_own_work_is_its_time() -> None:
    clock = FakeClock()
    clock.advance(3)
    stopwatch = Stopwatch(clock)
    clock.advance(4)
    assert stopwatch.seconds == 4


@given(steps=st.lists(st.sampled_from(["wait", "run", "end wait", "end run", "tick"]), max_size=30))
def test_time_stands_still_only_while_something_waits_and_nothing_runs(steps: list[str]) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        stopwatch = Stopwatch(clock)
        waiting, running = [], []
        expected = 0
        for step in steps:
            match step:
                case "wait":
                    waiting.append(stopwatch.waiting())
                    await waiting[-1].__aenter__()
                case "run":
                    running.append(stopwatch.running())
                    await running[-1].__aenter__()
                case "end wait" if waiting:
                    await waiting.pop().__aexit__(None, None, None)
                case "end run" if running:
                    await running.pop().__aexit__(None, None, None)
                case _:
                    clock.advance(1)
                    expected += not waiting or bool(running)
            assert stopwatch.seconds == expected

    asyncio.run(scenario())


def test_the_systems_clock_does_not_step_back_and_knows_its_zone() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.now().utcoffset() is not None
