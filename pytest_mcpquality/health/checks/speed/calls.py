"""Tools answer in time."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.checks.speed.figures import duration, figures
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import ToolCall
from pytest_mcpquality.mcp.diagnosis import Cause

RULE: Final = Rule(
    "mcp-speed-call",
    Group.SPEED,
    Severity.HIGH,
    "A tool answers slowly",
    "A model waits for each call, and a person for the model; hosts give up on calls that take long.",
    "See what the tool waits for; give long work a tool that starts it and one that asks how it goes. Or raise "
    "`call-limit` of the server's settings.",
)


class SlowCalls:
    """A finding for each tool; tools that were not called are named by the check for that."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which tools are slow."""
        probes = probes_of(observed, "how long its tools take")
        if isinstance(probes, Outcome):
            return probes
        hits = (_hit(observed, call) for call in probes.calls if call.how.valid)
        rest = rest_unseen(observed, probes)
        return Outcome(tuple(hit for hit in hits if hit is not None), rest)


def _hit(observed: Observation, call: ToolCall) -> Hit | None:
    subject, limit = Subject(observed.server, "tool", call.tool), observed.limits.call
    failure = call.answer.failure
    if failure is not None and failure.cause is Cause.HUNG:
        waited = duration(call.answer.seconds)
        message = f"called with {call.how.value}, it had not answered after {waited}; the limit is {duration(limit)}"
        return Hit(RULE, subject, message)
    found = figures(call.seconds if call.answer.accepted else ())
    severity = found.severity_over(limit) if found is not None else None
    if found is None or severity is None:
        return None
    return Hit(RULE, subject, f"takes {found}; the limit is {duration(limit)}", severity)
