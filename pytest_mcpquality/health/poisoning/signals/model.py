"""What a signal is."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signal:
    """A family of phrases.

    Attributes:
        family: What it stands for, in words that complete "the text ...". Two signals of one family count once.
        weight: How much it counts; `score.THRESHOLD` is enough by itself.
        pattern: Searched in a normalised text.
        words: One of them has to be in the text, or the pattern cannot match: a plain search is ten times faster.
    """

    family: str
    weight: float
    pattern: re.Pattern[str]
    words: tuple[str, ...] = ()


def signal(family: str, weight: float, pattern: str, words: str = "") -> Signal:
    """A signal; `words` are separated by spaces."""
    return Signal(family, weight, re.compile(pattern, re.DOTALL), tuple(words.split()))
