"""Each request gets one answer, with its own id."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.mcp.diagnosis import Odd

RULE: Final = Rule(
    "mcp-protocol-answers",
    Group.PROTOCOL,
    Severity.MEDIUM,
    "Answers do not belong to requests",
    "The server answered an id that nobody asked with, twice, or without an id. A client cannot tell what is meant, "
    "and may take one call's result for another's.",
    "Answer each request once, with the id that it came with; an SDK does so by itself.",
)
_ODD: Final = frozenset({Odd.UNKNOWN_ID, Odd.DUPLICATE_ID, Odd.NO_ID, Odd.UNKNOWN_TOKEN, Odd.BATCH})


class Answers:
    """One finding, with the first of the answers."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether an answer was odd."""
        if observed.first is None:
            return not_reached(observed, "its answers")
        found = [oddity.text for oddity in observed.oddities if oddity.kind in _ODD]
        return Outcome((Hit(RULE, Subject(observed.server), "; ".join(found[:3])),) if found else ())
