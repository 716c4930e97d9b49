"""What tools answer is no larger than it has to be."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import ToolCall
from pytest_mcpquality.mcp.diagnosis import Cause

RULE: Final = Rule(
    "mcp-speed-output",
    Group.SPEED,
    Severity.MEDIUM,
    "A tool answers with very much",
    "A result goes to a model as a whole: it is cut off, paid for, or fills the context so that nothing else has room. "
    "An answer without a bound also lets anybody who may call the tool fill the memory of server and client.",
    "Give a limit or pages as a parameter, with a small default, and say in the result that there is more. Or raise "
    "`output-limit` of the server's settings.",
    cwe=(400, 770),
)


class Output:
    """A finding for each tool."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which tools answer with more than the limit."""
        probes = probes_of(observed, "how much its tools answer")
        if isinstance(probes, Outcome):
            return probes
        hits = (_hit(observed, call) for call in probes.calls)
        found = dict.fromkeys(hit for hit in hits if hit is not None)
        return Outcome(tuple(found), rest_unseen(observed, probes))


def _hit(observed: Observation, call: ToolCall) -> Hit | None:
    subject, failure = Subject(observed.server, "tool", call.tool), call.answer.failure
    if failure is not None and failure.cause is Cause.TOO_LONG:
        message = f"called with {call.how.value}, it never came to an end: {failure.text}"
        return Hit(RULE, subject, message, Severity.HIGH)
    if call.size <= observed.limits.output:
        return None
    message = f"called with {call.how.value}, it answered with {call.size:,} bytes; the limit is "
    return Hit(RULE, subject, f"{message}{observed.limits.output:,}")
