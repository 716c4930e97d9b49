"""Pings are answered in time."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.speed.figures import duration, figures
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-speed-ping",
    Group.SPEED,
    Severity.HIGH,
    "A ping is answered slowly",
    "There is nothing to do for a ping: how long it takes, everything takes. In protocol 2026-07-28, which has no "
    "ping, it is server/discover that was asked.",
    "See what keeps the server busy while nobody calls a tool. Or raise `call-limit` of the server's settings.",
)


class SlowPing:
    """One finding, with the figures."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether pings take longer than a call may; that none was answered is said by the check for that."""
        if observed.first is None:
            return not_reached(observed, "how long a ping takes")
        found = figures([seconds for look in observed.looks for seconds in look.pings])
        severity = found.severity_over(observed.limits.call) if found is not None else None
        message = f"a ping takes {found}; the limit is {duration(observed.limits.call)}"
        return Outcome((Hit(RULE, Subject(observed.server), message, severity),) if severity else ())
