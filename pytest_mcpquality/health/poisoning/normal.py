"""A text as a model reads it: what hides its words from a pattern undone, and what was encoded decoded."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

MIN_ENCODED: Final = 24
"""Characters from which a run of base64 or hexadecimal digits is decoded: below, words of prose qualify."""

DECODERS: Final = frozenset({"base64", "hexadecimal", "Unicode tag characters"})
"""Ways of hiding words that no description has a reason for: whole sentences in them are enough to tell."""

_READABLE: Final = 0.9
"""Share of printable ASCII from which decoded bytes count as text."""

# Letters of other scripts that look like Latin ones (the small part of Unicode's confusables that fonts draw alike).
_LOOK_ALIKES: Final = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕКМНОРСТХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧαορν",  # noqa: RUF001 - look-alikes are the point
    "aeopcyxijsdhqwABEKMHOPCTXIJSABEZHIKMNOPTYXaopv",  # pragma: allowlist secret - letters
)
_ODD: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f&]|(?<!\w)\w[ .·_-]\w[ .·_-]\w(?!\w)")
_MIXED: Final = re.compile(r"\b(?=\w*[a-zA-Z])(?=\w*[\u0370-\u03ff\u0400-\u04ff])\w+\b")
_SPACED: Final = re.compile(r"(?<!\w)(?:\w[ .·_-]){4,}\w(?!\w)")
_GAPS: Final = re.compile(r"[ .·_-]")
_APART: Final = re.compile(r"(?<!\w)(?:\w[ .·_-]){2,}\w(?!\w)")
MIN_APART: Final = 3
"""Words with their letters set apart from which a text is put together before it is read."""

LONG_APART: Final = 24
"""Characters of such a word from which it is several: their borders are guessed."""

_STEMS: Final = re.compile(
    "(ignore|disregard|forget|never|donot|all|any|previous|prior|earlier|above|your|the|system|safety|instructions?|rules?|"
    "prompt|user|tell|mention|send|reveal|password|secret|file|keys?|read|and|to|call|this|that)"
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+){3,}|(?:[A-Za-z][a-z0-9]+(?=[A-Z])){3,}\w+")
_BASE64: Final = re.compile(rf"[A-Za-z0-9+/_-]{{{MIN_ENCODED},}}={{0,2}}")
_SPACED_HEX: Final = re.compile(r"(?:(?:0x)?[0-9a-fA-F]{2}[ ,]+){8}")
_HEX: Final = re.compile(rf"(?:(?:\\x|0x|%)?[0-9a-fA-F]{{2}}[ ,]?){{{MIN_ENCODED // 2},}}")
_PERCENT: Final = re.compile(r"(?:%[0-9a-fA-F]{2}|[\w.~-]){12,}")
_LEET: Final = str.maketrans("013457@$", "oieastas")
_LEET_WORD: Final = re.compile(r"\b(?=\w*[a-zA-Z])(?=\w*[013457@$])[\w@$]{4,}\b")
# What is quick to look for first: a digit between letters, or before some.
_LEET_HINT: Final = re.compile(r"[013457@$][a-zA-Z]{2}|[a-zA-Z][013457@$]+[a-zA-Z]")
_TAGS: Final = range(0xE0020, 0xE007F)


def normal(text: str) -> str:
    """Lower case, one kind of space, no invisible characters, look-alikes and spaced-out letters put right."""
    if text.isascii() and not _ODD.search(text):
        return " ".join(text.split()).lower()
    plain = unicodedata.normalize("NFKC", html.unescape(text))
    plain = "".join(each for each in plain if each.isspace() or unicodedata.category(each) not in {"Cf", "Cc"})
    plain = _MIXED.sub(lambda word: word[0].translate(_LOOK_ALIKES), plain)
    plain = _SPACED.sub(lambda word: _GAPS.sub("", word[0]), plain)
    return re.sub(r"\s+", " ", plain).replace("’", "'").lower()  # noqa: RUF001 - an apostrophe as it is typed


def hidden_texts(text: str) -> Iterator[tuple[str, str]]:
    """What is encoded in a text and decodes to readable words: how it was encoded, and the words."""
    if not text.isascii():
        tags = "".join(chr(ord(character) - 0xE0000) for character in text if ord(character) in _TAGS)
        if tags:
            yield "Unicode tag characters", tags
    if max(map(len, text.split()), default=0) >= MIN_ENCODED or _SPACED_HEX.search(text):
        yield from _decoded(text)
    if _ODD.search(text):
        yield from _apart(text)
    if _IDENTIFIER.fullmatch(text):
        yield "a name", re.sub(r"[_-]|(?<=[a-z])(?=[A-Z])", " ", text)
    if _LEET_HINT.search(text) and _LEET_WORD.search(text):
        yield "digits for letters", _LEET_WORD.sub(lambda word: word[0].translate(_LEET), text)


def _decoded(text: str) -> Iterator[tuple[str, str]]:
    for run in _BASE64.finditer(text):
        yield from _readable("base64", _from_base64(run[0]))
    for run in _HEX.finditer(text):
        yield from _readable("hexadecimal", _from_hex(run[0]))
    for run in _PERCENT.finditer(text):
        if run[0].count("%") >= MIN_ENCODED // 4:
            yield "percent encoding", unquote(run[0])


def _apart(text: str) -> Iterator[tuple[str, str]]:
    runs = _APART.findall(text)
    if len(runs) >= MIN_APART or any(len(run) > LONG_APART for run in runs):
        yield "letters set apart", _together(text)


def _together(text: str) -> str:
    """Letters put together to words; where the words ran together too, common ones are told apart."""
    joined = _APART.sub(lambda run: _GAPS.sub("", run[0]), text)
    return re.sub(r"\w{12,}", lambda word: re.sub(r" +", " ", _STEMS.sub(r" \1 ", word[0].lower())), joined)


def _readable(how: str, data: bytes) -> Iterator[tuple[str, str]]:
    words = data.decode("ascii", "ignore")
    shown = sum(character.isprintable() or character.isspace() for character in words)
    if data and shown >= _READABLE * len(data) and " " in words:
        yield how, words


def _from_base64(run: str) -> bytes:
    digits = run.rstrip("=").replace("-", "+").replace("_", "/")
    # A run may carry a few characters too many at its end: what remains still decodes.
    try:
        return base64.b64decode(digits[: len(digits) // 4 * 4])
    except binascii.Error:
        return b""


def _from_hex(run: str) -> bytes:
    digits = re.sub(r"\\x|0x|[^0-9a-fA-F]", "", run)
    return bytes.fromhex(digits[: len(digits) // 2 * 2])
