"""Encodings of bytes: base64, hexadecimal, percent encoding, and invisible characters that stand for letters."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from pytest_mcpquality.health.poisoning.hidden.model import MIN_ENCODED, Hidden

_READABLE: Final = 0.9
"""Share of printable ASCII from which decoded bytes count as text."""

# What is quick to look for first: two digits between gaps, and two more.
_HEX_HINT: Final = re.compile(r"[ ,](?:0x)?[0-9a-fA-F]{2}[ ,]+(?:0x)?[0-9a-fA-F]{2}[ ,]")
_SPACED_HEX: Final = re.compile(r"(?:(?:0x)?[0-9a-fA-F]{2}[ ,]+){8}")
_PEM_HINT: Final = "-----BEGIN CERTIFICATE-----"
_PEM: Final = re.compile(rf"{_PEM_HINT}[A-Za-z0-9+/=\s]{{1,20000}}-----END CERTIFICATE-----")
_BASE64: Final = re.compile(rf"[A-Za-z0-9+/_-]{{{MIN_ENCODED},}}={{0,2}}")
_HEX: Final = re.compile(rf"(?:(?:\\x|0x|%)?[0-9a-fA-F]{{2}}[ ,]?){{{MIN_ENCODED // 2},}}")
_PERCENT: Final = re.compile(r"(?:%[0-9a-fA-F]{2}|[\w.~-]){12,}")

# Letters are the tag characters less this.
_TAG: Final = 0xE0000
_TAGS: Final = range(0xE0020, 0xE007F)

# Sixteen variation selectors stand for the first bytes, 240 for the others: a known way to carry bytes behind a letter.
_FIRST_SELECTORS: Final = range(0xFE00, 0xFE10)
_OTHER_SELECTORS: Final = range(0xE0100, 0xE01F0)


def decoded(text: str) -> Iterator[Hidden]:
    """What decodes to readable words."""
    if not text.isascii():
        yield from _invisible(text)
    if max(map(len, text.split()), default=0) >= MIN_ENCODED or (_HEX_HINT.search(text) and _SPACED_HEX.search(text)):
        yield from _bytes(text)


def _invisible(text: str) -> Iterator[Hidden]:
    points = [ord(character) for character in text]
    tags = "".join(chr(point - _TAG) for point in points if point in _TAGS)
    if tags:
        yield Hidden("Unicode tag characters", tags, odd=True)
    selected = [_selected(point) for point in points if point in _FIRST_SELECTORS or point in _OTHER_SELECTORS]
    yield from _readable("variation selectors", bytes(selected))


def _selected(point: int) -> int:
    if point in _FIRST_SELECTORS:
        return point - _FIRST_SELECTORS.start
    return point - _OTHER_SELECTORS.start + len(_FIRST_SELECTORS)


def _bytes(text: str) -> Iterator[Hidden]:
    # A certificate quotes its issuer's policy between bytes that say nothing.
    for run in _BASE64.finditer(_PEM.sub(" ", text) if _PEM_HINT in text else text):
        yield from _readable("base64", _from_base64(run[0]))
    for run in _HEX.finditer(text):
        yield from _readable("hexadecimal", _from_hex(run[0]))
    for run in _PERCENT.finditer(text):
        if run[0].count("%") >= MIN_ENCODED // 4:
            yield Hidden("percent encoding", unquote(run[0]), odd=False)


def _readable(how: str, data: bytes) -> Iterator[Hidden]:
    words = data.decode("ascii", "ignore")
    shown = sum(character.isprintable() or character.isspace() for character in words)
    if data and shown >= _READABLE * len(data) and " " in words:
        yield Hidden(how, words, odd=True)


def _from_base64(run: str) -> bytes:
    digits = run.rstrip("=").replace("-", "+").replace("_", "/")
    # A run may carry one character too many at its end: what is before it still decodes.
    whole = digits[:-1] if len(digits) % 4 == 1 else digits
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4))
    except binascii.Error:
        return b""


def _from_hex(run: str) -> bytes:
    digits = re.sub(r"\\x|0x|[^0-9a-fA-F]", "", run)
    return bytes.fromhex(digits[: len(digits) // 2 * 2])
