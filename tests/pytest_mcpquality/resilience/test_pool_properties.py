"""A pool under any sequence of borrowing, giving back, cancelling, dying and passing time keeps its promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pytest_mcpquality.resilience.errors import ConnectionFailedError, PoolTimeoutError
from pytest_mcpquality.resilience.lease import Lease
from pytest_mcpquality.resilience.pool import Pool
from pytest_mcpquality.resilience.pool_values import PoolSettings
from pytest_mcpquality.testing import FakeClock

from .fake_server import Connection, FakeServer

MOST = 3


@dataclass
class Borrower:
    """Who waits, in the order of coming."""

    number: int
    task: asyncio.Task[Lease[Connection]]


class PoolMachine(RuleBasedStateMachine):
    """Borrowers that come and go in any way; what must hold is checked when all is quiet."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = FakeClock()
        self.server = FakeServer()
        self.pool = Pool(
            self.server.connect,
            settings=PoolSettings(min_size=1, max_size=MOST),
            validate=self.server.validate,
            watch=self.server.watch,
            clock=self.clock,
            jitter=lambda: 0.5,
        )
        self.waiting: list[Borrower] = []
        self.leases: list[Lease[Connection]] = []
        self.served: list[int] = []
        self.number = 0
        self.server.opening_gate = asyncio.Event()
        self.server.opening_gate.set()

    def settle(self) -> None:
        self.loop.run_until_complete(self.clock.settle())
        for borrower in [borrower for borrower in self.waiting if borrower.task.done()]:
            self.waiting.remove(borrower)
            task = borrower.task
            if task.cancelled():
                continue
            if error := task.exception():
                assert isinstance(error, PoolTimeoutError | ConnectionFailedError), error
            else:
                self.leases.append(task.result())

    async def borrow(self, number: int) -> Lease[Connection]:
        lease = await self.pool.acquire()
        self.served.append(number)
        return lease

    def come(self) -> None:
        self.number += 1
        self.waiting.append(Borrower(self.number, self.loop.create_task(self.borrow(self.number))))

    def on_the_loop(self, *steps: Callable[[], object]) -> None:
        """All of them in one moment, so that no task runs in between."""

        async def take_steps() -> None:
            for step in steps:
                step()

        self.loop.run_until_complete(take_steps())
        self.settle()

    def pick(self, data: st.DataObject, count: int) -> int:
        return data.draw(st.integers(0, count - 1))

    @rule(count=st.integers(1, 5))
    def acquire(self, count: int) -> None:
        for _ in range(count):
            self.come()
        self.settle()

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), failed=st.booleans())
    def release(self, data: st.DataObject, failed: bool) -> None:
        lease = self.leases.pop(self.pick(data, len(self.leases)))
        self.on_the_loop(lambda: lease.release(failed=failed))

    @precondition(lambda self: self.leases and self.waiting)
    @rule(data=st.data())
    def release_and_cancel_in_one_moment(self, data: st.DataObject) -> None:
        lease = self.leases.pop(self.pick(data, len(self.leases)))
        leaves = self.waiting[data.draw(st.sampled_from([0, self.pick(data, len(self.waiting))]))]
        self.on_the_loop(lease.release, leaves.task.cancel)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def release_and_come_again(self, data: st.DataObject) -> None:
        self.on_the_loop(self.leases.pop(self.pick(data, len(self.leases))).release, self.come)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.waiting[self.pick(data, len(self.waiting))].task.cancel()
        self.settle()

    @rule()
    def next_opening_fails(self) -> None:
        self.server.refuse.append(OSError("refused"))

    @precondition(lambda self: self.server.opening_gate.is_set())
    @rule()
    def openings_take_long(self) -> None:
        assert self.server.opening_gate is not None
        self.server.opening_gate.clear()

    @precondition(lambda self: not self.server.opening_gate.is_set())
    @rule()
    def openings_end(self) -> None:
        assert self.server.opening_gate is not None
        self.server.opening_gate.set()
        self.settle()

    @precondition(lambda self: self.server.alive)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        alive = sorted(self.server.alive, key=lambda connection: connection.number)
        connection = alive[self.pick(data, len(alive))]
        self.server.unwell[connection] = OSError("dead")
        if connection.report and data.draw(st.booleans(), label="noticed"):
            report = connection.report
            self.on_the_loop(lambda: report(OSError("dead")))

    @rule()
    def drain(self) -> None:
        self.on_the_loop(self.pool.start, self.pool.drain)

    @rule(seconds=st.sampled_from([0.25, 1.0, 5.0, 31.0, 400.0, 2000.0]))
    def wait(self, seconds: float) -> None:
        self.loop.run_until_complete(self.clock.elapse(seconds))
        self.settle()

    @invariant()
    def never_too_many(self) -> None:
        statistics = self.pool.statistics
        assert statistics.total + statistics.opening + statistics.closing <= MOST
        assert self.server.most_alive <= MOST

    @invariant()
    def the_figures_are_true(self) -> None:
        statistics = self.pool.statistics
        assert statistics.waiting == len(self.waiting)
        assert statistics.acquired - statistics.released == len(self.leases)
        assert statistics.active == len(self.leases), "nothing is being validated when all is quiet"
        assert statistics.opened - statistics.closed == statistics.total + statistics.closing

    @invariant()
    def nobody_waits_without_need(self) -> None:
        statistics = self.pool.statistics
        if self.waiting:
            assert statistics.idle == 0
            full = statistics.total + statistics.opening + statistics.closing == MOST
            assert full or statistics.opening >= len(self.waiting)

    @invariant()
    def served_in_the_order_of_coming(self) -> None:
        assert self.served == sorted(self.served)

    @invariant()
    def each_connection_has_one_borrower(self) -> None:
        assert len({lease.connection for lease in self.leases}) == len(self.leases)

    def teardown(self) -> None:
        try:
            for borrower in self.waiting:
                borrower.task.cancel()
            self.on_the_loop(*(lease.release for lease in self.leases))
            # In real time, so that a mutant that never ends fails the test, not the run.
            self.loop.run_until_complete(asyncio.wait_for(self.pool.close(0), 2))
            assert not self.server.alive
        finally:
            left = [task for task in asyncio.all_tasks(self.loop) if not task.cancel()]
            self.loop.run_until_complete(asyncio.sleep(0))
            self.loop.close()
            assert not left


TestPool = PoolMachine.TestCase
TestPool.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
