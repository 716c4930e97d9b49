"""A clock that moves when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Starts at noon of the first of May 2026, UTC."""

    def __init__(self) -> None:
        self._start = datetime(2026, 5, 1, 12, tzinfo=UTC)
        self._seconds = 0.0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds

    def monotonic(self) -> float:
        """Seconds since the clock was made, from a start that is not 0."""
        return 1000.0 + self._seconds

    def now(self) -> datetime:
        """The time of day."""
        return self._start + timedelta(seconds=self._seconds)
