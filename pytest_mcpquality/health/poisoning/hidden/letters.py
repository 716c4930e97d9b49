"""What is done to the letters of words: set apart, turned round, rotated, replaced by digits or by look-alikes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import Final

from pytest_mcpquality.health.poisoning.hidden.model import Hidden
from pytest_mcpquality.health.poisoning.normal import GAPS, unmixed
from pytest_mcpquality.health.poisoning.wording import known

MIN_READ: Final = 3
"""Words that have to read as such once a disguise is undone, and that did not before."""

LONG_RUN: Final = 12
"""Letters from which what was put together is several words."""

# Letters with one gap between them, words with wider ones; brackets and dots of addresses are set apart, too.
_SPREAD: Final = re.compile(r"(?<!\S)\S(?: {1,4}\S(?!\S)){7,}")
_APART: Final = re.compile(r"(?<!\w)(?:[^\W\d_][ .·_-]){2,}\w(?!\w)")
_STEMS: Final = re.compile(
    "(ignore|disregard|forget|never|donot|all|any|previous|prior|earlier|above|your|the|system|safety|instructions?|rules?|"
    "prompt|user|tell|mention|send|reveal|password|secret|file|keys?|read|and|to|call|this|that)"
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+){3,}|(?=\w+\Z)(?:[A-Za-z][a-z0-9]+(?=[A-Z])){3,}\w+")
_LEET: Final = str.maketrans("013457@$", "oieastas")
_LEET_WORD: Final = re.compile(r"(?<!\w)(?=[\w@$]{0,40}[a-zA-Z])(?=[\w@$]{0,40}[013457@$])[\w@$]{2,40}")
# What is quick to look for first: a digit before a letter, a letter between two gaps.
_LEET_HINT: Final = re.compile(r"[013457@$][a-zA-Z]")
_APART_HINT: Final = re.compile(r"[ .·_-][^\W\d_][ .·_-]")
_WORD: Final = re.compile(r"[A-Za-z]{3,}")

# Common words of orders: one of them turned round, or rotated by thirteen letters, makes a text worth a look.
_COMMON: Final = (
    "the and your this from with into you what before after history secret password user file conversation read send "
    "mail paste copy key message mention ignore prompt call"
)
_TURNED: Final = frozenset(word[::-1] for word in _COMMON.split())
_ROTATED: Final = frozenset(codecs.encode(word, "rot13") for word in _COMMON.split())


def disguised(text: str) -> Iterator[Hidden]:
    """What reads as words once the letters are put right."""
    if _APART_HINT.search(text) and _APART.search(text):
        yield from _apart(text)
    if _IDENTIFIER.fullmatch(text):
        yield Hidden("a name", re.sub(r"[_-]|(?<=[a-z])(?=[A-Z])", " ", text), odd=False)
    if _LEET_HINT.search(text):
        yield from _digits(text)
    if not text.isascii():
        yield from _look_alikes(text)
    words = text.lower().split()
    if not _TURNED.isdisjoint(words):
        yield from _undone(text, "written backwards", lambda part: part[::-1])
    if not _ROTATED.isdisjoint(words):
        yield from _undone(text, "rot13", lambda part: codecs.encode(part, "rot13"))


def _apart(text: str) -> Iterator[Hidden]:
    joined = _SPREAD.sub(lambda run: " ".join(map(_word, re.split(r" {2,}", run[0]))), text)
    joined = _APART.sub(lambda run: _word(GAPS.sub("", run[0])), joined)
    if len(_read(text, joined)) >= MIN_READ:
        yield Hidden("letters set apart", joined, odd=True)


def _word(letters: str) -> str:
    """Letters put together to a word; where words ran together too, common ones are told apart."""
    word = letters.replace(" ", "")
    if len(word) < LONG_RUN:
        return word
    return re.sub(r" +", " ", _STEMS.sub(r" \1 ", word.lower())).strip()


def _digits(text: str) -> Iterator[Hidden]:
    written = _LEET_WORD.sub(lambda word: word[0].translate(_LEET), text)
    if written != text:
        yield Hidden("digits for letters", written, odd=len(_read(text, written)) >= MIN_READ)


def _look_alikes(text: str) -> Iterator[Hidden]:
    latin = unmixed(text)
    if len(_read(text, latin)) >= MIN_READ - 1:
        yield Hidden("letters of another script", latin, odd=True)


def _undone(text: str, how: str, undo: Callable[[str], str]) -> Iterator[Hidden]:
    """The part of the text whose words read once undone and did not before, if there is one."""
    parts = [part for part in re.finditer(r"\S+", text) if not _words(part[0]) and _words(undo(part[0]))]
    if len({part[0].lower() for part in parts}) >= MIN_READ:
        yield Hidden(how, undo(text[parts[0].start() : parts[-1].end()]), odd=True)


def _read(before: str, after: str) -> set[str]:
    """The known words that were not there before."""
    return _words(after) - _words(before)


def _words(text: str) -> set[str]:
    return {word for word in map(str.lower, _WORD.findall(text)) if known(word)}
