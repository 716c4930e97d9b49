"""A rolling window over counters that only grow."""

from __future__ import annotations

from collections import deque


class RollingWindow:
    """Remembers what two counters stood at when each bucket of time began.

    Counting costs nothing here: whoever counts asks `ends` whether a new bucket begins, and calls `roll` then. What
    happened in the window is what the counters have grown by since its oldest bucket began.
    """

    __slots__ = ("_buckets", "_marks", "_width", "ends")

    def __init__(self, seconds: float, buckets: int) -> None:
        self._width = seconds / buckets
        self._buckets = buckets
        self._marks: deque[tuple[float, int, int]] = deque()
        self.ends = 0.0

    def clear(self, now: float, successful: int, failed: int) -> None:
        """Begin anew with the counters as they stand."""
        self._marks.clear()
        self._marks.append((now, successful, failed))
        self.ends = now + self._width

    def roll(self, now: float, successful: int, failed: int) -> None:
        """Begin a new bucket where the old one has ended, and forget those that the window has left behind."""
        began = self.ends + (now - self.ends) // self._width * self._width
        self._marks.append((began, successful, failed))
        self.ends = began + self._width
        # Buckets are compared by number, as their edges are sums of fractions.
        while round((began - self._marks[0][0]) / self._width) >= self._buckets:
            self._marks.popleft()

    def grown(self, successful: int, failed: int) -> tuple[int, int]:
        """Successes and failures in the window, given what the counters stand at."""
        _, before_successful, before_failed = self._marks[0]
        return successful - before_successful, failed - before_failed
