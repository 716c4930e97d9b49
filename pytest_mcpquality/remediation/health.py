"""Whether documentation can be had: one word, with the figures behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from pytest_mcpquality.remediation.statistics import DocsStatistics
from pytest_mcpquality.resilience.breaker_values import BreakerState

_SLOW: Final = 2.0  # seconds a request, in the mean
_SOME_ERRORS: Final = 0.1
_MANY_ERRORS: Final = 0.5
_LITTLE_LEFT: Final = 0.1  # of the quota


class HealthState(Enum):
    """How well the service and what is around it work."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Health:
    """The state and why.

    Attributes:
        state: How well it works.
        reasons: What is wrong, or why nothing can be said; empty when it is healthy.
        response_time: Mean seconds a request.
        error_rate: Share of the requests that brought nothing, 0 to 1.
        hit_rate: Share of the questions that were answered from the cache, 0 to 1.
    """

    state: HealthState
    reasons: tuple[str, ...]
    response_time: float
    error_rate: float
    hit_rate: float


def assess(statistics: DocsStatistics) -> Health:
    """How well a client works, by its figures; one that has asked nothing is not called healthy."""
    bad, poor = _bad(statistics), _poor(statistics)
    state = HealthState.UNHEALTHY if bad else HealthState.DEGRADED if poor else HealthState.HEALTHY
    return Health(state, (*bad, *poor), statistics.latency, statistics.error_rate, statistics.hit_rate)


def _bad(of: DocsStatistics) -> list[str]:
    """What keeps documentation from being had."""
    found: list[str] = []
    if of.breaker.state is BreakerState.OPEN:
        found.append("the service is left alone: it has failed, or said so")
    if of.quota.remaining == 0:
        found.append("no requests are left of the quota")
    if of.failure_rate > _MANY_ERRORS:
        found.append(f"{of.failure_rate:.0%} of the requests failed")
    return found


def _poor(of: DocsStatistics) -> list[str]:
    """What makes it slower, or may soon keep it from being had."""
    found = [f"the {tier} cache is done without: {trouble}" for tier, trouble in of.troubles.items()]
    if not of.requests:
        found.append("nothing has been asked yet")
    if of.breaker.state is BreakerState.HALF_OPEN:
        found.append("the service is being tried again after it had failed")
    if _SOME_ERRORS < of.failure_rate <= _MANY_ERRORS:
        found.append(f"{of.failure_rate:.0%} of the requests failed")
    if of.latency > _SLOW:
        found.append(f"a request takes {of.latency:.1f} s")
    if of.quota.limit and of.quota.remaining and of.quota.remaining < _LITTLE_LEFT * of.quota.limit:
        found.append(f"{of.quota.remaining} of {of.quota.limit} requests are left of the quota")
    return found
