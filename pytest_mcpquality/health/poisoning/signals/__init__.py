"""What in a text speaks to the model instead of describing something, technique by technique.

Each family stands for one thing an attacker has to say: hide this, do it first, take that, send it there. Most are no
proof alone; together within a few sentences they are. The families follow the techniques of OWASP MCP03 and
SAFE-T1001, T1201, T1301, T1401, T1402 and T1501; the weights were set on tool definitions of real servers.
"""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.hiding import HIDING
from pytest_mcpquality.health.poisoning.signals.languages import LANGUAGES
from pytest_mcpquality.health.poisoning.signals.model import Signal
from pytest_mcpquality.health.poisoning.signals.overriding import OVERRIDING
from pytest_mcpquality.health.poisoning.signals.reaching import REACHING
from pytest_mcpquality.health.poisoning.signals.taking import TAKING

SIGNALS: Final[tuple[Signal, ...]] = (*HIDING, *OVERRIDING, *TAKING, *REACHING, *LANGUAGES)
"""All of them."""

__all__ = ["SIGNALS", "Signal"]
