"""What a benchmark comes to: a ratio beside its goal and its floor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure.

    Attributes:
        what: What is divided by what.
        measured: What it came to.
        goal: What it should be at most, or at least.
        floor: What it would be if our part of it cost nothing; None where there is no such thing.
        at_least: Whether the goal is to be exceeded.
        unit: Behind the number.
    """

    what: str
    measured: float
    goal: float
    floor: float | None = None
    at_least: bool = False
    unit: str = "x"

    @property
    def holds(self) -> bool:
        """Whether the goal is reached."""
        return self.measured >= self.goal if self.at_least else self.measured <= self.goal

    def row(self) -> str:
        """A line of the table."""
        goal = f"{'>=' if self.at_least else '<='} {self.goal:.3g} {self.unit}"
        floor = "" if self.floor is None else f"{self.floor:.2g} {self.unit}"
        measured = f"{self.measured:.2f} {self.unit}" if self.measured < 1000 else f"{self.measured:,.0f} {self.unit}"  # noqa: PLR2004 - three digits say enough
        return f"{self.what:<62} {measured:>11} {goal:>10} {floor:>7}   {'holds' if self.holds else 'MISSED'}"


HEAD = f"{'figure':<62} {'measured':>11} {'goal':>10} {'floor':>7}"


def table(ratios: Iterable[Ratio]) -> str:
    """All of them."""
    return "\n".join([HEAD, *(ratio.row() for ratio in ratios)])
