"""A breaker under any sequence of calls, results, cancellations and passing time does what a naive model does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pytest_mcpquality.resilience.breaker import CircuitBreaker
from pytest_mcpquality.resilience.breaker_values import BreakerEventKind, BreakerSettings, BreakerState
from pytest_mcpquality.testing import FakeClock

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


class ServerError(Exception):
    """What a failing server raises."""


@dataclass
class Model:
    """The rules, written down without regard to speed: it keeps every result there was."""

    now: float
    state: BreakerState = CLOSED
    forced: bool = False
    generation: int = 0
    changes: int = 0
    since: float = 0.0
    row: int = 0
    results: list[tuple[float, bool]] = field(default_factory=list)
    trials: dict[int, float] = field(default_factory=dict)
    trial_successes: int = 0
    successful: int = 0
    failed: int = 0
    rejected: int = 0
    neutral: int = 0

    def __post_init__(self) -> None:
        self.since = self.now

    def enter(self, state: BreakerState) -> None:
        self.changes += state is not self.state
        self.state, self.since = state, self.now
        self.generation += 1
        self.results, self.trials, self.trial_successes = [], {}, 0

    def shown(self) -> BreakerState:
        return HALF_OPEN if self.state is OPEN and not self.forced and self.now >= self.since + 30 else self.state

    def admits(self, call: int) -> bool:
        if self.shown() is HALF_OPEN and self.state is OPEN:
            self.enter(HALF_OPEN)
        if self.state is HALF_OPEN:
            if len(self.trials) >= 3:
                self.trials = {number: began for number, began in self.trials.items() if self.now - began < 30}
            if len(self.trials) < 3:
                self.trials[call] = self.now
                return True
        if self.state is CLOSED:
            return True
        self.rejected += 1
        return False

    def ended(self, call: int, generation: int, *, trial: bool, ok: bool | None) -> None:
        stale = generation != self.generation or (trial and self.trials.pop(call, None) is None)
        if stale or ok is None:
            self.neutral += 1
            return
        self.successful += ok
        self.failed += not ok
        self.row = 0 if ok else self.row + 1
        self.results.append((self.now, ok))
        if not self.forced:
            self.judge(ok=ok)

    def judge(self, *, ok: bool) -> None:
        if self.state is HALF_OPEN:
            self.trial_successes += ok
            if not ok:
                self.enter(OPEN)
            elif self.trial_successes == 2:
                self.enter(CLOSED)
        elif self.row >= 5 or (len(self.window()) >= 10 and self.rate() > 0.5):
            self.enter(OPEN)

    def window(self) -> list[bool]:
        bucket = int(self.now - self.since)
        return [ok for at, ok in self.results if bucket - int(at - self.since) < 10]

    def rate(self) -> float:
        window = self.window()
        return window.count(False) / len(window) if window else 0.0

    def force(self, state: BreakerState, *, forced: bool) -> None:
        self.forced, self.row = forced, 0
        self.enter(state)


@dataclass
class Call:
    """A call that is under way."""

    number: int
    generation: int
    trial: bool
    task: asyncio.Task[str]
    outcome: asyncio.Future[str]


class BreakerMachine(RuleBasedStateMachine):
    """The real breaker beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = FakeClock()
        self.breaker = CircuitBreaker(settings=BreakerSettings(call_timeout=None), clock=self.clock)
        self.model = Model(self.clock.monotonic())
        self.calls: list[Call] = []
        self.number = 0
        self.transitions = 0
        self.watching = False

    def settle(self) -> None:
        async def twice() -> None:
            for _ in range(3):
                await asyncio.sleep(0)

        self.loop.run_until_complete(twice())

    @rule()
    def begin_one(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.number += 1
        outcome: asyncio.Future[str] = self.loop.create_future()

        async def call() -> str:
            return await outcome

        task = self.loop.create_task(self.breaker.call(call))
        admitted = self.model.admits(self.number)
        trial = self.model.state is HALF_OPEN
        self.settle()
        assert task.done() is not admitted
        if admitted:
            self.calls.append(Call(self.number, self.model.generation, trial, task, outcome))
        else:
            assert task.exception() is not None

    @rule(count=st.integers(2, 5))
    def begin_several(self, count: int) -> None:
        for _ in range(count):
            self.begin()

    @rule()
    def break_down_for_a_while(self) -> None:
        self.call_quickly(5, ok=False)
        self.pass_time(120)

    @rule(count=st.integers(2, 6))
    def a_crowd_comes_after_a_break_down(self, count: int) -> None:
        self.break_down_for_a_while()
        for _ in range(count):
            self.begin()

    @rule(count=st.integers(8, 14))
    def every_other_call_fails(self, count: int) -> None:
        for number in range(count):
            self.call_quickly(1, ok=number % 2 == 0)

    @rule(count=st.integers(1, 12), ok=st.booleans())
    def quick_calls(self, count: int, ok: bool) -> None:
        self.call_quickly(count, ok=ok)

    def call_quickly(self, count: int, *, ok: bool) -> None:
        for _ in range(count):
            before = len(self.calls)
            self.begin()
            if len(self.calls) > before:
                self.end(self.calls.pop(), ok=ok)

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), ok=st.sampled_from([True, False, None]))
    def end_one(self, data: st.DataObject, ok: bool | None) -> None:
        self.end(self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1))), ok=ok)

    def end(self, call: Call, *, ok: bool | None) -> None:
        if ok is None:
            call.task.cancel()
        elif ok:
            call.outcome.set_result("answer")
        else:
            call.outcome.set_exception(ServerError())
        self.settle()
        assert call.task.done()
        assert call.task.cancelled() or isinstance(call.task.exception(), ServerError | None)
        self.model.ended(call.number, call.generation, trial=call.trial, ok=ok)

    # Quarters of a second are exact in binary: no test fails over the last bit of an edge.
    @rule(quarters=st.one_of(st.integers(1, 8), st.integers(36, 44), st.integers(116, 124)))
    def wait(self, quarters: int) -> None:
        self.pass_time(quarters)

    def pass_time(self, quarters: int) -> None:
        self.clock.advance(quarters / 4)
        self.model.now += quarters / 4

    @rule()
    def force_open(self) -> None:
        self.breaker.force_open()
        self.model.force(OPEN, forced=True)

    @rule()
    def force_close(self) -> None:
        self.breaker.force_close()
        self.model.force(CLOSED, forced=True)

    @rule()
    def reset(self) -> None:
        self.breaker.reset()
        self.model.force(CLOSED, forced=False)

    @precondition(lambda self: not self.watching)
    @rule()
    def watch(self) -> None:
        self.watching = True
        self.transitions = self.model.changes

        def count(event: object) -> None:
            self.transitions += getattr(event, "kind", None) is BreakerEventKind.STATE_CHANGED

        self.breaker.subscribe(count)

    @invariant()
    def they_agree(self) -> None:
        statistics, model = self.breaker.statistics, self.model
        assert statistics.state is model.shown()
        assert (statistics.successful, statistics.failed) == (model.successful, model.failed)
        assert (statistics.rejected, statistics.neutral) == (model.rejected, model.neutral)
        assert statistics.consecutive_failures == model.row
        assert statistics.failure_rate == model.rate()
        assert statistics.state_changes == model.changes
        assert not self.watching or self.transitions == model.changes
        assert statistics.total == model.successful + model.failed + model.rejected + model.neutral

    def teardown(self) -> None:
        for call in self.calls:
            call.task.cancel()
        self.settle()
        self.loop.close()


TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
