"""Time, handed in: the only module that asks the operating system for it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the project needs of time; tests bring one that moves when they say so."""

    def monotonic(self) -> float:
        """Seconds that never step back, from an arbitrary start."""
        ...

    def now(self) -> datetime:
        """The time of day, UTC."""
        ...


class SystemClock:
    """The operating system's clock."""

    def monotonic(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC)
