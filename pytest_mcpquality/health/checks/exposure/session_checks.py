"""A session that there is not is refused."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import exposure_of, knocked
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.exposure import Knock

RULE: Final = Rule(
    "mcp-exposure-session-unchecked",
    Group.EXPOSURE,
    Severity.MEDIUM,
    "Any session id is let in",
    "The server gives sessions, and did its work in one that it never gave. An attacker can name the session that a "
    "victim will then use.",
    "Answer 404 to an `Mcp-Session-Id` that you did not give or have ended.",
    cwe=(384,),
    references=("https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management",),
)


class SessionUnchecked:
    """One finding; a server without sessions has none to check."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether a made-up session was let in."""
        exposure = exposure_of(observed, "whether it checks sessions")
        if isinstance(exposure, Outcome):
            return exposure
        if not exposure.sessions:
            return Outcome()
        answer = knocked(observed, exposure, Knock.NO_SESSION)
        if isinstance(answer, Outcome):
            return answer
        message = f"answered {answer.status} to a request in a session that it never gave"
        return Outcome((Hit(RULE, Subject(observed.server), message),) if answer.accepted else ())
