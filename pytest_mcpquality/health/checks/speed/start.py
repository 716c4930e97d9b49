"""The server is ready in time."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.speed.figures import duration, figures
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-speed-start",
    Group.SPEED,
    Severity.HIGH,
    "The server starts slowly",
    "From its start to the agreement on a protocol version it took longer than the limit. Hosts start servers while "
    "somebody waits, and give up on slow ones.",
    "Import and connect to what is slow when it is first needed; start what is installed instead of downloading it "
    "with npx or uvx. Or raise `start-limit` of the server's settings.",
)


class SlowStart:
    """One finding, with the figures."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether both starts together are over the limit."""
        found = figures([look.started for look in observed.looks])
        if found is None:
            return not_reached(observed, "how long it takes to start")
        severity = found.severity_over(observed.limits.start)
        message = f"was ready after {found}; the limit is {duration(observed.limits.start)}"
        return Outcome((Hit(RULE, Subject(observed.server), message, severity),) if severity else ())
