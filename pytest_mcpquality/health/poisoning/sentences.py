"""A normalised text in sentences, each with the groups of words that are in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pytest_mcpquality.health.poisoning.signals.vocabulary import ADDRESS, QUOTES, TABLE

LONGEST: Final = 600
"""Characters of a sentence that are searched at once: the time of a search grows with the square of it."""

SEAM: Final = 150
"""Characters before and after such a cut that are read together."""

_SENTENCE: Final = re.compile(
    rf"(?:[^.!?。！？]|[.!?](?!\s|$)){{1,{LONGEST}}}(?:[.!?。！？]+|$|(?<=.))",  # noqa: RUF001 - ends in other scripts
    re.DOTALL,
)
_QUOTE: Final = re.compile(r"[`'\"]")
_WORD: Final = re.compile(r"[a-z0-9_'-]{1,80}|\.git\b")
# Each kind by its most telling character, so that the search may skip all others: the time of this one counts.
_ADDRESS: Final = re.compile(
    r"[:@.+0#\]\d](?:(?<=:)//|(?<=@)[a-z0-9-]+\.|(?<=[a-z0-9-]\.)[a-z]{2,}\b|(?<=\+)\d[\d ]{3}|(?<=\b0)x[0-9a-f]{6}|"
    r"(?<=\b[a-z]{2}\d)\d{11}|(?<=#)\w|(?<=\])\(|(?<=\d\.)\d+\.\d+\.\d)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: itself, where it starts in the text, and the bits of the groups that it holds."""

    text: str
    start: int
    mask: int


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a normalised text."""
    for found in _SENTENCE.finditer(text):
        yield _sentence(text, found.start(), found.end())
        if found.end() - found.start() >= LONGEST and found.end() < len(text):
            # Cut by its length: what stands across the cut is read as well.
            yield _sentence(text, found.end() - SEAM, found.end() + SEAM)


def _sentence(text: str, start: int, end: int) -> Sentence:
    sentence = text[start:end]
    return Sentence(sentence, start, _mask(sentence))


def _mask(sentence: str) -> int:
    mask = (ADDRESS if _ADDRESS.search(sentence) else 0) | (QUOTES if _QUOTE.search(sentence) else 0)
    for word in _WORD.findall(sentence):
        mask |= _groups(word)
    return mask


@lru_cache(maxsize=16_384)
def _groups(word: str) -> int:
    """The groups that a word is in, or a part of it."""
    mask = TABLE.get(word, 0)
    for part in re.split(r"[-'_]", word):
        mask |= TABLE.get(part, 0)
    return mask
