"""A text as a model reads it: what hides its words from a pattern undone."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

GAPS: Final = re.compile(r"[ .·_-]")
"""What letters are set apart with."""

# Letters of other scripts that look like Latin ones (the small part of Unicode's confusables that fonts draw alike).
_LOOK_ALIKES: Final = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕКМНОРСТХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧαορν",  # noqa: RUF001 - look-alikes are the point
    "aeopcyxijsdhqwABEKMHOPCTXIJSABEZHIKMNOPTYXaopv",  # pragma: allowlist secret - letters
)
_ODD: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f&]|(?<!\w)\w[ .·_-]\w[ .·_-]\w(?!\w)")
_MIXED: Final = re.compile(r"\b(?=\w*[a-zA-Z])(?=\w*[\u0370-\u03ff\u0400-\u04ff])\w+\b")
_SPACED: Final = re.compile(r"(?<!\w)(?:\w[ .·_-]){4,}\w(?!\w)")

# What shows as nothing beside the characters that Unicode calls format ones: joiners, fillers, selectors.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def normal(text: str) -> str:
    """Lower case, one kind of space, no invisible characters, look-alikes and spaced-out letters put right."""
    if text.isascii() and not _ODD.search(text):
        return " ".join(text.split()).lower()
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", html.unescape(text)))
    plain = "".join(each for each in plain if each.isspace() or unicodedata.category(each) not in {"Cf", "Cc"})
    plain = _SPACED.sub(lambda word: GAPS.sub("", word[0]), unmixed(plain))
    return re.sub(r"\s+", " ", plain).replace("’", "'").lower()  # noqa: RUF001 - an apostrophe as it is typed


def unmixed(text: str) -> str:
    """The text with look-alikes of another script put right in the words that hold Latin letters besides."""
    return _MIXED.sub(lambda word: word[0].translate(_LOOK_ALIKES), text)
