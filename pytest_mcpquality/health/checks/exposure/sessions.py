"""The id of a session cannot be guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import exposure_of
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-exposure-session-id",
    Group.EXPOSURE,
    Severity.MEDIUM,
    "The id of a session can be guessed",
    "Whoever knows the id of a session can take part in it. Ids must be random, long enough that nobody tries them "
    "all, and of visible ASCII characters.",
    "Take 128 random bits, such as `secrets.token_urlsafe(16)` or a UUID of version 4.",
    cwe=(330, 340),
    references=(
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#session-hijacking",
    ),
)
ENOUGH: Final = 64
"""Bits that must be left to guess, as OWASP's session management has it."""

_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_ALPHABETS: Final = ((re.compile(r"[0-9-]*"), 10), (re.compile(r"[0-9a-fA-F-]*"), 16), (re.compile(r"[0-9a-z-]*"), 36))
_LARGEST: Final = 64


class SessionIds:
    """One finding, with what is wrong; a server without sessions has none to guess."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """What is wrong with the ids that it gave."""
        exposure = exposure_of(observed, "the ids of its sessions")
        if isinstance(exposure, Outcome):
            return exposure
        problem = _problem(exposure.sessions) if exposure.sessions else ""
        return Outcome((Hit(RULE, Subject(observed.server), problem),) if problem else ())


def _problem(ids: Sequence[str]) -> str:
    if len(set(ids)) < len(ids):
        return "gave the same session id twice"
    if not all(_VISIBLE.fullmatch(each) for each in ids):
        return "gave a session id with characters that are no visible ASCII"
    bits = _bits(ids)
    return f"gave session ids in which about {bits:.0f} bits are left to guess" if bits < ENOUGH else ""


def _bits(ids: Sequence[str]) -> float:
    """What is left to guess, at most: the places that differ between ids, by what stands in them."""
    shortest = min(map(len, ids))
    varying = [place for place in range(shortest) if len({each[place] for each in ids}) > 1 or len(ids) == 1]
    letters = "".join(each[place] for each in ids for place in varying)
    alphabet = next((size for pattern, size in _ALPHABETS if pattern.fullmatch(letters)), _LARGEST)
    return len(varying) * math.log2(alphabet)
