"""Words that a text holds but does not show: what was encoded, disguised or put out of sight, as it reads undone.

`encodings` knows those of bytes, `letters` what is done to letters, `gaps` where words are put out of sight.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mcpquality.health.poisoning.hidden.encodings import decoded
from pytest_mcpquality.health.poisoning.hidden.gaps import out_of_sight
from pytest_mcpquality.health.poisoning.hidden.letters import disguised
from pytest_mcpquality.health.poisoning.hidden.model import MIN_ENCODED, Hidden

__all__ = ["MIN_ENCODED", "Hidden", "hidden_texts"]


def hidden_texts(text: str) -> Iterator[Hidden]:
    """All that is hidden in a text, whichever way."""
    yield from decoded(text)
    yield from disguised(text)
    yield from out_of_sight(text)
