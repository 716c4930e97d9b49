"""Words behind so many spaces or empty lines that a person who reviews the text does not come to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pytest_mcpquality.health.poisoning.hidden.model import Hidden

_WIDE: Final = " " * 40
_MANY_LINES: Final = 12
_FAR: Final = re.compile(r"\S(?:[ \t\u00a0\u3000]{80,}|[ \t]*(?:\n[ \t]*){12,})(?P<words>\S.*)", re.DOTALL)


def out_of_sight(text: str) -> Iterator[Hidden]:
    """What comes after a gap that no layout needs."""
    if _WIDE not in text and text.count("\n") < _MANY_LINES and text.isascii():
        return
    if (found := _FAR.search(text)) is not None:
        yield Hidden("behind a wide gap", found["words"], odd=True)
