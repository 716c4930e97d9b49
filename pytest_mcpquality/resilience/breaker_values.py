"""The values around a circuit breaker: its settings, states, events and statistics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Self

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides


class BreakerState(Enum):
    """What a breaker does with calls."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class BreakerEventKind(Enum):
    """What listeners are told of."""

    STATE_CHANGED = "state changed"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    REJECTED = "rejected"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class BreakerEvent:
    """Something that happened in a breaker.

    Attributes:
        breaker: The breaker's name.
        kind: What happened.
        at: When, in seconds of the breaker's monotonic clock.
        old: The state before; for all but state changes the same as `new`.
        new: The state after.
        error: What the call raised, or what it was refused with.
    """

    breaker: str
    kind: BreakerEventKind
    at: float
    old: BreakerState
    new: BreakerState
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """When a breaker opens and closes; the defaults are those of opossum and resilience4j where these agree.

    Attributes:
        consecutive_failures: So many failures in a row open it.
        failure_rate: More than this share of the window's completed calls failing opens it (0 to 1; exactly this
            share does not).
        minimum_calls: So many completed calls must be in the window before its failure rate counts.
        window_seconds: The length of the rolling window.
        window_buckets: The window moves on by this fraction of itself.
        call_timeout: Seconds a call may take; None is without limit. Taking longer is a failure.
        open_seconds: So long it stays open before trial calls go through.
        trial_calls: So many of them at the same time.
        trial_successes: So many of them must succeed to close it; the first failure opens it again.
        counted: The exceptions that count as failures.
        ignored: Those among them that do not, after all; such a call says nothing about the server.
    """

    consecutive_failures: int = 5
    failure_rate: float = 0.5
    minimum_calls: int = 10
    window_seconds: float = 10.0
    window_buckets: int = 10
    call_timeout: float | None = 5.0
    open_seconds: float = 30.0
    trial_calls: int = 3
    trial_successes: int = 2
    counted: tuple[type[Exception], ...] = (Exception,)
    ignored: tuple[type[Exception], ...] = ()

    def __post_init__(self) -> None:
        for name in ("consecutive_failures", "minimum_calls", "window_buckets", "trial_calls", "trial_successes"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1")
        for name in ("window_seconds", "open_seconds"):
            _require(getattr(self, name) > 0, f"{name} must be more than 0 seconds")
        _require(self.call_timeout is None or self.call_timeout > 0, "call_timeout must be more than 0 seconds or None")
        _require(0 <= self.failure_rate <= 1, "failure_rate must be between 0 and 1")

    @classmethod
    def never(cls) -> Self:
        """Never opens and sets no limit: for debugging."""
        return cls(consecutive_failures=10**9, failure_rate=1.0, call_timeout=None)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise UsageError(f"breaker settings: {otherwise}")


@dataclass(frozen=True, slots=True)
class BreakerStatistics:
    """What a breaker has seen since it was made.

    Attributes:
        state: What it does now.
        total: Calls that have ended: successful, failed, rejected and neutral ones.
        successful: Calls that returned.
        failed: Calls that raised what counts, or timed out.
        rejected: Calls it did not let through.
        timeouts: The failed ones that took too long.
        neutral: Calls that say nothing: cancelled, raised what does not count, or began before the latest change
            of state.
        consecutive_failures: Failures since the last success.
        consecutive_successes: Successes since the last failure.
        failure_rate: Share of the failed among the completed calls in the window, 0 to 1; 0 without any.
        state_changes: How often it changed its state.
        last_failure: When, in seconds of the monotonic clock.
        last_success: The same.
    """

    state: BreakerState
    total: int
    successful: int
    failed: int
    rejected: int
    timeouts: int
    neutral: int
    consecutive_failures: int
    consecutive_successes: int
    failure_rate: float
    state_changes: int
    last_failure: float | None
    last_success: float | None
