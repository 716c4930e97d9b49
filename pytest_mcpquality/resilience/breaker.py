"""A circuit breaker: calls to a server that keeps failing fail at once, until it has recovered.

Closed, it lets every call through and counts. It opens after some failures in a row, or when too many calls in a
rolling window fail. Open, it rejects. After a while it is half-open: a few trial calls go through, and decide.

Every decision is made in one synchronous step from a few attributes; listeners are told afterwards. Each change of
state begins a new generation, and what a call of an older one brings counts no more.
"""

from __future__ import annotations

import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from functools import wraps
from types import CoroutineType
from typing import Any, ParamSpec, TypeVar

from pytest_mcpquality.resilience.breaker_values import (
    BreakerEvent,
    BreakerEventKind,
    BreakerSettings,
    BreakerState,
    BreakerStatistics,
)
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.deadline import ENDED, Deadline, as_coroutine, finish, kept
from pytest_mcpquality.resilience.errors import BreakerOpenError, CallTimeoutError, EventLoopError
from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.resilience.window import RollingWindow

__tracebackhide__ = hides

P = ParamSpec("P")
T = TypeVar("T")
Listener = Callable[[BreakerEvent], object]

_CLOSED, _OPEN, _HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
_LOG = logging.getLogger(__name__)


class CircuitBreaker:
    """Lets calls to one server through, or fails them at once.

    Args:
        name: The server's name, for messages.
        settings: When it opens and closes.
        clock: Where time comes from.
    """

    # More attributes than an instance's dictionary shares the keys of: looking one up would cost twice as much.
    __slots__ = (
        "__weakref__",
        "_call_timeout",
        "_clock",
        "_events",
        "_failed",
        "_failures_in_a_row",
        "_forced",
        "_generation",
        "_ignored",
        "_last_error",
        "_last_failure",
        "_last_success",
        "_listeners",
        "_monotonic",
        "_neutral",
        "_quiet_generation",
        "_rejected",
        "_retry_at",
        "_retry_at_wall",
        "_state",
        "_state_changes",
        "_successes_at_failure",
        "_successful",
        "_telling",
        "_timeouts",
        "_trial_number",
        "_trial_successes",
        "_trials",
        "_window",
        "name",
        "settings",
    )

    def __init__(
        self, name: str = "server", settings: BreakerSettings | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.name = name
        self.settings = settings or BreakerSettings()
        self._clock = clock
        self._monotonic = clock.monotonic
        self._call_timeout = self.settings.call_timeout
        self._ignored: tuple[type[Exception], ...] = (EventLoopError, *self.settings.ignored)
        self._state = _CLOSED
        self._forced = False
        self._generation = 0
        self._window = RollingWindow(self.settings.window_seconds, self.settings.window_buckets)
        self._listeners: tuple[Listener, ...] = ()
        self._events: deque[BreakerEvent] = deque()
        self._telling = False
        self._successful = self._failed = self._rejected = self._timeouts = self._neutral = 0
        self._failures_in_a_row = 0
        self._successes_at_failure = 0
        self._state_changes = 0
        self._last_success: float | None = None
        self._last_failure: float | None = None
        self._last_error: BaseException | None = None
        self._retry_at = 0.0
        self._retry_at_wall: datetime | None = None
        # Of the half-open state: trial calls under way by number, with the time each began.
        self._trials: dict[int, float] = {}
        self._trial_number = 0
        self._trial_successes = 0
        # The generation while a success changes nothing but counters, which is how nearly all calls go; else -1.
        self._quiet_generation = 0
        self._window.clear(self._monotonic(), 0, 0)

    def __repr__(self) -> str:
        forced = "forced " if self._forced else ""
        seen = f"{self._successful} ok, {self._failed} failed, {self._rejected} rejected"
        return f"<CircuitBreaker {self.name!r} {forced}{self.state.value}: {seen}>"

    @property
    def state(self) -> BreakerState:
        """What it does with the next call; open becomes half-open when the time has come, call or not."""
        if self._state is _OPEN and not self._forced and self._monotonic() >= self._retry_at:
            return _HALF_OPEN
        return self._state

    @property
    def forced(self) -> bool:
        """Whether `force_open` or `force_close` hold it where it is."""
        return self._forced

    @property
    def statistics(self) -> BreakerStatistics:
        """What it has seen since it was made."""
        self._roll(self._monotonic())
        successful, failed = self._window.grown(self._successful, self._failed)
        return BreakerStatistics(
            state=self.state,
            total=self._successful + self._failed + self._rejected + self._neutral,
            successful=self._successful,
            failed=self._failed,
            rejected=self._rejected,
            timeouts=self._timeouts,
            neutral=self._neutral,
            consecutive_failures=self._failures_in_a_row,
            consecutive_successes=self._successful - self._successes_at_failure,
            failure_rate=failed / (successful + failed) if successful + failed else 0.0,
            state_changes=self._state_changes,
            last_failure=self._last_failure,
            last_success=self._last_success,
        )

    async def call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call and await `function`, if the breaker lets it through.

        Raises:
            BreakerOpenError: It does not.
            CallTimeoutError: The call took longer than `call_timeout`, and was cancelled.
            Exception: Whatever the call raised, unchanged.
        """
        if self._state is _CLOSED:
            generation, trial = self._generation, 0
        else:
            generation, trial = self._admit()
        try:
            call: Any = function(*args, **kwargs)
            # A timer costs more than all the rest of this, and a call that ends in its first step needs none.
            box: list[T] = []
            if type(call) is not CoroutineType:
                call = as_coroutine(call)
            steps = kept(call, box)  # pyright: ignore[reportUnknownArgumentType] - of CoroutineType it knows no more
            waits_for = next(steps, ENDED)
            if waits_for is not ENDED:
                await finish(steps, waits_for, Deadline(self._clock, self._call_timeout, self._timed_out))
        except BaseException as error:
            self._on_error(generation, trial, error)
            raise
        if generation == self._quiet_generation:
            self._last_success = now = self._monotonic()
            if now >= self._window.ends:
                self._window.roll(now, self._successful, self._failed)
            self._successful += 1
        else:
            self._on_success(generation, trial)
        return box[0]

    async def call_or(
        self,
        fallback: Callable[[Exception], Awaitable[T] | T],
        function: Callable[P, Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Like `call`; where the breaker rejects or the call fails, the result is what `fallback(error)` gives.

        Errors that do not count as failures are answers of the server, and raised.
        """
        try:
            return await self.call(function, *args, **kwargs)
        except Exception as error:
            if not (isinstance(error, BreakerOpenError) or self._counts(error)):
                raise
            instead: Any = fallback(error)
        result: T = await instead if inspect.isawaitable(instead) else instead
        return result

    def protect(self, function: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        """A decorator: every call of `function` goes through this breaker."""

        @wraps(function)
        async def protected(*args: P.args, **kwargs: P.kwargs) -> T:
            return await self.call(function, *args, **kwargs)

        return protected

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of every event, in order, after it has happened; what it raises is logged, no more.

        Returns:
            A function that ends the subscription.
        """
        self._listeners = (*self._listeners, listener)
        self._settle()

        def unsubscribe() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)
            self._settle()

        return unsubscribe

    def force_open(self) -> None:
        """Reject every call until `reset` or `force_close`, whatever the calls under way bring."""
        self._force(_OPEN)

    def hold_open(self, seconds: float) -> None:
        """Reject every call for so long, as after failures: for a server that says when it wants to be asked again.

        Without effect on a breaker that is forced, or that stays open for longer anyway.
        """
        now = self._monotonic()
        if self._forced or (self._state is _OPEN and self._retry_at >= now + seconds):
            return
        self._change(_OPEN, now, seconds)
        self._tell()

    def force_close(self) -> None:
        """Let every call through until `reset` or `force_open`, whatever the calls bring."""
        self._force(_CLOSED)

    def reset(self) -> None:
        """Closed, as when it was made: forgets the window and all failures in a row; the statistics go on."""
        self._force(_CLOSED)
        self._forced = False
        self._settle()

    def _force(self, state: BreakerState) -> None:
        self._forced = True
        self._failures_in_a_row = 0
        self._successes_at_failure = self._successful
        self._change(state, self._monotonic())
        self._tell()

    def _admit(self) -> tuple[int, int]:
        """Let a call through that comes while the breaker is not closed: its generation and trial number.

        Raises:
            BreakerOpenError: It must not go through.
        """
        now = self._monotonic()
        if self._state is _OPEN:
            if self._forced or now < self._retry_at:
                raise self._rejection(now)
            self._change(_HALF_OPEN, now)
        if len(self._trials) >= self.settings.trial_calls:
            self._forget_lost_trials(now)
            if len(self._trials) >= self.settings.trial_calls:
                raise self._rejection(now)
        self._trial_number += 1
        self._trials[self._trial_number] = now
        admitted = self._generation, self._trial_number
        self._tell()
        return admitted

    def _forget_lost_trials(self, now: float) -> None:
        """A trial that never ends (no `call_timeout`, or deaf to cancellation) must not keep its slot for ever."""
        patience = max(self.settings.open_seconds, 2 * (self._call_timeout or 0.0))
        self._trials = {number: began for number, began in self._trials.items() if now - began < patience}

    def _rejection(self, now: float) -> BreakerOpenError:
        self._rejected += 1
        if self._forced:
            error = BreakerOpenError(self.name, None, None, self._last_error)
        elif self._state is _OPEN:
            error = BreakerOpenError(self.name, self._retry_at - now, self._retry_at_wall, self._last_error)
        else:
            error = BreakerOpenError(self.name, 0.0, None, self._last_error)
        if self._listeners:
            self._emit(BreakerEventKind.REJECTED, now, error)
            self._tell()
        return error

    def _timed_out(self) -> CallTimeoutError:
        return CallTimeoutError(server=self.name, seconds=self._call_timeout or 0.0)

    def _counts(self, error: BaseException) -> bool:
        if isinstance(error, CallTimeoutError) and error.server == self.name:
            return True
        return isinstance(error, self.settings.counted) and not isinstance(error, self._ignored)

    def _has_a_say(self, generation: int, trial: int) -> bool:
        """Whether the result of a call still matters; gives its slot back if it was a trial."""
        return generation == self._generation and (not trial or self._trials.pop(trial, None) is not None)

    def _on_success(self, generation: int, trial: int) -> None:
        now = self._monotonic()
        if not self._has_a_say(generation, trial):
            self._neutral += 1
            self._emit(BreakerEventKind.NEUTRAL, now)
        else:
            self._roll(now)
            self._successful += 1
            self._last_success = now
            self._failures_in_a_row = 0
            self._emit(BreakerEventKind.SUCCEEDED, now)
            self._judge(now, failed=False)
        self._settle()
        self._tell()

    def _on_error(self, generation: int, trial: int, error: BaseException) -> None:
        now = self._monotonic()
        if not (self._has_a_say(generation, trial) and self._counts(error)):
            self._neutral += 1
            self._emit(BreakerEventKind.NEUTRAL, now, error)
        else:
            self._roll(now)
            self._count_failure(now, error)
            self._judge(now, failed=True)
        self._settle()
        self._tell()

    def _count_failure(self, now: float, error: BaseException) -> None:
        late = isinstance(error, CallTimeoutError)
        self._failed += 1
        self._timeouts += late
        self._failures_in_a_row += 1
        self._successes_at_failure = self._successful
        self._last_failure, self._last_error = now, error
        self._emit(BreakerEventKind.TIMED_OUT if late else BreakerEventKind.FAILED, now, error)

    def _judge(self, now: float, *, failed: bool) -> None:
        """Change the state if the call that has just been counted asks for it."""
        if self._forced:
            return
        if self._state is _HALF_OPEN:
            self._trial_successes += not failed
            if failed:
                self._change(_OPEN, now)
            elif self._trial_successes >= self.settings.trial_successes:
                self._change(_CLOSED, now)
        elif self._failures_in_a_row >= self.settings.consecutive_failures or self._fails_too_often():
            self._change(_OPEN, now)

    def _fails_too_often(self) -> bool:
        successful, failed = self._window.grown(self._successful, self._failed)
        completed = successful + failed
        return completed >= self.settings.minimum_calls and failed > self.settings.failure_rate * completed

    def _change(self, new: BreakerState, now: float, open_seconds: float | None = None) -> None:
        """Begin a new generation; listeners are told by whoever called this, when all is consistent."""
        old, self._state = self._state, new
        self._generation += 1
        self._trials = {}
        self._trial_successes = 0
        self._window.clear(now, self._successful, self._failed)
        if new is _OPEN:
            seconds = self.settings.open_seconds if open_seconds is None else open_seconds
            self._retry_at = now + seconds
            self._retry_at_wall = self._clock.now() + timedelta(seconds=seconds)
        if old is not new:
            self._state_changes += 1
            self._emit(BreakerEventKind.STATE_CHANGED, now, old=old)
        self._settle()

    def _roll(self, now: float) -> None:
        if now >= self._window.ends:
            self._window.roll(now, self._successful, self._failed)
            self._settle()

    def _settle(self) -> None:
        """Find out whether the next success may take the short way."""
        _, failed = self._window.grown(self._successful, self._failed)
        troubled = failed or self._failures_in_a_row
        quiet = self._state is _CLOSED and not (self._forced or self._listeners or troubled)
        self._quiet_generation = self._generation if quiet else -1

    def _emit(
        self,
        kind: BreakerEventKind,
        now: float,
        error: BaseException | None = None,
        old: BreakerState | None = None,
    ) -> None:
        if self._listeners:
            self._events.append(BreakerEvent(self.name, kind, now, old or self._state, self._state, error))

    def _tell(self) -> None:
        """Hand the events on; a listener that calls the breaker again only adds to them."""
        if self._telling:
            return
        self._telling = True
        try:
            while self._events:
                event = self._events.popleft()
                for listener in self._listeners:
                    _tell_one(listener, event)
        finally:
            self._telling = False


def _tell_one(listener: Listener, event: BreakerEvent) -> None:
    try:
        listener(event)
    except Exception:  # noqa: BLE001 - it may be anything, and must not decide how the call ends
        _LOG.exception("a listener of the breaker of %r failed on %s", event.breaker, event.kind.value)
