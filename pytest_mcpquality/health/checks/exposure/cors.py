"""Answers may not be read by any web page."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import exposure_of, knocked
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.exposure import HttpAnswer, Knock

RULE: Final = Rule(
    "mcp-exposure-cors",
    Group.EXPOSURE,
    Severity.MEDIUM,
    "Any web page may read the answers",
    "The server tells browsers (`Access-Control-Allow-Origin`) to hand its answers to pages of any origin. A page "
    "that a person opens can then use the server and see what it answers.",
    "Name the origins that need it; most servers need none.",
    cwe=(942,),
)


class Cors:
    """One finding; graver when cookies and the like are let through as well."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """What the headers allow."""
        exposure = exposure_of(observed, "whom it lets read its answers")
        if isinstance(exposure, Outcome):
            return exposure
        answers = [knocked(observed, exposure, knock) for knock in (Knock.ORIGIN, Knock.PREFLIGHT)]
        for answer in answers:
            if not isinstance(answer, Outcome) and (allowed := _allowed(answer)):
                credentials = answer.headers.get("access-control-allow-credentials", "").lower() == "true"
                message = f"answers a foreign origin with Access-Control-Allow-Origin: {allowed}"
                if credentials:
                    message += " and Access-Control-Allow-Credentials: true"
                severity = Severity.HIGH if credentials and allowed != "*" else None
                return Outcome((Hit(RULE, Subject(observed.server), message, severity),))
        return next((answer for answer in answers if isinstance(answer, Outcome)), Outcome())


def _allowed(answer: HttpAnswer) -> str:
    """What the foreign origin is allowed by; empty when it is not."""
    value = answer.headers.get("access-control-allow-origin", "").strip()
    return value if value == "*" or "foreign.example" in value else ""
