"""Answers that are expensive to get: kept fresh for a while, given stale when no better can be had."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from pytest_mcpquality.resilience.cache.disk import DiskTier
from pytest_mcpquality.resilience.cache.memory import MemoryTier
from pytest_mcpquality.resilience.cache.ttl import DEFAULT_TTL, NEGATIVE_TTL
from pytest_mcpquality.resilience.cache.values import (
    Answer,
    Entry,
    Json,
    NoAnswerError,
    Source,
    Tier,
    TierStatistics,
)
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.single_flight import SingleFlight

STALE_FOR = 7 * 24 * 3600.0
"""Seconds after its freshness that an answer may still stand in for one that cannot be had (ours: a week)."""


class Cache:
    """Memory in front of an optional file.

    Args:
        memory: The first tier.
        disk: The second; None keeps everything in this process.
        stale_for: Seconds that an answer may stand in after it is no longer fresh.
        clock: Where the time of day comes from.
    """

    def __init__(
        self,
        memory: MemoryTier | None = None,
        disk: DiskTier | None = None,
        *,
        stale_for: float = STALE_FOR,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._memory = memory or MemoryTier(clock=clock)
        self._tiers: dict[Source, Tier] = {Source.MEMORY: self._memory}
        if disk is not None:
            self._tiers[Source.DISK] = disk
        self._stale_for = stale_for
        self._clock = clock
        self._flights: SingleFlight[str, Answer] = SingleFlight()

    def __repr__(self) -> str:
        tiers = ", ".join(f"{tier.value} {held.statistics.hit_rate:.0%} hits" for tier, held in self._tiers.items())
        return f"<Cache: {tiers}>"

    @property
    def statistics(self) -> Mapping[Source, TierStatistics]:
        """What each tier has done."""
        return {source: tier.statistics for source, tier in self._tiers.items()}

    def get(self, key: str) -> Answer | None:
        """A fresh answer, if there is one.

        Raises:
            NoAnswerError: It is known that there is none.
        """
        answer, _ = self._look(key)
        return answer

    def put(self, key: str, value: Json, *, ttl: float = DEFAULT_TTL) -> None:
        """Keep an answer; it is fresh for `ttl` seconds.

        Raises:
            TypeError: The value is no JSON (only noticed with a file).
        """
        self._keep(key, value, ttl, negative=False)

    def put_negative(self, key: str, *, ttl: float = NEGATIVE_TTL) -> None:
        """Keep that there is no answer."""
        self._keep(key, None, ttl, negative=True)

    def clear(self) -> None:
        """Keep nothing."""
        for tier in self._tiers.values():
            tier.clear()

    async def get_or_compute(
        self, key: str, compute: Callable[[], Awaitable[Json]], *, ttl: float = DEFAULT_TTL
    ) -> Answer:
        """A fresh answer, else a computed one, else a stale one; all who ask meanwhile share the computation.

        Raises:
            NoAnswerError: The computation says there is none, now or a while ago.
            Exception: What the computation raised, if there is no stale answer.
        """
        answer, stale = self._look(key)
        return answer or await self._flights.run(key, lambda: self._compute(key, compute, ttl, stale))

    async def _compute(
        self, key: str, compute: Callable[[], Awaitable[Json]], ttl: float, stale: Entry | None
    ) -> Answer:
        try:
            value = await compute()
        except NoAnswerError:
            self.put_negative(key)
            raise
        except Exception:
            if stale is None:
                raise
            return Answer(stale.value, Source.STALE)
        self.put(key, value, ttl=ttl)
        return Answer(value, Source.COMPUTED)

    def _look(self, key: str) -> tuple[Answer | None, Entry | None]:
        """A fresh answer, or the best stale one.

        Raises:
            NoAnswerError: It is known that there is none.
        """
        now = self._now()
        stale: Entry | None = None
        for source, tier in self._tiers.items():
            entry = tier.get(key, now)
            if entry is None:
                continue
            if now < entry.fresh_until:
                if source is not Source.MEMORY:
                    self._memory.put(key, entry, now)
                return _answer(key, entry, source), None
            if not entry.negative and now < entry.kept_until:
                stale = stale or entry
        return None, stale

    def _keep(self, key: str, value: Json, ttl: float, *, negative: bool) -> None:
        now = self._now()
        for tier in self._tiers.values():
            # Each its own: they count hits apart.
            tier.put(key, Entry(value, now, now + ttl, now + ttl + self._stale_for, negative), now)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _answer(key: str, entry: Entry, source: Source) -> Answer:
    if entry.negative:
        raise NoAnswerError(f"no answer to {key!r}, as was found out a while ago")
    return Answer(entry.value, source)
