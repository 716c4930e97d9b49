"""From signals and wording to a verdict on one text: how much speaks to the model within a few sentences, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Final

from pytest_mcpquality.health.poisoning.normal import DECODERS, MIN_ENCODED, hidden_texts, normal
from pytest_mcpquality.health.poisoning.sentences import Sentence, sentences
from pytest_mcpquality.health.poisoning.signals import IN_TEXTS, LANGUAGES, Signal, foreign, worth_a_search
from pytest_mcpquality.health.poisoning.wording import wording

THRESHOLD: Final = 0.7
"""From this weight on a text is taken for instructions to the model."""

WINDOW: Final = 450
"""Characters within which signals count together: an attack is a few sentences, a long text says many things."""

LONGEST: Final = 100_000
"""Characters of one text that are searched; a longer one is named as not wholly seen."""

REMEMBERED: Final = 2_000
"""Characters up to which a text and its verdict are kept."""

_DECODED: Final = 0.5
"""Weight from which an encoded text counts as one that had to be hidden."""

WORDED: Final = "is worded like an instruction to the model"
"""What is said of a text that no signal is enough for, but whose words are those of instructions."""

_LEAN: Final = 0.1
"""What a step above the border of the wording adds to the weight."""

_CROWD: Final = 0.75
"""By how much the border rises with the logarithm of the sentences, beyond the two that are added up at most: the most
telling of many is so by chance, too."""

_EXCERPT: Final = 200

_PROSE: Final = re.compile(r"\b[A-Za-z']{2,}\b")
_MIN_WORDS: Final = 4


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


_NOTHING: Final = Verdict(0.0, (), "")


@dataclass(frozen=True, slots=True)
class _Match:
    signal: Signal
    start: int
    end: int


def judge(text: str, *, worded: bool = True) -> Verdict:
    """How much of a text instructs the model, what is encoded in it included; by its wording too, if that is asked."""
    if len(text) < MIN_ENCODED and text.isascii() and " " not in text:
        return _NOTHING
    return remembered(text, worded=worded) if len(text) <= REMEMBERED else _read(text, worded=worded)


@lru_cache(maxsize=4096)
def remembered(text: str, *, worded: bool) -> Verdict:
    """The same of a text that may come again: many parameters are described alike, and there are two starts."""
    return _read(text, worded=worded)


def _read(text: str, *, worded: bool) -> Verdict:
    verdict = _judge(normal(text[:LONGEST]), worded=worded)
    for how, words in hidden_texts(text[:LONGEST]):
        inner = _judge(normal(words), worded=False)
        told = how in DECODERS and len(_PROSE.findall(words)) >= _MIN_WORDS
        enough = inner.weight >= (_DECODED if how in DECODERS else THRESHOLD)
        if told or (enough and inner.weight > verdict.weight):
            families = (f"hides its words ({how})", *inner.families)
            weight = max(inner.weight, verdict.weight) + _DECODED
            verdict = Verdict(max(weight, THRESHOLD), families, inner.excerpt or words[:_EXCERPT])
    return verdict


def _judge(text: str, *, worded: bool) -> Verdict:
    parts = list(sentences(text))
    verdict = _signalled(text, parts)
    return _worded(text, parts, verdict) if worded else verdict


def _signalled(text: str, parts: Sequence[Sentence]) -> Verdict:
    matches = sorted(_matches(text, parts), key=lambda match: match.start)
    best: list[_Match] = []
    for index, first in enumerate(matches):
        near = [match for match in matches[index:] if match.end <= first.start + WINDOW or match is first]
        if _weight(near) > _weight(best):
            best = near
    if not best:
        return _NOTHING
    heaviest = max(best, key=lambda match: match.signal.weight)
    families = tuple(dict.fromkeys(match.signal.family for match in best))
    return Verdict(_weight(best), families, _excerpt(text, best[0].start, heaviest.start))


def _worded(text: str, parts: Sequence[Sentence], verdict: Verdict) -> Verdict:
    """The verdict with the wording added: what the signals saw counts towards its border, and stays if enough."""
    read = wording(parts)
    if read is None:
        return verdict
    over = read.margin + verdict.weight - _CROWD * log(max(len(parts) / 2, 1))
    if over < 0:
        return verdict
    weight = max(verdict.weight, THRESHOLD + _LEAN * over)
    excerpt = verdict.excerpt if verdict.poisoned else _excerpt(text, read.start, read.start)
    return Verdict(round(weight, 3), (*verdict.families, WORDED), excerpt)


def _matches(text: str, parts: Sequence[Sentence]) -> Iterator[_Match]:
    for signal in IN_TEXTS if not foreign(text) else (*IN_TEXTS, *LANGUAGES):
        for found in signal.in_text(text):
            yield _Match(signal, found.start(), found.end())
    for sentence in parts:
        for signal in worth_a_search(sentence.mask):
            for found in signal.in_sentence(sentence.text):
                yield _Match(signal, sentence.start + found.start(), sentence.start + found.end())


def _weight(matches: Sequence[_Match]) -> float:
    """Each family counts once, by its heaviest signal."""
    weights: dict[str, float] = {}
    for match in matches:
        weights[match.signal.family] = max(weights.get(match.signal.family, 0.0), match.signal.weight)
    return round(sum(weights.values()), 3)


def _excerpt(text: str, first: int, heaviest: int) -> str:
    start = first if heaviest - first < _EXCERPT // 2 else heaviest
    words = re.sub(r"\s+", " ", text[start : start + _EXCERPT]).strip()
    return f"{'…' if start else ''}{words}{'…' if start + _EXCERPT < len(text) else ''}"
