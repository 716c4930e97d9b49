"""How much of everything the page shows: it has to open fast with 100,000 findings, and says what it leaves out.

All of it is in the JSON report. Sizes are characters of text; the markup around them comes on top. With the figures
below a page stays under 2.5 million bytes, and 10,000 findings of usual length are all listed in under 1.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

MOST_SNIPPETS = 200
"""Findings that are shown with their code, the worst ones."""

OPEN_RULES = 12
"""Rules whose places are unfolded from the start, the worst ones."""

SHORT_LIST = 8
"""Names or places that are shown at once; longer lists fold the rest away, all of it still in the page."""

PLACES_ROOM = 900_000
"""For where findings are; the worst come first."""

WORDS_ROOM = 300_000
"""For the words of findings that differ from their rule's."""

RULES_ROOM = 600_000
"""For rules: message, advice, links."""

DOCUMENTS_ROOM = 300_000
"""For documentation: it never takes the place of a rule."""

LIST_ROOM = 60_000
"""For any other list: what was not seen, what is suppressed, what is fixed, covered files, commands."""

_ITEM = 40
"""What an item of a list costs beside its text."""

T = TypeVar("T")


class Room:
    """Space for text that is used up; once something did not fit, nothing more does, so that what is shown is first."""

    def __init__(self, size: int) -> None:
        self._left = size

    def fits(self, *texts: str) -> bool:
        """Whether there is room for an item of these texts; it is taken."""
        self._left -= sum(map(len, texts)) + _ITEM
        if self._left < 0:
            self._left = 0
            return False
        return True


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """The items of a list that are shown, and how many are not."""

    items: tuple[T, ...]
    left_out: int = 0

    def __len__(self) -> int:
        """How many there are in all."""
        return len(self.items) + self.left_out


def part(items: Iterable[T], size: Callable[[T], str], room: Room | None = None) -> Part[T]:
    """The first items that there is room for; `size` gives an item's text."""
    space, every = room or Room(LIST_ROOM), tuple(items)
    shown = next((number for number, item in enumerate(every) if not space.fits(size(item))), len(every))
    return Part(every[:shown], len(every) - shown)
