"""Foreign Markdown cut into words and blocks of code, which is all that plainer formats take of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCE = re.compile(r"^(?P<fence>`{3,})[^\n`]*\n(?P<code>.*?)^(?P=fence)`*[ \t]*$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]\n]{1,200})\]\([^()\s]{1,500}\)")
_TICKS = re.compile(r"`+")


def parts(text: str) -> Iterator[tuple[bool, str]]:
    """Words and code in turn, the latter marked by True; of headings and links the words stay, of fences the code."""
    end = 0
    for match in _FENCE.finditer(text):
        yield False, _words(text[end : match.start()])
        yield True, match["code"]
        end = match.end()
    yield False, _words(text[end:])


def _words(text: str) -> str:
    return _LINK.sub(r"\1", _HEADING.sub("", text))


def block(code: str) -> str:
    """Code between fences that nothing in it can close."""
    longest = max((len(ticks) for ticks in _TICKS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code.rstrip(chr(10))}\n{fence}"


def excerpt(text: str, limit: int) -> str:
    """The beginning of a text in whole paragraphs and blocks of code, with plain fences; empty when nothing fits."""
    chosen, room = list[str](), limit
    for is_code, part in parts(text):
        for piece in (block(part),) if is_code else filter(None, map(str.strip, part.split("\n\n"))):
            if len(piece) > room:
                return "\n\n".join(chosen)
            chosen.append(piece)
            room -= len(piece)
    return "\n\n".join(chosen)
