from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.errors import (
    ConnectionFailedError,
    EventLoopError,
    LeaseError,
    PoolClosedError,
    PoolTimeoutError,
    ResilienceError,
)
from pytest_mcpquality.resilience.lease import Lease
from pytest_mcpquality.resilience.pool import Pool
from pytest_mcpquality.resilience.pool_values import PoolSettings
from pytest_mcpquality.testing import FakeClock

from .fake_server import WHO, Connection, FakeServer

T = TypeVar("T")
pytestmark = pytest.mark.timeout(10)
LAZY = PoolSettings(min_size=0, max_size=5)
ONE = PoolSettings(min_size=0, max_size=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


class Makes:
    """Makes pools; all of them are closed, in time, whatever the test did."""

    def __init__(self, server: FakeServer, clock: FakeClock) -> None:
        self.server = server
        self.clock = clock
        self.made: list[Pool[Connection]] = []

    def __call__(self, settings: PoolSettings = LAZY, jitter: Callable[[], float] = lambda: 0.0) -> Pool[Connection]:
        server = self.server
        pool = Pool(
            server.connect,
            name="notes",
            settings=settings,
            validate=server.validate,
            watch=server.watch,
            clock=self.clock,
            jitter=jitter,
        )
        self.made.append(pool)
        return pool


@asynccontextmanager
async def pools(server: FakeServer, clock: FakeClock) -> AsyncGenerator[Makes]:
    make = Makes(server, clock)
    try:
        yield make
    finally:
        server.hanging.clear()
        for pool in make.made:
            await asyncio.wait_for(pool.close(0), 5)
            assert server.alive == set()
    await clock.settle()
    leftover = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in leftover if task.get_name() in {"connection owner", "pool maintenance"}]


async def begin(clock: FakeClock, *coroutines: Coroutine[Any, Any, T]) -> list[asyncio.Task[T]]:
    """Start each, one after the other, and let them run as far as they get."""
    tasks = []
    for coroutine in coroutines:
        tasks.append(asyncio.create_task(coroutine))
        await clock.settle()
    return tasks


async def within(clock: FakeClock, seconds: float, coroutine: Coroutine[Any, Any, T]) -> T:
    """What it gives when so much time has passed."""
    (task,) = await begin(clock, coroutine)
    await clock.elapse(seconds)
    assert task.done()
    return task.result()


# Lending.


@pytest.mark.asyncio
async def test_what_is_given_back_is_lent_again(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        async with pool.connection() as first:
            pass
        async with pool.connection() as second:
            pass
        assert first is second
        assert server.attempts == 1


@pytest.mark.asyncio
async def test_it_grows_on_demand_up_to_its_most_and_no_further(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        leases = [await pool.acquire() for _ in range(5)]
        assert len({lease.connection for lease in leases}) == 5
        (waiting,) = await begin(clock, pool.acquire())
        assert server.attempts == 5
        leases[3].release()
        assert (await waiting).connection.number == 4


@pytest.mark.asyncio
async def test_it_begins_with_its_least(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(PoolSettings())
        await pool.wait_ready()
        assert pool.statistics.total == pool.statistics.idle == 2


@pytest.mark.asyncio
async def test_a_pool_is_started_by_async_with(server: FakeServer, clock: FakeClock) -> None:
    async with Pool(server.connect, clock=clock) as pool:
        await clock.settle()
        assert pool.statistics.total == 2
    assert server.alive == set()


@pytest.mark.asyncio
async def test_the_connection_used_last_is_lent_first_so_that_others_can_grow_old(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make()
        first, second = await pool.acquire(), await pool.acquire()
        first.release()
        second.release()
        assert (await pool.acquire()).connection.number == 2


@pytest.mark.asyncio
async def test_more_idle_ones_than_wanted_are_closed(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(PoolSettings.limits(max_idle=1, max_open=3))
        leases = [await pool.acquire() for _ in range(3)]
        for lease in leases:
            lease.release()
        await clock.settle()
        assert (pool.statistics.idle, len(server.alive)) == (1, 1)


@pytest.mark.asyncio
async def test_an_error_in_the_body_has_the_connection_validated_before_its_next_use(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make()
        with pytest.raises(RuntimeError):
            async with pool.connection() as connection:
                raise RuntimeError
        assert pool.statistics.unhealthy == 1
        async with pool.connection() as again:
            assert again is connection
        assert connection.validations == 1
        assert pool.statistics.unhealthy == 0


@pytest.mark.asyncio
async def test_a_discarded_connection_is_closed_and_lent_to_nobody(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        lease = await pool.acquire()
        lease.discard()
        assert (await pool.acquire()).connection.number == 2
        with pytest.raises(LeaseError):
            lease.discard()


# Fairness.


@pytest.mark.asyncio
async def test_who_waits_is_served_in_the_order_of_coming(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        served: list[int] = []

        async def borrow(number: int) -> None:
            async with pool.connection():
                served.append(number)

        tasks = await begin(clock, *(borrow(number) for number in range(20)))
        lease.release()
        await asyncio.gather(*tasks)
        assert served == list(range(20))


@pytest.mark.asyncio
async def test_who_gives_back_and_borrows_again_does_not_pass_those_who_wait(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        order: list[str] = []

        async def greedy() -> None:
            for _ in range(3):
                async with pool.connection():
                    order.append("greedy")
                    await asyncio.sleep(0)

        async def patient() -> None:
            for _ in range(3):
                async with pool.connection():
                    order.append("patient")
                    await asyncio.sleep(0)

        await asyncio.gather(greedy(), patient())
        assert order == ["greedy", "patient"] * 3


@pytest.mark.asyncio
async def test_the_order_survives_those_who_are_cancelled_and_those_who_give_up(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        served: list[int] = []

        async def borrow(number: int, patience: float | None = None) -> None:
            async with pool.connection(patience):
                served.append(number)

        tasks = await begin(clock, borrow(0), borrow(1, 1.0), borrow(2), borrow(3, 2.0), borrow(4))
        tasks[0].cancel()
        await clock.elapse(3)
        assert [task.done() for task in tasks] == [True, True, False, True, False]
        lease.release()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert served == [2, 4]


@pytest.mark.asyncio
async def test_a_waiter_cancelled_in_the_moment_it_is_served_passes_the_connection_on(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        first, second = await begin(clock, pool.acquire(), pool.acquire())

        lease.release()
        first.cancel()

        assert (await second).connection.number == 1
        with pytest.raises(asyncio.CancelledError):
            await first
        assert server.attempts == 1


@pytest.mark.asyncio
async def test_a_waiter_cancelled_just_before_is_passed_over(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        first, second = await begin(clock, pool.acquire(), pool.acquire())
        first.cancel()
        lease.release()
        assert (await second).connection.number == 1


@pytest.mark.asyncio
async def test_the_slot_survives_when_nobody_else_waits(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        (first,) = await begin(clock, pool.acquire())
        lease.release()
        first.cancel()
        await clock.settle()
        assert pool.statistics.idle == 1
        assert pool.statistics.active == 0


# Giving up.


@pytest.mark.asyncio
async def test_a_borrower_gives_up_after_ten_seconds_with_the_numbers(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(replace(ONE, max_size=2))
        for _ in range(2):
            await pool.acquire()
        (waiting,) = await begin(clock, pool.acquire())
        await clock.elapse(9.9)
        assert not waiting.done()
        await clock.elapse(0.1)

        with pytest.raises(PoolTimeoutError) as caught:
            await waiting

        error = caught.value
        assert isinstance(error, TimeoutError)
        assert (error.server, error.seconds, error.numbers.active, error.numbers.waiting) == ("notes", 10, 2, 1)
        assert str(error) == (
            "no connection to 'notes' came free in 10 s: 2 open (2 active, 0 idle), 0 opening, 1 waiting; "
            "give connections back sooner, or raise max_size or acquire_timeout"
        )
        assert (pool.statistics.timeouts, pool.statistics.waiting) == (1, 0)


@pytest.mark.asyncio
async def test_it_names_the_last_error_of_connecting(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(replace(ONE, connect_timeout=20))
        server.refuse.append(OSError("connection refused"))
        with pytest.raises(ConnectionFailedError):
            await pool.acquire()
        server.hanging.add("opening")
        with pytest.raises(PoolTimeoutError, match="the last connection failed: OSError: connection refused"):
            await within(clock, 10, pool.acquire())


@pytest.mark.asyncio
async def test_each_waiter_has_its_own_limit(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        await pool.acquire()
        start = clock.monotonic()
        ended: dict[float, float] = {}

        async def borrow(patience: float) -> None:
            with pytest.raises(PoolTimeoutError):
                await pool.acquire(patience)
            ended[patience] = clock.monotonic() - start

        tasks = await begin(clock, *(borrow(patience) for patience in (5.0, 2.0, 7.0, 2.5)))
        await clock.elapse(10)
        await asyncio.gather(*tasks)
        assert ended == {2.0: 2.0, 2.5: 2.5, 5.0: 5.0, 7.0: 7.0}


# Opening.


@pytest.mark.asyncio
async def test_a_connection_that_cannot_be_opened_is_one_borrowers_trouble(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        server.opening_gate = asyncio.Event()
        server.refuse.append(OSError("no such command"))
        first, second = await begin(clock, pool.acquire(), pool.acquire())
        server.opening_gate.set()

        with pytest.raises(
            ConnectionFailedError, match=r"^the connection to 'notes' failed: OSError: no such command$"
        ):
            await first
        assert (await second).connection.number == 2
        assert pool.statistics.failed == 1
        assert isinstance(first.exception().__cause__, OSError)  # type: ignore[union-attr]


@pytest.mark.asyncio
async def test_failures_to_open_do_not_use_up_the_places(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        for _ in range(10):
            server.refuse.append(OSError("refused"))
            with pytest.raises(ConnectionFailedError):
                await pool.acquire()
        assert pool.statistics.opening == 0
        await pool.acquire()


@pytest.mark.asyncio
async def test_an_opening_that_hangs_is_given_up_and_reaped(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        server.hanging.add("opening")
        with pytest.raises(ConnectionFailedError, match="not open after 8 s"):
            await within(clock, 8, pool.acquire())
        assert server.alive == set()


@pytest.mark.asyncio
async def test_a_failure_that_says_it_better_itself_is_raised_as_it_is(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        known = ConnectionFailedError(server="notes", reason="exited with 3")
        server.refuse.append(known)
        with pytest.raises(ConnectionFailedError) as caught:
            await pool.acquire()
        assert caught.value is known


@pytest.mark.asyncio
async def test_a_connector_that_cancels_itself_is_a_failure_too(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        server.refuse.append(asyncio.CancelledError())
        with pytest.raises(ConnectionFailedError, match="CancelledError"):
            await pool.acquire()
        await pool.acquire()


@pytest.mark.asyncio
async def test_a_borrower_cancelled_while_its_connection_opens_leaves_it_to_others(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        server.opening_gate = asyncio.Event()
        (first,) = await begin(clock, pool.acquire())
        first.cancel()
        await clock.settle()
        server.opening_gate.set()
        await clock.settle()
        assert pool.statistics.idle == 1
        assert (await pool.acquire()).connection.number == 1


@pytest.mark.asyncio
async def test_closing_while_a_connection_opens_reaps_it(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        server.opening_gate = asyncio.Event()
        (first,) = await begin(clock, pool.acquire())
        await asyncio.wait_for(pool.close(), 5)
        with pytest.raises(PoolClosedError):
            await first
        assert server.alive == set()


@pytest.mark.asyncio
async def test_a_connection_is_opened_and_closed_by_one_task_with_a_clean_context(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        WHO.set("the first borrower")
        async with pool.connection() as connection:
            assert connection.opened_by is not asyncio.current_task()
        await pool.close()
        assert connection.closed_by is connection.opened_by
        assert server.seen_context == ["nobody"]


@pytest.mark.asyncio
async def test_a_server_that_dies_at_once_fails_its_borrower_instead_of_being_started_for_ever(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make()
        server.dies_at_once = True
        with pytest.raises(ConnectionFailedError, match="died young"):
            await pool.acquire()
        await clock.settle()
        assert server.attempts == 1


@pytest.mark.asyncio
async def test_ready_is_when_the_least_is_open_and_a_failure_is_raised(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        server.refuse.append(OSError("refused"))
        with pytest.raises(ConnectionFailedError, match="refused"):
            await make(PoolSettings()).wait_ready()


@pytest.mark.asyncio
async def test_ready_never_comes_when_the_pool_closes(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        server.hanging.add("opening")
        pool = make(PoolSettings())
        (waiting,) = await begin(clock, pool.wait_ready())
        await pool.close()
        with pytest.raises(PoolClosedError):
            await waiting


# Validation.


@pytest.mark.asyncio
async def test_used_less_than_half_a_second_ago_is_good_enough(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        for _ in range(3):
            async with pool.connection() as connection:
                clock.advance(0.49)
        clock.advance(0.49)
        async with pool.connection():
            assert connection.validations == 0
        clock.advance(0.5)
        async with pool.connection():
            assert connection.validations == 1


@pytest.mark.asyncio
async def test_one_that_fails_validation_is_replaced(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection() as first:
            pass
        server.unwell[first] = OSError("gone")
        clock.advance(1)
        async with pool.connection() as second:
            assert second is not first
        assert first not in server.alive
        assert str(pool.last_error) == "gone"


@pytest.mark.asyncio
async def test_who_got_a_dead_one_is_first_in_the_queue_again(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection():
            pass
        clock.advance(1)
        server.hanging.add("validating")
        early, late = await begin(clock, pool.acquire(), pool.acquire())
        await clock.elapse(5)
        assert (await early).connection.number == 2
        assert not late.done()
        late.cancel()


@pytest.mark.asyncio
async def test_a_validation_that_hangs_is_cut_short_and_its_time_counts(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection():
            pass
        clock.advance(1)
        server.hanging.add("validating")
        # Another is opened after the five seconds of the validation.
        await within(clock, 5, pool.acquire())
        assert server.attempts == 2


@pytest.mark.asyncio
async def test_a_validation_that_hangs_longer_than_the_borrower_waits_is_its_timeout(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection():
            pass
        clock.advance(1)
        server.hanging.add("validating")
        with pytest.raises(PoolTimeoutError, match="not validated after 3 s"):
            await within(clock, 3, pool.acquire(3))


@pytest.mark.asyncio
async def test_a_borrower_cancelled_while_validating_gives_the_connection_back(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection() as connection:
            pass
        clock.advance(1)
        server.hanging.add("validating")
        (task,) = await begin(clock, pool.acquire())
        task.cancel()
        await clock.settle()
        server.hanging.clear()
        async with pool.connection() as again:
            assert again is connection
        assert connection.validations == 2


# Death.


@pytest.mark.asyncio
async def test_death_while_idle_is_noticed_before_anybody_borrows_it(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection() as connection:
            pass
        assert connection.report is not None
        connection.report(OSError("killed"))
        assert pool.statistics.idle == 0
        assert (await pool.acquire()).connection is not connection


@pytest.mark.asyncio
async def test_death_while_borrowed_retires_it_when_it_is_given_back(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection() as connection:
            assert connection.report is not None
            connection.report(None)
            assert (pool.statistics.unhealthy, pool.statistics.healthy) == (1, 0)
        assert (await pool.acquire()).connection is not connection
        connection.report(OSError("again"))
        assert pool.last_error is None, "what comes after its end is no news"


# Age and maintenance.


@pytest.mark.asyncio
async def test_lifetime_ends_after_thirty_minutes_less_the_jitter(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(replace(ONE, max_idle_seconds=10_000), jitter=lambda: 1.0)
        async with pool.connection() as connection:
            pass
        await clock.elapse(1700)
        async with pool.connection() as same:
            assert same is connection
        clock.advance(56)
        async with pool.connection() as other:
            assert other is not connection


@pytest.mark.asyncio
async def test_too_old_while_borrowed_it_is_closed_when_given_back(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        await clock.elapse(4000)
        assert lease.connection in server.alive
        connection = lease.connection
        lease.release()
        await clock.settle()
        assert connection not in server.alive


@pytest.mark.asyncio
async def test_unused_for_five_minutes_all_but_the_least_are_closed(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(PoolSettings(health_checks=False))
        leases = [await pool.acquire() for _ in range(5)]
        for lease in leases:
            lease.release()
        await clock.elapse(299)
        assert pool.statistics.total == 5
        await clock.elapse(31)
        assert pool.statistics.total == 2
        await clock.elapse(1000)
        assert pool.statistics.total == 2


@pytest.mark.asyncio
async def test_idle_ones_are_checked_every_thirty_seconds_and_replaced(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(PoolSettings())
        await pool.wait_ready()
        await clock.settle()
        server.unwell[server.made[0]] = OSError("unwell")
        await clock.elapse(30)
        assert [connection.validations for connection in server.made[:2]] == [1, 1]
        assert server.made[0] not in server.alive
        assert pool.statistics.total == 2


@pytest.mark.asyncio
async def test_health_checks_can_be_switched_off(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(replace(PoolSettings.single(), min_size=1))
        await pool.wait_ready()
        await clock.elapse(290)
        assert server.made[0].validations == 0


@pytest.mark.asyncio
async def test_what_is_lent_is_not_checked_and_what_is_checked_is_not_lent(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(replace(PoolSettings(), min_size=1, max_size=1))
        lease = await pool.acquire()
        await clock.elapse(40)
        assert lease.connection.validations == 0
        lease.release()
        server.hanging.add("validating")
        await clock.elapse(21)
        assert server.made[0].validations == 1
        assert pool.statistics.active == 1
        (task,) = await begin(clock, pool.acquire())
        assert not task.done()
        await clock.elapse(4)
        assert (await task).connection.number == 2


@pytest.mark.asyncio
async def test_one_borrowed_between_two_checks_is_left_alone(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(PoolSettings())
        await pool.wait_ready()
        server.hanging.add("validating")
        await clock.elapse(31)
        other = pool._idle.pop()
        await clock.elapse(4)
        assert other.connection.validations == 0
        pool._idle.append(other)


@pytest.mark.asyncio
async def test_drain_replaces_all_of_them_without_disturbing_borrowers(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(PoolSettings())
        await pool.wait_ready()
        lease = await pool.acquire()
        pool.drain()
        await clock.settle()
        assert lease.connection in server.alive
        lease.release()
        await clock.settle()
        assert pool.statistics.idle == 2
        assert server.alive.isdisjoint(server.made[:2])


@pytest.mark.asyncio
async def test_drain_reaches_what_is_being_opened(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        server.opening_gate = asyncio.Event()
        (waiting,) = await begin(clock, pool.acquire())
        pool.drain()
        server.opening_gate.set()
        assert (await waiting).connection.number == 2
        assert server.most_alive == 1


# Closing.


@pytest.mark.asyncio
async def test_closing_wakes_those_who_wait(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        (waiting,) = await begin(clock, pool.acquire())
        (closing,) = await begin(clock, pool.close())
        with pytest.raises(PoolClosedError, match="the pool of 'notes' is closed"):
            await waiting
        lease.release()
        await closing


@pytest.mark.asyncio
async def test_closing_waits_for_borrowers_up_to_five_seconds(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        early, late = await pool.acquire(), await pool.acquire()
        (closing,) = await begin(clock, pool.close())
        await clock.elapse(4)
        early.release()
        await clock.elapse(0.9)
        assert not closing.done()
        assert len(server.alive) == 1
        await clock.elapse(0.2)
        assert closing.done()
        assert server.alive == set()
        late.release()
        assert pool.statistics.released == 2


@pytest.mark.asyncio
async def test_a_closed_pool_lends_nothing(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        async with pool.connection():
            pass
        await pool.close()
        await pool.close()
        with pytest.raises(PoolClosedError):
            await pool.acquire()
        with pytest.raises(PoolClosedError):
            pool.start()


@pytest.mark.asyncio
async def test_a_pool_that_was_never_used_closes_and_stays_closed(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        await pool.close()
        with pytest.raises(PoolClosedError):
            await pool.acquire()


@pytest.mark.asyncio
async def test_two_may_close_it_at_the_same_time(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        lease = await pool.acquire()
        tasks = await begin(clock, pool.close(), pool.close())
        lease.release()
        await asyncio.wait_for(asyncio.gather(*tasks), 5)


@pytest.mark.asyncio
async def test_a_cancelled_close_can_be_made_good(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        await pool.acquire()
        (closing,) = await begin(clock, pool.close())
        closing.cancel()
        await clock.settle()
        await asyncio.wait_for(pool.close(0), 5)
        assert server.alive == set()


@pytest.mark.asyncio
async def test_a_closing_that_hangs_is_cancelled(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection():
            pass
        server.hanging.add("closing")
        await within(clock, 5, pool.close())
        assert server.alive == set()
        assert "not closed after 5 s" in str(pool.last_error)


@pytest.mark.asyncio
async def test_one_that_will_not_close_is_an_error_and_not_a_hang(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection():
            pass
        server.hanging.add("deaf closing")
        with pytest.raises(ResilienceError, match="1 connections to 'notes' did not close, although"):
            await within(clock, 21, pool.close())
        server.hanging.clear()
        for owner in pool._closing:
            owner.give_up()


@pytest.mark.asyncio
async def test_a_close_during_a_health_check_leaves_nothing(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(PoolSettings())
        await pool.wait_ready()
        server.hanging.add("validating")
        await clock.elapse(31)
        await asyncio.wait_for(pool.close(), 5)
        assert server.alive == set()


@pytest.mark.asyncio
async def test_an_owner_task_that_somebody_cancels_closes_its_connection(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        async with pool.connection():
            pass
        (owner,) = pool._opened
        owner.task.cancel()
        await clock.settle()
        assert server.alive == set()
        assert pool.statistics.total == 0
        await pool.acquire()


# Misuse.


@pytest.mark.asyncio
async def test_a_lease_is_given_back_once(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        lease.release()
        with pytest.raises(LeaseError, match="was given back already"):
            lease.release()
        with pytest.raises(LeaseError, match="used after it was given back"):
            _ = lease.connection
        assert (pool.statistics.idle, pool.statistics.released) == (1, 1)


@pytest.mark.asyncio
async def test_a_lease_goes_back_to_its_own_pool(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool, other = make(ONE), make(ONE)
        lease = await pool.acquire()
        with pytest.raises(LeaseError, match="another pool's"):
            other.release(lease)
        pool.release(lease)
        assert pool.statistics.idle == 1


def test_another_event_loop_is_refused(server: FakeServer, clock: FakeClock) -> None:
    pool = Pool(server.connect, name="notes", settings=ONE, clock=clock)

    async def use() -> None:
        async with pool.connection():
            with pytest.raises(EventLoopError, match="belongs to another event loop"):
                await asyncio.to_thread(asyncio.run, pool.acquire())
            with pytest.raises(EventLoopError, match="belongs to another event loop"):
                await asyncio.to_thread(asyncio.run, pool.close())

    asyncio.run(use())
    gc.collect()


@pytest.mark.asyncio
async def test_giving_back_from_another_thread_is_refused_and_keeps_the_lease(
    server: FakeServer, clock: FakeClock
) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        (waiting,) = await begin(clock, pool.acquire())
        with pytest.raises(EventLoopError):
            await asyncio.to_thread(lease.release)
        lease.release()
        assert (await waiting).connection.number == 1


def test_without_asyncio_it_says_so(server: FakeServer) -> None:
    pool = Pool(server.connect, name="notes")
    with pytest.raises(EventLoopError, match=r"the pool of 'notes' needs a running asyncio event loop.*trio cannot"):
        pool.acquire().send(None)


# What it says.


@pytest.mark.asyncio
async def test_statistics_have_a_figure_for_everything(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make(ONE)
        lease = await pool.acquire()
        (waiting,) = await begin(clock, pool.acquire())
        await clock.elapse(2)
        lease.release()
        (await waiting).release()
        statistics = pool.statistics
        assert (statistics.total, statistics.active, statistics.idle) == (1, 0, 1)
        assert (statistics.healthy, statistics.unhealthy) == (1, 0)
        assert (statistics.waits, statistics.wait_seconds) == (2, 2.0)
        assert (statistics.acquired, statistics.released) == (2, 2)
        assert (statistics.opened, statistics.closed, statistics.failed, statistics.timeouts) == (1, 0, 0, 0)


@pytest.mark.asyncio
async def test_it_says_in_one_line_how_it_stands(server: FakeServer, clock: FakeClock) -> None:
    async with pools(server, clock) as make:
        pool = make()
        lease: Lease[Any] = await pool.acquire()
        assert repr(pool) == "<Pool 'notes': 1 open (1 active, 0 idle), 0 opening, 0 waiting, at most 5>"
        assert repr(lease) == "<Lease of 'notes': held>"
        lease.release()
        assert repr(lease) == "<Lease of 'notes': given back>"
        await pool.close()
        assert repr(pool) == "<Pool 'notes' closed: 0 open (0 active, 0 idle), 0 opening, 0 waiting, at most 5>"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_size": 0}, "max_size must be at least 1"),
        ({"min_size": 6}, "min_size must be between 0 and max_size"),
        ({"max_idle": 1}, "max_idle must be at least min_size"),
        ({"lifetime_jitter": 1.0}, "lifetime_jitter"),
        ({"acquire_timeout": 0}, "acquire_timeout must be more than 0 seconds"),
        ({"close_timeout": -1}, "close_timeout must be more than 0 seconds"),
        ({"validate_after": -1}, "validate_after"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_by_name(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        replace(PoolSettings(), **changes)
