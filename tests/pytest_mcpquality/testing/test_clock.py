from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest

from mcpquality_scanners.errors import McpQualityError, UsageError
from pytest_mcpquality.resilience.clock import Clock, SystemClock
from pytest_mcpquality.testing import FakeClock


def test_time_stands_still_until_told_and_both_times_move_together() -> None:
    clock: Clock = FakeClock()
    before, wall = clock.monotonic(), clock.now()
    assert (clock.monotonic(), clock.now()) == (before, wall)

    assert isinstance(clock, FakeClock)
    clock.advance(1.5)

    assert clock.monotonic() == before + 1.5
    assert clock.now() == wall + timedelta(seconds=1.5)


def test_a_start_needs_a_time_zone() -> None:
    assert FakeClock(datetime(2030, 1, 1, tzinfo=UTC)).now() == datetime(2030, 1, 1, tzinfo=UTC)
    with pytest.raises(UsageError, match="time zone"):
        FakeClock(datetime(2030, 1, 1))  # noqa: DTZ001 - that is the point


def test_the_time_of_day_can_be_set_back_but_monotonic_time_cannot() -> None:
    clock = FakeClock()
    before = clock.monotonic()
    clock.set_now(datetime(2000, 1, 1, tzinfo=UTC))

    assert clock.monotonic() == before
    assert clock.now().year == 2000
    with pytest.raises(UsageError, match="set_now"):
        clock.advance(-1)


def test_calls_are_made_in_the_order_of_their_times_at_their_times() -> None:
    clock = FakeClock()
    start = clock.monotonic()
    made: list[tuple[str, float]] = []
    for name, after in (("late", 3.0), ("early", 1.0), ("early too", 1.0), ("too late", 3.1)):
        clock.call_at(start + after, lambda name=name: made.append((name, clock.monotonic() - start)))  # type: ignore[misc]

    clock.advance(3.0)

    assert made == [("early", 1.0), ("early too", 1.0), ("late", 3.0)]
    assert clock.pending == 1


def test_a_cancelled_call_is_not_made() -> None:
    clock = FakeClock()
    made: list[str] = []
    later = clock.call_at(clock.monotonic() + 2, lambda: made.append("later"))
    clock.call_at(clock.monotonic() + 1, later.cancel)
    assert clock.pending == 2

    clock.advance(5)

    assert made == []
    assert clock.pending == 0


@pytest.mark.asyncio
async def test_sleepers_run_at_their_own_times() -> None:
    clock = FakeClock()
    start = clock.monotonic()
    seen: list[float] = []

    async def tick() -> None:
        while True:
            await clock.sleep(10)
            seen.append(clock.monotonic() - start)

    task = asyncio.create_task(tick())
    await clock.elapse(35)
    task.cancel()

    assert seen == [10, 20, 30]


@pytest.mark.asyncio
async def test_a_cancelled_sleeper_leaves_nothing_behind() -> None:
    clock = FakeClock()
    task = asyncio.create_task(clock.sleep(10))
    await clock.settle()
    assert clock.pending == 1
    task.cancel()
    await clock.settle()
    assert clock.pending == 0


@pytest.mark.asyncio
async def test_no_sleep_at_all_still_lets_others_run() -> None:
    other = asyncio.Event()
    asyncio.get_running_loop().call_soon(other.set)
    await FakeClock().sleep(0)
    assert other.is_set()


@pytest.mark.asyncio
async def test_advancing_from_a_test_wakes_sleepers_at_the_next_chance() -> None:
    clock = FakeClock()
    task = asyncio.create_task(clock.sleep(10))
    await clock.settle()
    clock.advance(9.9)
    await clock.settle()
    assert not task.done()
    clock.advance(0.1)
    await task


def test_another_thread_can_sleep_on_it() -> None:
    clock = FakeClock()
    thread = threading.Thread(target=lambda: asyncio.run(clock.sleep(60)))
    thread.start()
    clock.block_until(1)

    clock.advance(60)

    thread.join(5)
    assert not thread.is_alive()


def test_waiting_for_sleepers_that_do_not_come_says_what_to_look_for() -> None:
    with pytest.raises(McpQualityError, match=r"0 wait on this clock after 0 s, expected 1: was this clock handed"):
        FakeClock().block_until(1, patience=0)


def test_a_loop_that_has_ended_is_no_obstacle() -> None:
    clock = FakeClock()

    async def leave_a_call_behind() -> None:
        clock.call_at(clock.monotonic() + 1, lambda: pytest.fail("nobody is there any more"))

    asyncio.run(leave_a_call_behind())
    clock.advance(2)


def test_it_says_what_time_it_is() -> None:
    assert repr(FakeClock()) == "<FakeClock at 2026-05-01T12:00:00+00:00, 0 pending>"
    assert repr(SystemClock()) == "<SystemClock>"


@pytest.mark.asyncio
async def test_the_system_clock_does_the_same_in_real_time() -> None:
    clock: Clock = SystemClock()
    before = clock.monotonic()
    woken = asyncio.Event()
    clock.call_at(before + 0.01, woken.set)
    await clock.sleep(0.001)
    await woken.wait()
    # The loop's own clock has a resolution, by which it may be early.
    assert clock.monotonic() - before > 0.0099
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.asyncio
async def test_what_is_due_already_is_done_at_once() -> None:
    clock, done = FakeClock(), asyncio.Event()
    clock.call_at(clock.monotonic(), done.set)
    await clock.settle()
    assert done.is_set()
    assert clock.pending == 0
