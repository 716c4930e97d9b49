"""Words behind so many spaces or empty lines that a person who reviews the text does not come to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pytest_mcpquality.health.poisoning.hidden.model import Hidden

_HINT: Final = re.compile(r"[^\S\n]{80}|\n\s{11}")
_GAP: Final = re.compile(r"\s+")
_WIDE: Final = re.compile(r"[^\S\n]{80}")
_MANY_LINES: Final = 12


def out_of_sight(text: str) -> Iterator[Hidden]:
    """What comes after a gap that no layout needs."""
    if not _HINT.search(text):
        return
    for gap in _GAP.finditer(text):
        if gap[0].count("\n") >= _MANY_LINES or _WIDE.search(gap[0]):
            yield Hidden("behind a wide gap", text[gap.end() :], odd=True)
            return
