from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.retry import Judge, RetrySettings, retry
from pytest_mcpquality.testing import FakeClock

pytestmark = pytest.mark.timeout(10)
PLAIN = RetrySettings(wait_jitter=0.0)


class Flaky:
    """Fails so many times, then answers; keeps the times of its calls."""

    def __init__(self, failures: int, clock: FakeClock, error: Exception | None = None) -> None:
        self.left = failures
        self.clock = clock
        self.error = error or OSError("not now")
        self.start = clock.monotonic()
        self.times: list[float] = []

    async def __call__(self) -> str:
        self.times.append(round(self.clock.monotonic() - self.start, 3))
        if self.left:
            self.left -= 1
            raise self.error
        return "answer"


async def outcome(
    flaky: Flaky, settings: RetrySettings = PLAIN, on: type[Exception] | Judge = OSError, scatter: float = 0.0
) -> str | BaseException | None:
    task = asyncio.ensure_future(retry(flaky, on=on, settings=settings, clock=flaky.clock, scatter=lambda: scatter))
    await flaky.clock.elapse(1000)
    assert task.done()
    return task.exception() or task.result()


@pytest.mark.asyncio
async def test_waits_grow_up_to_their_maximum() -> None:
    flaky = Flaky(8, FakeClock())
    assert await outcome(flaky) == "answer"
    assert flaky.times == [0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3, 11.3, 16.3]


@pytest.mark.asyncio
async def test_jitter_is_added_and_the_maximum_holds() -> None:
    flaky = Flaky(2, FakeClock())
    await outcome(flaky, RetrySettings(wait_max=1.15), scatter=1.0)
    assert flaky.times == [0, 1.1, 2.25]


@pytest.mark.asyncio
async def test_the_last_error_is_raised_as_it_is_when_attempts_are_used_up() -> None:
    flaky = Flaky(99, FakeClock())
    assert await outcome(flaky, replace(PLAIN, attempts=3)) is flaky.error
    assert len(flaky.times) == 3


@pytest.mark.asyncio
async def test_no_wait_goes_beyond_the_timeout() -> None:
    flaky = Flaky(99, FakeClock())
    assert await outcome(flaky, replace(PLAIN, timeout=2.0)) is flaky.error
    assert flaky.times == [0, 0.1, 0.3, 0.7, 1.5]


@pytest.mark.asyncio
async def test_other_errors_are_not_tried_again() -> None:
    flaky = Flaky(1, FakeClock(), KeyError("no"))
    assert await outcome(flaky) is flaky.error
    assert len(flaky.times) == 1


@pytest.mark.asyncio
async def test_the_server_is_left_alone_as_long_as_it_asks() -> None:
    flaky = Flaky(1, FakeClock())
    assert await outcome(flaky, on=lambda _: 20.0) == "answer"
    assert flaky.times == [0, 20]


@pytest.mark.asyncio
async def test_a_server_that_asks_for_too_long_is_not_waited_for_nor_bothered_early() -> None:
    flaky = Flaky(1, FakeClock())
    assert await outcome(flaky, on=lambda _: 3600.0) is flaky.error
    assert flaky.times == [0]


@pytest.mark.asyncio
async def test_a_cancellation_is_not_tried_again() -> None:
    clock = FakeClock()
    flaky = Flaky(99, clock)
    task = asyncio.ensure_future(retry(flaky, on=Exception, clock=clock, scatter=lambda: 1.0))
    await clock.settle()
    task.cancel()
    await clock.settle()
    assert task.cancelled()
    assert clock.pending == 0


@given(failures=st.integers(1, 10**6), scatter=st.floats(0, 1))
def test_a_wait_is_never_negative_nor_over_its_maximum(failures: int, scatter: float) -> None:
    settings = RetrySettings()
    assert 0 <= settings.wait(failures, scatter) <= settings.wait_max


@pytest.mark.parametrize("change", [{"attempts": 0}, {"timeout": 0.0}, {"wait_max": -1.0}])
def test_settings_that_cannot_be_meant_are_refused_by_name(change: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(change))):
        replace(RetrySettings(), **change)  # type: ignore[arg-type]
