"""From signals and wording to a verdict: how much in the texts of a definition speaks to the model, and where."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log
from typing import Final

from pytest_mcpquality.health.poisoning.hidden import MIN_ENCODED, hidden_texts
from pytest_mcpquality.health.poisoning.normal import normal
from pytest_mcpquality.health.poisoning.sentences import Sentence, sentences
from pytest_mcpquality.health.poisoning.signals import IN_TEXTS, LANGUAGES, Signal, foreign, worth_a_search
from pytest_mcpquality.health.poisoning.wording import Passage, Place, of_identifier, passages

THRESHOLD: Final = 0.7
"""From this weight on signals are taken for instructions to the model where the wording is not asked."""

WINDOW: Final = 450
"""Characters within which signals count together: an attack is a few sentences, a long text says many things."""

LONGEST: Final = 100_000
"""Characters of one text that are searched; a longer one is named as not wholly seen."""

REMEMBERED: Final = 2_000
"""Characters up to which a text and what was read in it are kept."""

WORDED: Final = "is worded like an instruction to the model"
"""What is said of a text that no signal is enough for, but whose words are those of instructions."""

_DECODED: Final = 0.5
"""Weight from which an encoded text counts as one that had to be hidden."""

_PLAIN: Final = 0.8
"""Weight of one signal that is enough whatever else the definition says: a long text must not hide a plain order."""

_PLAINLY: Final = 1.2
"""The same of several signals together."""

# How the wording of a definition is judged: fitted on definitions of real servers and poisoned ones.
_BORDER: Final = -1.2
_TRUST: Final = 2.5
"""What the signals of a text add to its most telling passage, by their weight."""

_STYLE: Final = 0.8
"""What the average passage of the definition adds: servers whose every sentence is an order to the model are rare."""

_DULLEST: Final = -3.0
"""What an average counts at least: dull sentences around an order must not cover all but the plainest."""

_CROWD: Final = 0.75
"""By how much the border rises with the logarithm of the passages: the most telling of many is so by chance, too."""

_FEW: Final = 3
"""Passages from which there is a crowd: two sentences are as many."""

_MANY: Final = 20
"""Passages up to which it grows, for the same reason."""

_LEAN: Final = 0.1
"""What a step above the border of the wording adds to the weight."""

_EXCERPT: Final = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What speaks to the model.

    Attributes:
        weight: Of the signals, more where the wording says so, too.
        families: In the order of the text.
        excerpt: The words, normalised.
        poisoned: Whether it is enough.
        proven: Whether the signals are enough; in what is hidden, any are.
        plain: Whether they are so plain that no other words of the definition could change it.
    """

    weight: float
    families: tuple[str, ...]
    excerpt: str
    poisoned: bool = False
    proven: bool = False
    plain: bool = False


_NOTHING: Final = Verdict(0.0, (), "")
_NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one text.

    Attributes:
        verdict: By the signals, and by what is hidden.
        best: The most telling passage, none where there are no words.
        excerpt: Its words.
        passages: How many there are.
        total: Their margins, added up.
    """

    verdict: Verdict
    best: Passage | None = None
    excerpt: str = ""
    passages: int = 0
    total: float = 0.0


_UNREAD: Final = Reading(_NOTHING)


@dataclass(frozen=True, slots=True)
class _Match:
    signal: Signal
    start: int
    end: int


def judge(text: str, *, worded: bool = True) -> Verdict:
    """How much of one text instructs the model, what is hidden in it included; by its wording too, if that is asked."""
    if worded:
        return judge_all([(text, Place.DESCRIPTION)])[0]
    return read(text, Place.ELSEWHERE).verdict


def judge_all(texts: Sequence[tuple[str, Place]]) -> list[Verdict]:
    """The same of each text of one definition, by its wording among the others."""
    readings = [read(text, place) for text, place in texts]
    border = _border(readings)
    return [_worded(reading, border) for reading in readings]


def read(text: str, place: Place) -> Reading:
    """What one text holds, wherever it stands."""
    if len(text) < MIN_ENCODED and text.isascii() and len(text.split()) <= 1:
        return _UNREAD
    return remembered(text, place) if len(text) <= REMEMBERED else _read(text, place)


@lru_cache(maxsize=4096)
def remembered(text: str, place: Place) -> Reading:
    """The same of a text that may come again: many parameters are described alike, and there are two starts."""
    return _read(text, place)


def _read(text: str, place: Place) -> Reading:
    plain = normal(text[:LONGEST])[:LONGEST]
    parts = list(sentences(plain))
    matches = _matches(plain, parts)
    verdict = _with_hidden(text[:LONGEST], _signalled(plain, matches))
    name = of_identifier(text[:LONGEST])
    found = [name] if name is not None else passages(parts, _families(parts, matches), place)
    if not found:
        return Reading(verdict)
    best = max(found, key=lambda passage: passage.margin)
    total = sum(passage.margin for passage in found)
    return Reading(verdict, best, _excerpt(plain, best.start, best.start), len(found), total)


def _with_hidden(text: str, verdict: Verdict) -> Verdict:
    for hidden in hidden_texts(text):
        words = normal(hidden.words)[:LONGEST]
        inner = _signalled(words, _matches(words, list(sentences(words))))
        enough = inner.weight >= (_DECODED if hidden.odd else THRESHOLD)
        if hidden.telling or (enough and (hidden.odd or inner.weight > verdict.weight)):
            families = (f"hides its words ({hidden.how})", *inner.families)
            weight = max(max(inner.weight, verdict.weight) + _DECODED, THRESHOLD)
            excerpt = inner.excerpt or hidden.words[:_EXCERPT]
            # What is hidden but says nothing may be an example of what the tool does.
            verdict = Verdict(weight, families, excerpt, poisoned=True, proven=inner.weight > 0, plain=True)
    return verdict


def _signalled(text: str, matches: Sequence[_Match]) -> Verdict:
    """By the signals alone; `matches` are in the order of the text."""
    best: list[_Match] = []
    most = (False, 0.0)
    starts = [match.start for match in matches]
    for index, first in enumerate(matches):
        reached = matches[index : bisect_right(starts, first.start + WINDOW)]
        near = [match for match in reached if match.end <= first.start + WINDOW or match is first]
        # A plain order goes before any number of weaker signals elsewhere.
        rank = (any(match.signal.weight >= _PLAIN for match in near), _weight(near))
        if rank > most:
            best, most = near, rank
    if not best:
        return _NOTHING
    heaviest = max(best, key=lambda match: match.signal.weight)
    families = tuple(dict.fromkeys(match.signal.family for match in best))
    excerpt = _excerpt(text, best[0].start, heaviest.start)
    plain, weight = most
    enough = weight >= THRESHOLD
    return Verdict(weight, families, excerpt, poisoned=enough, proven=enough, plain=plain or weight >= _PLAINLY)


def _border(readings: Sequence[Reading]) -> float:
    """How far the most telling passage of a definition has to be above what descriptions say."""
    number = sum(reading.passages for reading in readings)
    if not number:
        return 0.0
    average = max(sum(reading.total for reading in readings) / number, _DULLEST)
    return _BORDER + _CROWD * log(max(min(number, _MANY) / _FEW, 1)) - _STYLE * average


def _worded(reading: Reading, border: float) -> Verdict:
    """The verdict with the wording added: signals that are not enough alone count towards its border."""
    verdict = reading.verdict
    if verdict.plain or reading.best is None:
        return verdict
    over = reading.best.margin + _TRUST * verdict.weight - border
    if over < 0:
        return replace(verdict, poisoned=False, proven=False) if verdict.poisoned else verdict
    weight = round(max(verdict.weight, THRESHOLD + _LEAN * over), 3)
    excerpt = verdict.excerpt if verdict.proven else reading.excerpt
    return Verdict(weight, (*verdict.families, WORDED), excerpt, poisoned=True, proven=verdict.proven)


def _families(parts: Sequence[Sentence], matches: Sequence[_Match]) -> list[frozenset[str]]:
    """The families of the signals that begin in each sentence."""
    if not matches:
        return [_NONE] * len(parts)
    ends = [part.start + len(part.text) for part in parts]
    families: list[set[str]] = [set() for _ in parts]
    for match in matches:
        families[min(bisect_right(ends, match.start), len(parts) - 1)].add(match.signal.family)
    return list(map(frozenset, families))


def _matches(text: str, parts: Sequence[Sentence]) -> list[_Match]:
    """Where the signals are, in the order of the text."""
    return sorted(_searched(text, parts), key=lambda match: match.start)


def _searched(text: str, parts: Sequence[Sentence]) -> Iterator[_Match]:
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
