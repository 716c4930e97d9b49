"""What a hidden text is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MIN_ENCODED: Final = 24
"""Characters from which a run of base64 or hexadecimal digits is decoded: below, words of prose qualify."""

_PROSE: Final = re.compile(r"\b[A-Za-z']{2,}\b")
_MIN_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Hidden:
    """One hidden text.

    Attributes:
        how: The way it is hidden, for a person.
        words: What it says.
        odd: Whether no description has a reason to write words that way: whole sentences are enough to tell.
    """

    how: str
    words: str
    odd: bool

    @property
    def telling(self) -> bool:
        """Whether hiding it is enough to tell, whatever it says."""
        return self.odd and len(_PROSE.findall(self.words)) >= _MIN_WORDS
