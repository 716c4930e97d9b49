from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.breaker import CircuitBreaker
from pytest_mcpquality.resilience.breaker_values import (
    BreakerEvent,
    BreakerEventKind,
    BreakerSettings,
    BreakerState,
    BreakerStatistics,
)
from pytest_mcpquality.resilience.errors import BreakerOpenError, CallTimeoutError
from pytest_mcpquality.testing import FakeClock

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
pytestmark = pytest.mark.timeout(10)
NO_TIMEOUT = BreakerSettings(call_timeout=None)


class ServerError(Exception):
    """What a failing server raises."""


async def answer() -> str:
    return "answer"


async def fail() -> str:
    raise ServerError("no")


class Gate:
    """A call that waits until it is told what to do."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> str:
        return await self.outcome


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def breaker(clock: FakeClock) -> CircuitBreaker:
    return CircuitBreaker("search", clock=clock)


async def failing(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        with pytest.raises(ServerError):
            await breaker.call(fail)


async def succeeding(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        assert await breaker.call(answer) == "answer"


async def half_open(breaker: CircuitBreaker, clock: FakeClock) -> None:
    await failing(breaker, 5)
    clock.advance(30)
    assert breaker.state is HALF_OPEN


async def settle(*tasks: asyncio.Task[Any]) -> list[object]:
    results: list[object] = list(await asyncio.gather(*tasks, return_exceptions=True))
    return results


# How it opens.


@pytest.mark.asyncio
async def test_the_fifth_failure_in_a_row_opens_it_and_is_raised_as_it_is(breaker: CircuitBreaker) -> None:
    await failing(breaker, 4)
    assert breaker.state is CLOSED

    with pytest.raises(ServerError, match=r"^no$") as caught:
        await breaker.call(fail)

    assert breaker.state is OPEN
    assert caught.value.__cause__ is None


@pytest.mark.asyncio
async def test_five_in_a_row_are_enough_before_the_window_has_ten(breaker: CircuitBreaker) -> None:
    await succeeding(breaker, 1)
    await failing(breaker, 5)
    assert breaker.state is OPEN


@pytest.mark.asyncio
async def test_a_success_in_between_begins_the_row_anew(breaker: CircuitBreaker) -> None:
    await succeeding(breaker, 20)
    for _ in range(3):
        await failing(breaker, 4)
        await succeeding(breaker, 1)
    assert breaker.state is CLOSED
    assert breaker.statistics.consecutive_failures == 0


async def alternate(breaker: CircuitBreaker, pattern: str) -> None:
    for step in pattern:
        await (failing if step == "F" else succeeding)(breaker, 1)


@pytest.mark.asyncio
async def test_exactly_half_failing_does_not_open_it(breaker: CircuitBreaker) -> None:
    await alternate(breaker, "SF" * 10)
    assert breaker.statistics.failure_rate == 0.5
    assert breaker.state is CLOSED


@pytest.mark.asyncio
async def test_more_than_half_of_ten_open_it_and_nine_calls_are_too_few(breaker: CircuitBreaker) -> None:
    await alternate(breaker, "SFFSFFSFF")
    assert breaker.statistics.failure_rate == pytest.approx(6 / 9)
    assert breaker.state is CLOSED
    await alternate(breaker, "F")
    assert breaker.state is OPEN


@pytest.mark.asyncio
async def test_the_tenth_call_opens_it_even_if_it_succeeds(breaker: CircuitBreaker) -> None:
    await alternate(breaker, "FFFFSFFFF")
    assert breaker.state is CLOSED
    await alternate(breaker, "S")
    assert breaker.state is OPEN


@pytest.mark.asyncio
async def test_rejected_and_neutral_calls_are_no_part_of_the_failure_rate(clock: FakeClock) -> None:
    breaker = CircuitBreaker(settings=BreakerSettings(ignored=(KeyError,)), clock=clock)

    async def not_found() -> str:
        raise KeyError

    await alternate(breaker, "SFFSFFSFF")
    for _ in range(5):
        with pytest.raises(KeyError):
            await breaker.call(not_found)
    assert breaker.state is CLOSED
    assert breaker.statistics.failure_rate == pytest.approx(6 / 9)


# The window.


@pytest.mark.asyncio
async def test_what_is_older_than_the_window_is_forgotten(breaker: CircuitBreaker, clock: FakeClock) -> None:
    await alternate(breaker, "SFFSFFSFF")
    clock.advance(10.1)
    await alternate(breaker, "FS")
    assert breaker.state is CLOSED
    assert breaker.statistics.failure_rate == 0.5


@pytest.mark.asyncio
async def test_a_gap_much_longer_than_the_window_empties_it(breaker: CircuitBreaker, clock: FakeClock) -> None:
    await alternate(breaker, "SFFSFFSFF")
    clock.advance(1000)
    assert breaker.statistics.failure_rate == 0
    await alternate(breaker, "F")
    assert breaker.statistics.failure_rate == 1
    assert breaker.state is CLOSED


@pytest.mark.parametrize(("seconds", "counted"), [(9.9, True), (10.0, False)])
@pytest.mark.asyncio
async def test_the_window_reaches_over_ten_buckets(clock: FakeClock, seconds: float, counted: bool) -> None:
    breaker = CircuitBreaker(clock=clock)
    await alternate(breaker, "SFF")
    clock.advance(seconds)
    await alternate(breaker, "S")
    assert (breaker.statistics.failure_rate > 0) is counted


@pytest.mark.asyncio
async def test_calls_leave_the_window_bucket_by_bucket(breaker: CircuitBreaker, clock: FakeClock) -> None:
    # Ten failures, one a second, each after a success.
    for _ in range(10):
        await alternate(breaker, "SF")
        clock.advance(1)
    rates = []
    for _ in range(10):
        await alternate(breaker, "S")
        rates.append(round(breaker.statistics.failure_rate, 3))
        clock.advance(1)
    # After k more seconds 10 - k pairs are left, and k + 1 lone successes (the first of them in the eleventh bucket).
    assert rates == [round((9 - k) / (2 * (9 - k) + k + 1), 3) for k in range(10)]


@pytest.mark.asyncio
async def test_success_after_success_keeps_the_window_rolling(breaker: CircuitBreaker, clock: FakeClock) -> None:
    for _ in range(100):
        await succeeding(breaker, 3)
        clock.advance(0.7)
    assert breaker.statistics.successful == 300
    await failing(breaker, 4)
    # Ten seconds hold 15 rounds at most.
    assert 4 / (4 + 45) <= breaker.statistics.failure_rate <= 4 / (4 + 36)


@pytest.mark.asyncio
async def test_the_failure_rate_counts_again_from_nothing_after_closing(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    await half_open(breaker, clock)
    await succeeding(breaker, 2)
    assert breaker.state is CLOSED
    assert breaker.statistics.failure_rate == 0
    await failing(breaker, 4)
    assert breaker.state is CLOSED


# Open.


@pytest.mark.asyncio
async def test_open_it_rejects_at_once_and_says_when_to_try_again(breaker: CircuitBreaker, clock: FakeClock) -> None:
    await failing(breaker, 5)
    clock.advance(10)

    with pytest.raises(BreakerOpenError) as caught:
        await breaker.call(answer)

    error = caught.value
    assert error.server == "search"
    assert error.retry_in == 20
    assert error.retry_at == datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC)
    assert str(error) == (
        "the breaker of 'search' is open: try again in 20 s, at 12:00:30 UTC; the last call failed: ServerError: no"
    )
    assert breaker.statistics.rejected == 1


@pytest.mark.parametrize(("seconds", "state"), [(29.999, OPEN), (30.0, HALF_OPEN)])
@pytest.mark.asyncio
async def test_after_thirty_seconds_it_is_half_open(
    breaker: CircuitBreaker, clock: FakeClock, seconds: float, state: BreakerState
) -> None:
    await failing(breaker, 5)
    clock.advance(seconds)
    assert breaker.state is state
    assert breaker.statistics.state is state


@pytest.mark.asyncio
async def test_a_step_of_the_wall_clock_does_not_keep_it_open(breaker: CircuitBreaker, clock: FakeClock) -> None:
    await failing(breaker, 5)
    clock.set_now(datetime(2000, 1, 1, tzinfo=UTC))
    clock.advance(30)
    await succeeding(breaker, 2)
    assert breaker.state is CLOSED


@pytest.mark.asyncio
async def test_the_call_is_not_even_begun_when_it_is_rejected(breaker: CircuitBreaker) -> None:
    breaker.force_open()

    def never() -> Awaitable[str]:
        pytest.fail("begun")

    with pytest.raises(BreakerOpenError):
        await breaker.call(never)


# Half-open.


@pytest.mark.asyncio
async def test_two_successes_close_it(breaker: CircuitBreaker, clock: FakeClock) -> None:
    await half_open(breaker, clock)
    await succeeding(breaker, 1)
    assert breaker.state is HALF_OPEN
    await succeeding(breaker, 1)
    assert breaker.state is CLOSED


@pytest.mark.asyncio
async def test_one_failure_opens_it_again_for_the_whole_time(breaker: CircuitBreaker, clock: FakeClock) -> None:
    await half_open(breaker, clock)
    await succeeding(breaker, 1)
    await failing(breaker, 1)
    assert breaker.state is OPEN
    clock.advance(29)
    assert breaker.state is OPEN
    clock.advance(1)
    await succeeding(breaker, 1)
    assert breaker.state is HALF_OPEN, "the success before the failure counts no more"


@pytest.mark.asyncio
async def test_three_of_fifty_go_through_and_there_is_one_change_of_state(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    await half_open(breaker, clock)
    events: list[BreakerEvent] = []
    breaker.subscribe(events.append)
    gate = Gate()
    tasks = [asyncio.create_task(breaker.call(gate)) for _ in range(50)]
    await clock.settle()

    refused = [task for task in tasks if task.done()]
    assert len(refused) == 47
    for task in refused:
        error = task.exception()
        assert isinstance(error, BreakerOpenError)
        assert error.retry_in == 0
        assert "half-open and all its trial calls are under way" in str(error)
    changes = [event for event in events if event.kind is BreakerEventKind.STATE_CHANGED]
    assert [(event.old, event.new) for event in changes] == [(OPEN, HALF_OPEN)]

    gate.outcome.set_result("answer")
    assert [r for r in await settle(*tasks) if r == "answer"] == ["answer"] * 3
    assert breaker.state is CLOSED


@pytest.mark.asyncio
async def test_the_third_trial_counts_no_more_when_two_have_closed_it(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    await half_open(breaker, clock)
    late = Gate()
    third = asyncio.create_task(breaker.call(late))
    await clock.settle()
    await succeeding(breaker, 2)
    assert breaker.state is CLOSED

    late.outcome.set_exception(ServerError("late"))
    await settle(third)

    assert breaker.statistics.consecutive_failures == 0
    assert breaker.statistics.neutral == 1


@pytest.mark.asyncio
async def test_a_call_from_before_it_opened_decides_nothing_in_half_open(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    breaker = CircuitBreaker(settings=NO_TIMEOUT, clock=clock)
    old, older = Gate(), Gate()
    tasks = [asyncio.create_task(breaker.call(gate)) for gate in (old, older)]
    await clock.settle()
    await half_open(breaker, clock)
    await succeeding(breaker, 1)

    old.outcome.set_exception(ServerError("old"))
    older.outcome.set_result("older")
    await settle(*tasks)

    assert breaker.state is HALF_OPEN
    assert breaker.statistics.neutral == 2
    assert breaker.statistics.consecutive_successes == 1


@pytest.mark.asyncio
async def test_an_old_success_does_not_end_a_new_row_of_failures(breaker: CircuitBreaker, clock: FakeClock) -> None:
    gate = Gate()
    old = asyncio.create_task(breaker.call(gate))
    await clock.settle()
    breaker.reset()
    await failing(breaker, 4)
    gate.outcome.set_result("old")
    await old
    await failing(breaker, 1)
    assert breaker.state is OPEN


@pytest.mark.asyncio
async def test_a_cancelled_trial_gives_its_slot_back_and_says_nothing(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    await half_open(breaker, clock)
    tasks = [asyncio.create_task(breaker.call(Gate())) for _ in range(3)]
    await clock.settle()
    with pytest.raises(BreakerOpenError):
        await breaker.call(answer)

    tasks[0].cancel()
    await settle(tasks[0])

    assert breaker.state is HALF_OPEN
    await succeeding(breaker, 2)
    assert breaker.state is CLOSED
    for task in tasks:
        task.cancel()
    await settle(*tasks)


@pytest.mark.asyncio
async def test_a_trial_that_never_ends_cannot_keep_it_half_open(clock: FakeClock) -> None:
    breaker = CircuitBreaker(settings=NO_TIMEOUT, clock=clock)
    await half_open(breaker, clock)
    gates = [Gate() for _ in range(3)]
    tasks = [asyncio.create_task(breaker.call(gate)) for gate in gates]
    await clock.settle()
    clock.advance(29)
    with pytest.raises(BreakerOpenError):
        await breaker.call(answer)

    clock.advance(1)
    await succeeding(breaker, 1)
    gates[0].outcome.set_exception(ServerError("after all"))
    await settle(tasks[0])
    await succeeding(breaker, 1)

    assert breaker.state is CLOSED
    for task in tasks:
        task.cancel()
    await settle(*tasks)


@pytest.mark.asyncio
async def test_a_trial_that_raises_what_does_not_count_gives_its_slot_back(clock: FakeClock) -> None:
    breaker = CircuitBreaker(settings=BreakerSettings(trial_calls=1, counted=(ServerError,)), clock=clock)
    await half_open(breaker, clock)

    async def invalid() -> str:
        raise ValueError

    for _ in range(4):
        with pytest.raises(ValueError, match=r"^$"):
            await breaker.call(invalid)
    assert breaker.state is HALF_OPEN


# Time limits and cancellation.


@pytest.mark.asyncio
async def test_a_call_over_five_seconds_is_cancelled_and_counts_as_a_failure(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    gate = Gate()
    task = asyncio.create_task(breaker.call(gate))
    await clock.elapse(4.9)
    assert not task.done()
    await clock.elapse(0.2)

    with pytest.raises(CallTimeoutError, match=r"^the call to 'search' was given up after 5 s$") as caught:
        await task

    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.server, caught.value.seconds) == ("search", 5.0)
    assert gate.outcome.cancelled()
    assert (breaker.statistics.failed, breaker.statistics.timeouts) == (1, 1)
    assert clock.pending == 0


@pytest.mark.asyncio
async def test_its_own_timeout_counts_even_if_few_exceptions_do(clock: FakeClock) -> None:
    breaker = CircuitBreaker(settings=BreakerSettings(counted=(KeyError,), consecutive_failures=1), clock=clock)
    task = asyncio.create_task(breaker.call(Gate()))
    await clock.elapse(5)
    await settle(task)
    assert breaker.state is OPEN


@pytest.mark.asyncio
async def test_a_cancellation_from_outside_is_neutral_and_stays_a_cancellation(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    await failing(breaker, 4)
    task = asyncio.create_task(breaker.call(Gate()))
    await clock.settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert breaker.state is CLOSED
    assert breaker.statistics.neutral == 1
    assert breaker.statistics.consecutive_failures == 4
    assert clock.pending == 0


@pytest.mark.asyncio
async def test_outer_cancellation_wins_over_the_limit_in_the_same_moment(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    task = asyncio.create_task(breaker.call(Gate()))
    await clock.settle()
    clock.advance(5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert breaker.statistics.failed == 0


@pytest.mark.asyncio
async def test_an_outer_time_limit_is_an_outer_cancellation(breaker: CircuitBreaker) -> None:
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(0.01):
            await breaker.call(Gate())
    assert not isinstance(caught.value, CallTimeoutError)
    assert breaker.statistics.failed == 0


@pytest.mark.asyncio
async def test_a_call_that_ends_at_once_sets_no_timer(breaker: CircuitBreaker, clock: FakeClock) -> None:
    seen: list[int] = []

    async def look() -> None:
        seen.append(clock.pending)

    await breaker.call(look)
    assert seen == [0]


@pytest.mark.asyncio
async def test_a_call_may_wait_many_times_and_catch_what_is_thrown(breaker: CircuitBreaker) -> None:
    broken: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def stubborn() -> list[str]:
        seen = []
        for _ in range(3):
            await asyncio.sleep(0)
            seen.append("slept")
        try:
            await broken
        except ServerError as error:
            seen.append(str(error))
        await asyncio.sleep(0)
        return seen

    task = asyncio.create_task(breaker.call(stubborn))
    await asyncio.sleep(0.01)
    broken.set_exception(ServerError("caught"))
    assert await task == ["slept", "slept", "slept", "caught"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.asyncio
async def test_what_is_no_exception_of_the_server_says_nothing(
    breaker: CircuitBreaker, kind: type[BaseException]
) -> None:
    async def interrupted() -> str:
        raise kind

    with pytest.raises(kind):
        await breaker.call(interrupted)
    assert (breaker.statistics.neutral, breaker.statistics.failed) == (1, 0)


# Forced states and reset.


@pytest.mark.asyncio
async def test_forced_open_it_stays_so_whatever_happens(breaker: CircuitBreaker, clock: FakeClock) -> None:
    gate = Gate()
    task = asyncio.create_task(breaker.call(gate))
    await clock.settle()
    breaker.force_open()
    gate.outcome.set_result("answer")
    await task
    clock.advance(3600)

    with pytest.raises(BreakerOpenError, match=r"forced open: call reset\(\) or force_close\(\)") as caught:
        await breaker.call(answer)

    assert caught.value.retry_in is None
    assert breaker.forced
    assert breaker.state is OPEN


@pytest.mark.asyncio
async def test_forced_closed_it_lets_everything_through_whatever_fails(breaker: CircuitBreaker) -> None:
    breaker.force_close()
    await failing(breaker, 50)
    await succeeding(breaker, 1)
    assert breaker.state is CLOSED
    assert breaker.statistics.failed == 50


@pytest.mark.asyncio
async def test_failures_while_it_was_forced_do_not_count_afterwards(breaker: CircuitBreaker) -> None:
    breaker.force_close()
    await failing(breaker, 50)
    breaker.reset()
    await failing(breaker, 4)
    assert breaker.state is CLOSED
    await failing(breaker, 1)
    assert breaker.state is OPEN


@pytest.mark.asyncio
async def test_reset_closes_it_and_clears_the_window_but_not_the_statistics(breaker: CircuitBreaker) -> None:
    await alternate(breaker, "SFFSFFSFF")
    breaker.reset()
    assert breaker.statistics.failure_rate == 0
    await alternate(breaker, "F")
    assert breaker.state is CLOSED
    assert breaker.statistics.failed == 7

    await failing(breaker, 4)
    assert breaker.state is OPEN
    breaker.reset()
    await succeeding(breaker, 1)
    assert breaker.state is CLOSED


@pytest.mark.asyncio
async def test_reset_ends_a_forced_state(breaker: CircuitBreaker) -> None:
    breaker.force_open()
    breaker.reset()
    assert not breaker.forced
    await succeeding(breaker, 1)


# Listeners, fallback, decorator.


@pytest.mark.asyncio
async def test_listeners_hear_all_of_it_in_order(breaker: CircuitBreaker, clock: FakeClock) -> None:
    events: list[BreakerEvent] = []
    breaker.subscribe(events.append)
    await succeeding(breaker, 1)
    await failing(breaker, 5)
    with pytest.raises(BreakerOpenError):
        await breaker.call(answer)
    clock.advance(30)
    await succeeding(breaker, 2)

    kind = BreakerEventKind
    assert [event.kind for event in events] == [
        kind.SUCCEEDED,
        *[kind.FAILED] * 5,
        kind.STATE_CHANGED,
        kind.REJECTED,
        kind.STATE_CHANGED,
        kind.SUCCEEDED,
        kind.SUCCEEDED,
        kind.STATE_CHANGED,
    ]
    assert {event.breaker for event in events} == {"search"}
    assert isinstance(events[1].error, ServerError)
    assert isinstance(events[7].error, BreakerOpenError)
    assert (events[6].old, events[6].new) == (CLOSED, OPEN)
    assert (events[-1].old, events[-1].new) == (HALF_OPEN, CLOSED)


@pytest.mark.asyncio
async def test_a_listener_that_fails_changes_nothing_and_is_logged(
    breaker: CircuitBreaker, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[BreakerEvent] = []

    def broken(_: BreakerEvent) -> None:
        raise RuntimeError("listener")

    breaker.subscribe(broken)
    breaker.subscribe(heard.append)
    await succeeding(breaker, 1)
    await failing(breaker, 5)
    assert breaker.state is OPEN
    assert len(heard) == 7
    assert "a listener of the breaker of 'search' failed on succeeded" in caplog.text


@pytest.mark.asyncio
async def test_who_ends_the_subscription_hears_no_more(breaker: CircuitBreaker) -> None:
    heard: list[BreakerEvent] = []
    end = breaker.subscribe(heard.append)
    await succeeding(breaker, 1)
    end()
    await succeeding(breaker, 1)
    assert len(heard) == 1


@pytest.mark.asyncio
async def test_a_listener_may_call_the_breaker_and_events_stay_in_order(breaker: CircuitBreaker) -> None:
    first: list[BreakerState] = []
    second: list[BreakerState] = []

    def reset_when_open(event: BreakerEvent) -> None:
        if event.kind is BreakerEventKind.STATE_CHANGED:
            first.append(event.new)
            if event.new is OPEN:
                breaker.reset()

    breaker.subscribe(reset_when_open)
    breaker.subscribe(lambda e: second.append(e.new) if e.kind is BreakerEventKind.STATE_CHANGED else None)
    await failing(breaker, 5)
    assert first == second == [OPEN, CLOSED]
    assert breaker.state is CLOSED


@pytest.mark.asyncio
async def test_a_listener_that_resets_on_half_open_makes_that_trial_count_no_more(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    await half_open(breaker, clock)
    breaker.subscribe(lambda event: breaker.reset() if event.new is HALF_OPEN else None)
    await failing(breaker, 1)
    assert breaker.state is CLOSED
    assert breaker.statistics.consecutive_failures == 0


@pytest.mark.asyncio
async def test_a_call_inside_a_call_counts_twice(breaker: CircuitBreaker) -> None:
    async def outer() -> str:
        return await breaker.call(answer)

    assert await breaker.call(outer) == "answer"
    assert breaker.statistics.successful == 2


@pytest.mark.asyncio
async def test_what_happened_between_begin_and_end_of_a_call_is_heard_too(
    breaker: CircuitBreaker, clock: FakeClock
) -> None:
    gate, heard = Gate(), list[BreakerEvent]()
    task = asyncio.create_task(breaker.call(gate))
    await clock.settle()
    breaker.subscribe(heard.append)
    gate.outcome.set_result("answer")
    await task
    assert [event.kind for event in heard] == [BreakerEventKind.SUCCEEDED]


@pytest.mark.asyncio
async def test_the_fallback_answers_for_a_failure_and_for_a_rejection(breaker: CircuitBreaker) -> None:
    seen: list[str] = []

    def instead(error: Exception) -> str:
        seen.append(type(error).__name__)
        return "instead"

    async def instead_later(error: Exception) -> str:
        return instead(error)

    for _ in range(5):
        assert await breaker.call_or(instead, fail) == "instead"
    assert await breaker.call_or(instead_later, answer) == "instead"
    breaker.reset()
    assert await breaker.call_or(instead, answer) == "answer"
    assert seen == [*["ServerError"] * 5, "BreakerOpenError"]


@pytest.mark.asyncio
async def test_the_fallback_does_not_hide_what_does_not_count(clock: FakeClock) -> None:
    breaker = CircuitBreaker(settings=BreakerSettings(ignored=(ServerError,)), clock=clock)
    with pytest.raises(ServerError):
        await breaker.call_or(lambda _: "instead", fail)


@pytest.mark.asyncio
async def test_the_decorator_keeps_name_arguments_and_result(breaker: CircuitBreaker) -> None:
    @breaker.protect
    async def add(a: int, *, b: int) -> int:
        return a + b

    assert await add(1, b=2) == 3
    assert add.__name__ == "add"
    assert breaker.statistics.successful == 1


@pytest.mark.asyncio
async def test_any_awaitable_will_do(breaker: CircuitBreaker) -> None:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    future.set_result(7)
    assert await breaker.call(lambda: future) == 7


@pytest.mark.asyncio
async def test_a_function_that_raises_before_it_returns_an_awaitable_is_a_failure(breaker: CircuitBreaker) -> None:
    def broken() -> Awaitable[str]:
        raise ServerError("before")

    with pytest.raises(ServerError):
        await breaker.call(broken)
    assert breaker.statistics.failed == 1


# What it says.


@pytest.mark.asyncio
async def test_statistics_have_a_figure_for_everything(breaker: CircuitBreaker, clock: FakeClock) -> None:
    start = clock.monotonic()
    await succeeding(breaker, 3)
    clock.advance(1)
    await failing(breaker, 5)
    with pytest.raises(BreakerOpenError):
        await breaker.call(answer)

    assert breaker.statistics == BreakerStatistics(
        state=OPEN,
        total=9,
        successful=3,
        failed=5,
        rejected=1,
        timeouts=0,
        neutral=0,
        consecutive_failures=5,
        consecutive_successes=0,
        failure_rate=0.0,
        state_changes=1,
        last_failure=start + 1,
        last_success=start,
    )


@pytest.mark.asyncio
async def test_it_says_in_one_line_how_it_stands(breaker: CircuitBreaker) -> None:
    assert repr(breaker) == "<CircuitBreaker 'search' closed: 0 ok, 0 failed, 0 rejected>"
    breaker.force_open()
    assert repr(breaker) == "<CircuitBreaker 'search' forced open: 0 ok, 0 failed, 0 rejected>"


@pytest.mark.asyncio
async def test_the_settings_for_debugging_never_open(clock: FakeClock) -> None:
    breaker = CircuitBreaker(settings=BreakerSettings.never(), clock=clock)
    await failing(breaker, 100)
    assert breaker.state is CLOSED


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("consecutive_failures", 0, "at least 1"),
        ("trial_calls", 0, "at least 1"),
        ("window_seconds", 0.0, "more than 0 seconds"),
        ("open_seconds", -1.0, "more than 0 seconds"),
        ("call_timeout", 0.0, "or None"),
        ("failure_rate", 50.0, "between 0 and 1"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_by_name(name: str, value: float, words: str) -> None:
    assert name in {field.name for field in fields(BreakerSettings)}
    with pytest.raises(UsageError, match=f"{name} must be .*{words}"):
        replace(BreakerSettings(), **{name: value})  # type: ignore[arg-type]
