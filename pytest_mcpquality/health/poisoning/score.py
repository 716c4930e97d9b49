"""From signals to a verdict on one text: how much speaks to the model within a few sentences, and where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pytest_mcpquality.health.poisoning.normal import hidden_texts, normal
from pytest_mcpquality.health.poisoning.signals import SIGNALS, Signal

THRESHOLD: Final = 0.7
"""From this weight on a text is taken for instructions to the model."""

WINDOW: Final = 700
"""Characters within which signals count together: an attack is a few sentences, a long text says many things."""

LONGEST: Final = 100_000
"""Characters of one text that are searched; a longer one is named as not wholly seen."""

_DECODED: Final = 0.5
"""Weight from which an encoded text counts as one that had to be hidden."""

_EXCERPT: Final = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What speaks to the model: the weight, the families in the order of the text, and the words (normalised)."""

    weight: float
    families: tuple[str, ...]
    excerpt: str

    @property
    def poisoned(self) -> bool:
        """Whether it is enough."""
        return self.weight >= THRESHOLD


@dataclass(frozen=True, slots=True)
class _Match:
    signal: Signal
    start: int
    end: int


def judge(text: str) -> Verdict:
    """How much of a text instructs the model, what is encoded in it included."""
    verdict = _judge(normal(text[:LONGEST]))
    for how, words in hidden_texts(text[:LONGEST]):
        inner = _judge(normal(words))
        if inner.weight >= _DECODED and inner.weight > verdict.weight:
            families = (f"hides its words ({how})", *inner.families)
            verdict = Verdict(max(inner.weight + _DECODED, THRESHOLD), families, inner.excerpt)
    return verdict


def _judge(text: str) -> Verdict:
    matches = [
        _Match(signal, found.start(), found.end())
        for signal in SIGNALS
        if not signal.words or any(word in text for word in signal.words)
        for found in signal.pattern.finditer(text)
    ]
    matches.sort(key=lambda match: match.start)
    best: list[_Match] = []
    for index, first in enumerate(matches):
        near = [match for match in matches[index:] if match.end <= first.start + WINDOW or match is first]
        if _weight(near) > _weight(best):
            best = near
    if not best:
        return Verdict(0.0, (), "")
    return Verdict(_weight(best), tuple(dict.fromkeys(match.signal.family for match in best)), _excerpt(text, best))


def _weight(matches: Sequence[_Match]) -> float:
    """Each family counts once, by its heaviest signal."""
    weights: dict[str, float] = {}
    for match in matches:
        weights[match.signal.family] = max(weights.get(match.signal.family, 0.0), match.signal.weight)
    return round(sum(weights.values()), 3)


def _excerpt(text: str, matches: Sequence[_Match]) -> str:
    heaviest = max(matches, key=lambda match: match.signal.weight)
    start = max(
        0,
        min(heaviest.start, matches[0].start if heaviest.start - matches[0].start < _EXCERPT // 2 else heaviest.start),
    )
    words = re.sub(r"\s+", " ", text[start : start + _EXCERPT]).strip()
    return f"{'…' if start else ''}{words}{'…' if start + _EXCERPT < len(text) else ''}"
