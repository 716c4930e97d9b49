"""Lists come in time."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.speed.figures import duration, figures
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-speed-list",
    Group.SPEED,
    Severity.HIGH,
    "A list comes slowly",
    "Hosts list tools, resources and prompts each time they connect. What is slow here, is slow for everybody.",
    "Keep definitions in memory and ask nobody else for them; give long lists in pages. Or raise `call-limit` of "
    "the server's settings.",
)


class SlowLists:
    """A finding for each list whose pages take longer than a call may."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which lists are slow."""
        if observed.first is None:
            return not_reached(observed, "how long its lists take")
        limit, hits = observed.limits.call, list[Hit]()
        for method in observed.first.pages:
            again = observed.probes.pages.get(method, ()) if observed.probes is not None else ()
            found = figures([*(seconds for look in observed.looks for seconds in look.pages.get(method, ())), *again])
            if found is not None and (severity := found.severity_over(limit)):
                message = f"a page of {method} takes {found}; the limit is {duration(limit)}"
                hits.append(Hit(RULE, Subject(observed.server), message, severity))
        return Outcome(tuple(hits))
