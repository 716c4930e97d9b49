"""The server starts, agrees on a version, lists what it has, and does so twice."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-alive-start",
    Group.ALIVE,
    Severity.HIGH,
    "The server does not work",
    "The server could not be started or reached, did not agree on a version of the protocol, or failed while its "
    "tools, resources and prompts were listed. No client can use it as it is.",
    "The message says what happened and what the server said last. Start the same command by hand in an environment "
    "that has only the variables that the configuration gives it. One that only needs longer gets more time with "
    "`start-limit` of its settings.",
)


class Start:
    """One finding for the one cause; everything else of the server is then named as not seen by the other checks."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether anything failed."""
        if observed.failure is None:
            return Outcome()
        return Outcome((Hit(RULE, Subject(observed.server), str(observed.failure)),))
