"""Held open for as long as a server wants to be left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pytest_mcpquality.resilience.breaker import CircuitBreaker
from pytest_mcpquality.resilience.breaker_values import BreakerEvent, BreakerEventKind, BreakerSettings, BreakerState
from pytest_mcpquality.resilience.errors import BreakerOpenError
from pytest_mcpquality.testing import FakeClock

pytestmark = [pytest.mark.timeout(20), pytest.mark.asyncio]

WEEK = 7 * 24 * 3600


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def breaker(clock: FakeClock) -> CircuitBreaker:
    return CircuitBreaker("docs", BreakerSettings(trial_successes=1), clock=clock)


async def fine() -> str:
    return "fine"


async def test_for_so_long_and_no_longer(breaker: CircuitBreaker, clock: FakeClock) -> None:
    events: list[BreakerEvent] = []
    breaker.subscribe(events.append)
    breaker.hold_open(WEEK)
    with pytest.raises(BreakerOpenError) as told:
        await breaker.call(fine)
    assert told.value.retry_in == WEEK
    assert told.value.retry_at == clock.now() + timedelta(seconds=WEEK)
    assert [event.new for event in events if event.kind is BreakerEventKind.STATE_CHANGED] == [BreakerState.OPEN]
    clock.advance(WEEK)
    assert breaker.state is BreakerState.HALF_OPEN
    assert await breaker.call(fine) == "fine"
    assert breaker.statistics.state is BreakerState.CLOSED


async def test_a_shorter_wait_does_not_shorten_a_longer_one(breaker: CircuitBreaker, clock: FakeClock) -> None:
    breaker.hold_open(100)
    breaker.hold_open(50)
    clock.advance(99)
    assert breaker.state is BreakerState.OPEN
    breaker.hold_open(100)
    clock.advance(99)
    assert breaker.state is BreakerState.OPEN
    assert breaker.statistics.state_changes == 1


async def test_what_is_forced_stays_so(breaker: CircuitBreaker) -> None:
    breaker.force_close()
    breaker.hold_open(100)
    assert await breaker.call(fine) == "fine"
    breaker.reset()
    breaker.hold_open(100)
    breaker.reset()
    assert await breaker.call(fine) == "fine"


async def test_after_other_failures_it_is_open_for_the_usual_time(breaker: CircuitBreaker, clock: FakeClock) -> None:
    async def fail() -> None:
        raise OSError

    breaker.hold_open(WEEK)
    breaker.reset()
    for _ in range(5):
        with pytest.raises(OSError, match=r"^$"):
            await breaker.call(fail)
    assert breaker.state is BreakerState.OPEN
    clock.advance(30)
    assert breaker.statistics.state is BreakerState.HALF_OPEN
