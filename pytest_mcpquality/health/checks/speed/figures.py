"""Median and 95th percentile of a few samples against a limit."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from mcpquality_scanners.findings import Severity

_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of several tries, in ascending order."""

    tries: tuple[float, ...]

    @property
    def median(self) -> float:
        """The usual try."""
        return statistics.median(self.tries)

    @property
    def p95(self) -> float:
        """95 % of the tries are within it: one of the tries (nearest rank), of fewer than 20 the slowest."""
        return self.tries[math.ceil(0.95 * len(self.tries)) - 1]

    def severity_over(self, limit: float) -> Severity | None:
        """High when the usual try is over the limit, medium when several or one of two are, else None.

        One slow try of many may be the machine's, which starts other servers at the same time.
        """
        if self.median > limit:
            return Severity.HIGH
        over = sum(seconds > limit for seconds in self.tries)
        return Severity.MEDIUM if over >= _SEVERAL or 0 < over <= len(self.tries) <= _SEVERAL else None

    def __str__(self) -> str:
        count = len(self.tries)
        if count == 1:
            return f"{duration(self.median)} (one try)"
        return f"median {duration(self.median)}, 95 % within {duration(self.p95)} ({count} tries)"


def figures(seconds: Sequence[float]) -> Figures | None:
    """The figures of some tries, None of none."""
    return Figures(tuple(sorted(seconds))) if seconds else None


def duration(seconds: float) -> str:
    """`12 ms`, `1.50 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
