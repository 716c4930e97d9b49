"""Is this file text, and what does it say? Told by content: names lie."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

HEAD = 8192
"""Bytes at the start of a file by which it is told whether it is text; git looks at as many."""

_ODD_SHARE = 0.3  # of bytes that do not occur in text; as Perl's -T has it

_BYTE_ORDER_MARKS = (
    # The longer ones first: UTF-16's mark begins UTF-32's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file's text, and whether its bytes are UTF-8 as they are."""

    text: str
    is_utf8: bool


def read_text_file(path: Path) -> TextFile | None:
    """The text of a file; None when it holds none. Of a file without text no more than the head is read.

    UTF-16 and UTF-32 are known by their byte order mark, UTF-16 also by its zeros; what else is no UTF-8 is
    read as Latin-1, in which every byte is a character. A zero byte alone makes no binary file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        if _wide_encoding(head) is None and _is_binary(head):
            return None
        return as_text(head + file.read())


def as_text(data: bytes) -> TextFile | None:
    """What `read_text_file` makes of a file with these bytes."""
    head = data[:HEAD]
    encoding = _wide_encoding(head)
    if encoding is not None:
        return TextFile(data.decode(encoding, "replace"), is_utf8=False)
    if _is_binary(head):
        return None
    try:
        return TextFile(data.decode("utf-8"), is_utf8=True)
    except UnicodeDecodeError:
        return TextFile(data.decode("latin-1"), is_utf8=False)


def _wide_encoding(head: bytes) -> str | None:
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark)), None)
    if marked is not None or len(head) < 4:  # noqa: PLR2004 - too short to tell
        return marked
    even, odd = head[::2].count(0) / len(head[::2]), head[1::2].count(0) / len(head[1::2])
    if odd > 1 - _ODD_SHARE and even < _ODD_SHARE:
        return "utf-16-le"
    if even > 1 - _ODD_SHARE and odd < _ODD_SHARE:
        return "utf-16-be"
    return None


def _is_binary(head: bytes) -> bool:
    if 0 not in head:
        return False
    odd = len(head) - len(head.translate(None, _CONTROL))
    high = 0 if _is_utf8(head) else sum(byte > 127 for byte in head)  # noqa: PLR2004 - ASCII ends there
    return (odd + high) / len(head) > _ODD_SHARE


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
