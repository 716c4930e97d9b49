"""How a text is worded: words and pairs of words that instructions to a model hold, and descriptions do not.

The signals know techniques; whoever says the same in other words passes them. Here each word, each pair of words that
stand next to each other or with one between them, each family of signals and each place of a sentence has a weight,
learned from poisoned definitions and from those of real servers. The weights of one sentence, or of two in a row, are
added up; few words are enough alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple, TypeAlias

from pytest_mcpquality.health.poisoning.sentences import Sentence
from pytest_mcpquality.health.poisoning.signals.vocabulary import SENSITIVE_FILE

LONGEST_WORD: Final = 80
"""Characters up to which a word is looked at: no word of prose is longer, and each is remembered."""

MIN_STEM: Final = 4
"""Characters that are left when an ending is taken off."""

MIN_TERMS: Final = 3
"""Terms of a sentence from which it is read alone."""

MIN_PARTS: Final = 4
"""Words in an identifier from which it is read like a sentence."""

_SECRET_FILE: Final = re.compile(SENSITIVE_FILE)
_NUMBERED: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_BREAKS: Final = re.compile(r"[-/|<>(),:;=\"`*]+")
_AROUND: Final = ".,;:!?()[]{}\"'`*#<>=|-_/"
_MARKUP: Final = frozenset("<|{[")
_IDENTIFIER: Final = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_JOINTS: Final = re.compile(r"[_.-]")
# Said to protect: what may not be handed over or obeyed. What may not be told is another matter.
_PROTECTS: Final = re.compile(
    r"\W*(?:(?:important|note|warning|please)\W+)*(?:never|do not|don't|must not)(?: ever)? (?:send|pass|include|put|"
    r"share|upload|store|log|commit|read|follow|act on|obey|execute|run|write|enter|expose|save|post|submit|"
    r"paste) (?!.*\b(?:tell|instead|but|rather|forward)\b)(?:[^;:]|:(?! )){0,120}$"
)
_ENDINGS: Final = ("ing", "ed", "es", "s", "ly")

Weights: TypeAlias = dict[object, float]
"""What adds to a sum, each once."""


class Place(Enum):
    """Where in a definition a text stands."""

    DESCRIPTION = "D"
    PARAMETER = "P"
    TITLE = "T"
    NAME = "N"
    ELSEWHERE = "E"


@dataclass(frozen=True, slots=True)
class Table:
    """What was learned: where the sum starts, and what each thing adds.

    Attributes:
        start: Of every sum.
        words: By term.
        pairs: By the first term and the one after it.
        apart: By the first term and the one after the next.
        families: Of signals.
        places: Of texts, and of the first sentence of a description.
    """

    start: float
    words: dict[str, float]
    pairs: dict[str, dict[str, float]]
    apart: dict[str, dict[str, float]]
    families: dict[str, float]
    places: dict[str, float]


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence or two neighbours: how far they are above what descriptions say, and where they stand."""

    margin: float
    start: int
    end: int


class _Term(NamedTuple):
    """One term of a word: its name, its weight, and those of the pairs that it begins."""

    name: str
    weight: float
    after: dict[str, float]
    later: dict[str, float]


_NO_PAIRS: Final[dict[str, float]] = {}
_NO_TERM: Final = _Term("", 0.0, _NO_PAIRS, _NO_PAIRS)


@lru_cache(maxsize=1)
def table() -> Table:
    """The weights, read once.

    The first line is the start, each other one a weight in hundredths and what has it: `term`, `term term`,
    `term _ term`, `: family` or `@ place`.
    """
    lines = files("pytest_mcpquality.health.poisoning").joinpath("wording.txt").read_text(encoding="utf-8").splitlines()
    learned = Table(int(lines[0]) / 100, {}, {}, {}, {}, {})
    for line in lines[1:]:
        number, first, *rest = line.split(" ")
        weight = int(number) / 100
        if not rest:
            learned.words[first] = weight
        elif first == ":":
            learned.families[" ".join(rest)] = weight
        elif first == "@":
            learned.places[rest[0]] = weight
        else:
            pairs = learned.pairs if len(rest) == 1 else learned.apart
            pairs.setdefault(first, {})[rest[-1]] = weight
    return learned


def passages(sentences: Sequence[Sentence], families: Sequence[frozenset[str]], place: Place) -> list[Passage]:
    """Every sentence, and every two in a row, with the families of signals in each."""
    start = table().start
    found: list[Passage] = []
    before: Weights = {}
    sum_before, begin = 0.0, 0
    for number, sentence in enumerate(sentences):
        if not sentence.text.strip() or _PROTECTS.match(sentence.text):
            before = {}
            continue
        weights, terms = _weights(sentence.text)
        weights.update(_around(families[number], place, first=number == 0))
        alone = sum(weights.values())
        end = sentence.start + len(sentence.text)
        if terms >= MIN_TERMS:
            found.append(Passage(start + alone, sentence.start, end))
        if before:
            shared = sum(before[key] for key in before.keys() & weights.keys())
            found.append(Passage(start + sum_before + alone - shared, begin, end))
        before, sum_before, begin = weights, alone, sentence.start
    return found


def of_identifier(name: str) -> Passage | None:
    """A name as the words it is made of, if they are enough for a sentence."""
    plain = _HUMP.sub("_", name).lower()
    words = _JOINTS.split(plain) if _IDENTIFIER.fullmatch(plain) else []
    if len(words) < MIN_PARTS:
        return None
    learned = table()
    weights, _ = _weights(" ".join(words))
    return Passage(learned.start + sum(weights.values()) + learned.places.get("id", 0.0), 0, len(name))


def known(word: str) -> bool:
    """Whether it is a word that descriptions or instructions are made of."""
    learned = table()
    return any(
        term in learned.words or term in learned.pairs or term in learned.apart for term in terms_of(word.lower())
    )


@lru_cache(maxsize=1024)
def _around(families: frozenset[str], place: Place, *, first: bool) -> Weights:
    """What adds to the sum that is not a word of the sentence."""
    learned = table()
    # The first sentence of a description says what the tool does. Where the others stand is the author's choice.
    places = (place.value, "first") if first and place is Place.DESCRIPTION else (place.value,)
    weights: Weights = {("@", each): learned.places.get(each, 0.0) for each in places}
    weights.update(((":", each), learned.families.get(each, 0.0)) for each in families)
    return weights


def _weights(sentence: str) -> tuple[Weights, int]:
    """What the words of a sentence add to the sum, and how many terms there are."""
    weights: Weights = {}
    terms = 0
    first, second = _NO_TERM, _NO_TERM
    for word in sentence.split():
        for term in _known(word[:LONGEST_WORD]):
            terms += 1
            name = term.name
            if term.weight:
                weights[name] = term.weight
            if name in second.after:
                weights[second.name, name] = second.after[name]
            if name in first.later:
                weights[first.name, "_", name] = first.later[name]
            first, second = second, term
    return weights, terms


@lru_cache(maxsize=16_384)
def _known(word: str) -> tuple[_Term, ...]:
    learned = table()
    return tuple(
        _Term(
            name, learned.words.get(name, 0.0), learned.pairs.get(name, _NO_PAIRS), learned.apart.get(name, _NO_PAIRS)
        )
        for name in terms_of(word)
    )


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
