"""The first tier: in this process, bounded."""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from cachetools import Cache, FIFOCache, LFUCache, LRUCache, TLRUCache

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.cache.values import Entry, TierStatistics
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock


class Eviction(Enum):
    """Who goes when it is full."""

    LRU = "least recently used"
    LFU = "least frequently used"
    FIFO = "first in, first out"
    TTL = "expired, then least recently used"


class MemoryTier:
    """Keeps so many entries.

    Args:
        size: Entries (not bytes).
        eviction: Who goes first.
        clock: Where the time of day comes from.
    """

    def __init__(self, size: int = 1000, eviction: Eviction = Eviction.LRU, *, clock: Clock = SYSTEM_CLOCK) -> None:
        if size < 1:
            raise UsageError("memory cache: size must be at least 1 entry")
        self._entries = _entries(size, eviction, clock)
        self._eviction = eviction
        self._hits = self._misses = self._evictions = 0

    def __repr__(self) -> str:
        return f"<MemoryTier {self._eviction.name}: {len(self._entries)} of {self._entries.maxsize:g} entries>"

    @property
    def statistics(self) -> TierStatistics:
        """What it has done."""
        return TierStatistics(len(self._entries), self._hits, self._misses, self._evictions)

    def get(self, key: str, now: float) -> Entry | None:
        """What is kept, fresh or not; counts as a hit only if it is fresh."""
        entry = self._entries.get(key)
        if entry is not None and now < entry.fresh_until:
            entry.hits += 1
            self._hits += 1
        else:
            self._misses += 1
        return entry

    def put(self, key: str, entry: Entry, now: float) -> None:
        """Keep it; somebody may have to go."""
        del now
        before = len(self._entries) + (key not in self._entries)
        self._entries[key] = entry
        self._evictions += before - len(self._entries)

    def clear(self) -> None:
        """Keep nothing."""
        self._entries.clear()


def _entries(size: int, eviction: Eviction, clock: Clock) -> Cache[str, Entry]:
    match eviction:
        case Eviction.LRU:
            return LRUCache(size)
        case Eviction.LFU:
            return LFUCache(size)
        case Eviction.FIFO:
            return FIFOCache(size)
        case Eviction.TTL:
            # It goes when nobody would want it even stale.
            return TLRUCache(size, ttu=_kept_until, timer=lambda: clock.now().timestamp())
        case _:
            assert_never(eviction)


def _kept_until(_key: str, entry: Entry, _now: float) -> float:
    return entry.kept_until
