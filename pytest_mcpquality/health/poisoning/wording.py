"""How a text is worded: words and pairs of words that instructions to a model hold, and descriptions do not.

The signals know techniques; whoever says the same in other words passes them. Here each word and each pair of
neighbouring words has a weight, learned from poisoned definitions and from those of real servers, and the weights of
one sentence, or of two in a row, are added up. No single word decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import inf
from typing import Final, NamedTuple

from pytest_mcpquality.health.poisoning.sentences import Sentence
from pytest_mcpquality.health.poisoning.signals.vocabulary import SENSITIVE_FILE

LONGEST_WORD: Final = 80
"""Characters up to which a word is looked at: no word of prose is longer, and each is remembered."""

MIN_STEM: Final = 4
"""Characters that are left when an ending is taken off."""

_SECRET_FILE: Final = re.compile(SENSITIVE_FILE)
_NUMBERED: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_BREAKS: Final = re.compile(r"[-/|<>(),:;=\"`*]+")
_AROUND: Final = ".,;:!?()[]{}\"'`*#<>=|-_/"
_MARKUP: Final = frozenset("<|{[")
_NO_PAIRS: Final[dict[str, float]] = {}
# Said to protect: what may not be handed over or obeyed. What may not be told is another matter.
_PROTECTS: Final = re.compile(
    r"\W*(?:(?:important|note|warning|please)\W+)*(?:never|do not|don't|must not)(?: ever)? (?:send|pass|include|put|"
    r"share|upload|store|log|commit|read|follow|act on|obey|execute|run|write|enter|expose|save|post|submit|"
    r"paste) .{0,120}$"
)
_ENDINGS: Final = ("ing", "ed", "es", "s", "ly")


@dataclass(frozen=True, slots=True)
class Table:
    """What was learned: where the sum starts, and what each word and each pair of words adds."""

    start: float
    words: dict[str, float]
    pairs: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Wording:
    """The most telling one or two sentences: how far they are above the border, and where they stand."""

    margin: float
    start: int
    end: int


class _Term(NamedTuple):
    """One term of a word: its name, its weight, and those of the pairs that it begins."""

    name: str
    weight: float
    after: dict[str, float]


@lru_cache(maxsize=1)
def table() -> Table:
    """The weights, read once: `weight word` or `weight word word` a line, in hundredths; the first is the start."""
    first, *lines = (
        files("pytest_mcpquality.health.poisoning").joinpath("wording.txt").read_text(encoding="utf-8").splitlines()
    )
    words: dict[str, float] = {}
    pairs: dict[str, dict[str, float]] = {}
    for line in lines:
        weight, word, *after = line.split(" ")
        (pairs.setdefault(word, {}) if after else words)[after[0] if after else word] = int(weight) / 100
    return Table(int(first) / 100, words, pairs)


def wording(sentences: Sequence[Sentence]) -> Wording | None:
    """The sentence or the two neighbours that read most like an instruction; nothing where there are no words."""
    most, first, last = -inf, 0, 0
    before: dict[object, float] = {}
    for number, sentence in enumerate(sentences):
        weights = _weights(sentence.text)
        alone = sum(weights.values())
        if alone > most:
            most, first, last = alone, number, number
        if before and weights:
            together = sum((before | weights).values())
            if together > most:
                most, first, last = together, number - 1, number
        before = weights
    if not sentences:
        return None
    return Wording(table().start + most, sentences[first].start, sentences[last].start + len(sentences[last].text))


def _weights(sentence: str) -> dict[object, float]:
    """What adds to the sum, each word and pair once."""
    weights: dict[object, float] = {}
    previous, after = "", _NO_PAIRS
    if _PROTECTS.match(sentence):
        return weights
    for word in sentence.split():
        for name, weight, following in _known(word):
            if weight:
                weights[name] = weight
            if name in after:
                weights[previous, name] = after[name]
            previous, after = name, following
    return weights


@lru_cache(maxsize=16_384)
def _known(word: str) -> tuple[_Term, ...]:
    known = table()
    return tuple(_Term(name, known.words.get(name, 0.0), known.pairs.get(name, _NO_PAIRS)) for name in terms_of(word))


def terms_of(word: str) -> tuple[str, ...]:
    """A word between spaces as the terms of the table: its stems, or what kind of thing it is."""
    return tuple(_terms(word[:LONGEST_WORD]))


def _terms(word: str) -> Iterator[str]:
    if not _MARKUP.isdisjoint(word):
        yield "zmark"
    if _SECRET_FILE.search(word):
        yield "zfile"
    elif "://" in word or ("@" in word and "." in word) or _NUMBERED.search(word):
        yield "zaddr"
    elif any(character.isdigit() for character in word):
        yield "znum"
    elif bare := word.strip(_AROUND):
        yield from ("zid",) if "_" in bare or "." in bare else map(_stem, filter(None, _BREAKS.split(bare)))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            return word[: -len(ending)]
    return word
