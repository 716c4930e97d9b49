"""Beyond this machine, the server asks who is there."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import exposure_of, knocked
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.exposure import Knock

RULE: Final = Rule(
    "mcp-exposure-no-auth",
    Group.EXPOSURE,
    Severity.HIGH,
    "The server lets anybody in",
    "A request without credentials was answered. Whoever can reach the server can list and call its tools.",
    "Ask for a bearer token (OAuth 2.1 is what the specification describes) in the server or in a proxy before it, "
    "and refuse with 401. A server that is meant for everybody can be let through by an allowed finding that says so.",
    cwe=(306,),
    references=("https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization",),
)


class NoAuth:
    """One finding: beyond loopback always, at loopback when credentials are configured and not asked for."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether it was let in without credentials."""
        exposure = exposure_of(observed, "whether it asks who is there")
        if isinstance(exposure, Outcome):
            return exposure
        asked = Knock.NO_CREDENTIALS if exposure.credentials else Knock.PLAIN
        if exposure.loopback and asked is Knock.PLAIN:
            return Outcome()
        answer = knocked(observed, exposure, asked)
        if isinstance(answer, Outcome):
            return answer
        if not answer.accepted:
            return Outcome()
        configured = ", although its configuration has some" if exposure.credentials else ""
        severity = Severity.MEDIUM if exposure.loopback else None
        message = f"let a request without credentials in{configured}"
        return Outcome((Hit(RULE, Subject(observed.server), message, severity),))
