"""Answers that are expensive to get: kept fresh for a while, given stale when no better can be had."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from pytest_mcpquality.resilience.cache.disk import DiskTier
from pytest_mcpquality.resilience.cache.memory import MemoryTier
from pytest_mcpquality.resilience.cache.ttl import DEFAULT_TTL, NEGATIVE_TTL
from pytest_mcpquality.resilience.cache.values import (
    Answer,
    Entry,
    Json,
    NoAnswerError,
    SharedTier,
    Source,
    Tier,
    TierStatistics,
)
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.single_flight import SingleFlight

STALE_FOR = 7 * 24 * 3600.0
"""Seconds after its freshness that an answer may still stand in for one that cannot be had (ours: a week)."""

_SKEW = 24 * 3600.0
"""Seconds that an entry may be from the future, as clocks of machines differ; with more, one of them was set."""


class Cache:
    """Memory in front of an optional file, in front of an optional tier that is shared with other machines.

    Args:
        memory: The first tier.
        disk: The second; None keeps everything in this process.
        shared: The third; only `get_or_compute` asks it.
        stale_for: Seconds that an answer may stand in after it is no longer fresh.
        clock: Where the time of day comes from.
    """

    def __init__(
        self,
        memory: MemoryTier | None = None,
        disk: DiskTier | None = None,
        shared: SharedTier | None = None,
        *,
        stale_for: float = STALE_FOR,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._memory = memory or MemoryTier(clock=clock)
        self._tiers: dict[Source, Tier] = {Source.MEMORY: self._memory}
        if disk is not None:
            self._tiers[Source.DISK] = disk
        self._shared = shared
        self._stale_for = stale_for
        self._clock = clock
        self._flights: SingleFlight[str, Answer] = SingleFlight()

    def __repr__(self) -> str:
        tiers = ", ".join(f"{source.value} {held.hit_rate:.0%} hits" for source, held in self.statistics.items())
        return f"<Cache: {tiers}>"

    @property
    def statistics(self) -> Mapping[Source, TierStatistics]:
        """What each tier has done."""
        local = {source: tier.statistics for source, tier in self._tiers.items()}
        return local | ({} if self._shared is None else {Source.SHARED: self._shared.statistics})

    def get(self, key: str) -> Answer | None:
        """A fresh answer, if there is one.

        Raises:
            NoAnswerError: It is known that there is none.
        """
        answer, _ = self._look(key)
        return answer

    def kept(self, key: str) -> Answer | None:
        """An answer as it is kept here, fresh or stale."""
        try:
            answer, stale = self._look(key)
        except NoAnswerError:
            return None
        return answer or (None if stale is None else Answer(stale.value, Source.STALE))

    def put(self, key: str, value: Json, *, ttl: float = DEFAULT_TTL) -> None:
        """Keep an answer here; it is fresh for `ttl` seconds.

        Raises:
            TypeError: The value is no JSON (only noticed with a file).
        """
        self._keep(key, self._entry(value, ttl))

    def put_negative(self, key: str, *, ttl: float = NEGATIVE_TTL, detail: Json = None) -> None:
        """Keep here that there is no answer."""
        self._keep(key, self._entry(detail, ttl, negative=True))

    def clear(self) -> None:
        """Keep nothing here."""
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
        return answer or await self._flights.run(key, lambda: self._find(key, compute, ttl, stale))

    async def _find(self, key: str, compute: Callable[[], Awaitable[Json]], ttl: float, stale: Entry | None) -> Answer:
        """What others have, else what is computed."""
        if self._shared is None:
            return await self._compute(key, compute, ttl, stale)
        now = self._now()
        entry = await self._shared.get(key, now)
        if entry is not None and _fresh(entry, now):
            self._keep(key, entry)
            return _answer(key, entry, Source.SHARED)
        if entry is not None and stale is None and _usable(entry, now):
            stale = entry
        return await self._compute(key, compute, ttl, stale)

    async def _compute(
        self, key: str, compute: Callable[[], Awaitable[Json]], ttl: float, stale: Entry | None
    ) -> Answer:
        try:
            value = await compute()
        except NoAnswerError as error:
            if stale is not None and error.passing:
                # Not remembered: it would hide the answer that stands in.
                return Answer(stale.value, Source.STALE)
            await self._keep_everywhere(key, self._entry(error.detail, NEGATIVE_TTL, negative=True))
            raise
        except Exception:
            if stale is None:
                raise
            return Answer(stale.value, Source.STALE)
        await self._keep_everywhere(key, self._entry(value, ttl))
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
            if _fresh(entry, now):
                if source is not Source.MEMORY:
                    self._memory.put(key, entry, now)
                return _answer(key, entry, source), None
            if _usable(entry, now):
                stale = stale or entry
        return None, stale

    def _entry(self, value: Json, ttl: float, *, negative: bool = False) -> Entry:
        now = self._now()
        return Entry(value, now, now + ttl, now + ttl + self._stale_for, negative)

    def _keep(self, key: str, entry: Entry) -> None:
        now = self._now()
        for tier in self._tiers.values():
            # Each its own: they count hits apart.
            tier.put(key, replace(entry), now)

    async def _keep_everywhere(self, key: str, entry: Entry) -> None:
        self._keep(key, entry)
        if self._shared is not None:
            await self._shared.put(key, entry, self._now())

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _fresh(entry: Entry, now: float) -> bool:
    """Whether it is within its time; one from the future is of a clock that was wrong then, or is now."""
    return entry.stored_at - _SKEW <= now < entry.fresh_until


def _usable(entry: Entry, now: float) -> bool:
    """Whether it may stand in for one that cannot be had."""
    return not entry.negative and now < entry.kept_until


def _answer(key: str, entry: Entry, source: Source) -> Answer:
    if entry.negative:
        raise NoAnswerError(f"no answer to {key!r}, as was found out a while ago", detail=entry.value)
    return Answer(entry.value, source)
