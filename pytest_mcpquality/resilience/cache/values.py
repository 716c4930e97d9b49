"""The values around a cache."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from mcpquality_scanners.errors import McpQualityError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What can be kept: JSON, so that nothing in a cache file can run."""


class NoAnswerError(McpQualityError):
    """Raised by a computation to say that there is no answer, which is worth remembering, too.

    Args:
        message: For people.
        detail: Kept with it, for who asks again.
        passing: Whether there may be one soon: an older answer stands in meanwhile.
    """

    def __init__(self, message: str, *, detail: Json = None, passing: bool = False) -> None:
        super().__init__(message)
        self.detail = detail
        self.passing = passing


class Source(Enum):
    """Where an answer came from."""

    MEMORY = "memory"
    DISK = "disk"
    SHARED = "shared"
    COMPUTED = "computed"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Answer:
    """A value and where it came from."""

    value: Json
    source: Source


@dataclass(slots=True)
class Entry:
    """What is kept under a key.

    Attributes:
        value: The answer; of a negative one the detail of why.
        stored_at: When it was computed, in seconds since 1970 (files outlive a process and its monotonic clock).
        fresh_until: Until then it is given without a question.
        kept_until: Until then it may be given when no better can be had.
        negative: Whether it says that there is no answer.
        hits: How often it was given.
    """

    value: Json
    stored_at: float
    fresh_until: float
    kept_until: float
    negative: bool = False
    hits: int = 0


@dataclass(frozen=True, slots=True)
class TierStatistics:
    """What a tier has done.

    Attributes:
        size: Entries in it.
        hits: Questions it had a fresh answer to.
        misses: Questions it had none to.
        evictions: Entries it gave up for others, or because of their age.
    """

    size: int
    hits: int
    misses: int
    evictions: int

    @property
    def hit_rate(self) -> float:
        """Share of the questions it could answer, 0 to 1; 0 without any."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 0.0


class Tier(Protocol):
    """Somewhere that entries are kept."""

    @property
    def statistics(self) -> TierStatistics:
        """What it has done."""
        ...

    def get(self, key: str, now: float) -> Entry | None:
        """What is kept, fresh or not; counts as a hit only if it is fresh."""
        ...

    def put(self, key: str, entry: Entry, now: float) -> None:
        """Keep it."""
        ...

    def clear(self) -> None:
        """Keep nothing."""
        ...


class SharedTier(Protocol):
    """Somewhere that entries are kept for several machines; it is waited for, so it is asked last."""

    @property
    def statistics(self) -> TierStatistics:
        """What it has done; its size is not known."""
        ...

    @property
    def trouble(self) -> str:
        """Why it goes on without; empty while all is well."""
        ...

    async def get(self, key: str, now: float) -> Entry | None:
        """What is kept, fresh or not; counts as a hit only if it is fresh."""
        ...

    async def put(self, key: str, entry: Entry, now: float) -> None:
        """Keep it."""
        ...

    async def clear(self) -> None:
        """Keep nothing."""
        ...

    async def aclose(self) -> None:
        """Let go of the connection."""
        ...
