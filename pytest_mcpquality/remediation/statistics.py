"""What the client has done, as a value; `prometheus.exposition` and `health.assess` are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pytest_mcpquality.remediation.values import MissReason
from pytest_mcpquality.resilience.breaker_values import BreakerStatistics
from pytest_mcpquality.resilience.cache.values import TierStatistics
from pytest_mcpquality.resilience.pool_values import PoolStatistics


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests that the service still grants, as its last answer said; None where it did not say.

    Attributes:
        limit: Requests in all.
        remaining: Requests left.
        reset_at: When they are granted anew, UTC.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DocsStatistics:
    """What a client has done since it was made.

    Attributes:
        requests: Requests that were sent, retries included.
        answered: Those among them that brought what was asked for.
        errors: The others by kind: `unreachable`, `quota`, ...; the values of `MissReason`.
        retries: Requests that were sent again.
        seconds: How long all requests took together.
        slowest: How long the slowest took.
        fetches: Questions to the client.
        kept: Questions that were answered from a cache, by tier: `memory`, `disk`, `shared`, `stale`.
        tiers: Each tier of the cache: size, hits, misses, evictions.
        troubles: What is wrong with a tier that was given up, by tier.
        breaker: The breaker around the service.
        pool: The pool of MCP connections; None over REST.
        quota: What the service still grants.
    """

    requests: int
    answered: int
    errors: Mapping[str, int]
    retries: int
    seconds: float
    slowest: float
    fetches: int
    kept: Mapping[str, int]
    tiers: Mapping[str, TierStatistics]
    breaker: BreakerStatistics
    pool: PoolStatistics | None = None
    quota: Quota = field(default_factory=Quota)
    troubles: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def latency(self) -> float:
        """Mean seconds a request; 0 without any."""
        return self.seconds / self.requests if self.requests else 0.0

    @property
    def error_rate(self) -> float:
        """Share of the requests that brought nothing, 0 to 1; 0 without any."""
        return sum(self.errors.values()) / self.requests if self.requests else 0.0

    @property
    def failure_rate(self) -> float:
        """Share of the requests that the service failed at, 0 to 1: that it has nothing is no failure."""
        nothing = sum(self.errors.get(reason.value, 0) for reason in (MissReason.NOT_FOUND, MissReason.PENDING))
        return (sum(self.errors.values()) - nothing) / self.requests if self.requests else 0.0

    @property
    def hit_rate(self) -> float:
        """Share of the questions that were answered from a cache while fresh, 0 to 1; 0 without any."""
        fresh = sum(count for tier, count in self.kept.items() if tier != "stale")
        return fresh / self.fetches if self.fetches else 0.0
