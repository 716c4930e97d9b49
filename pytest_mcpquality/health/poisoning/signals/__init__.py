"""What in a text speaks to the model instead of describing something, technique by technique.

Each family stands for one thing an attacker has to say: hide this, do it first, take that, send it there. Most are no
proof alone; together within a few sentences they are. The families follow the techniques of OWASP MCP03 and
SAFE-T1001, T1201, T1301, T1401, T1402 and T1501; the weights were set on tool definitions of real servers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from pytest_mcpquality.health.poisoning.signals.advertising import ADVERTISING
from pytest_mcpquality.health.poisoning.signals.hiding import HIDING
from pytest_mcpquality.health.poisoning.signals.imitating import IMITATING
from pytest_mcpquality.health.poisoning.signals.languages import LANGUAGES, foreign
from pytest_mcpquality.health.poisoning.signals.model import Signal
from pytest_mcpquality.health.poisoning.signals.overriding import OVERRIDING
from pytest_mcpquality.health.poisoning.signals.reaching import REACHING
from pytest_mcpquality.health.poisoning.signals.sending import SENDING
from pytest_mcpquality.health.poisoning.signals.taking import TAKING

IN_SENTENCES: Final[tuple[Signal, ...]] = (*HIDING, *OVERRIDING, *TAKING, *SENDING, *REACHING, *ADVERTISING)
"""Those that are looked for in one sentence at a time."""


@lru_cache(maxsize=8192)
def worth_a_search(mask: int) -> tuple[Signal, ...]:
    """Those that a sentence with the groups in `mask` may hold."""
    return tuple(signal for signal in IN_SENTENCES if signal.may_be_in(mask))


IN_TEXTS: Final[tuple[Signal, ...]] = IMITATING
"""Those that may span sentences; `LANGUAGES` are, too."""

__all__ = ["IN_SENTENCES", "IN_TEXTS", "LANGUAGES", "Signal", "foreign", "worth_a_search"]
