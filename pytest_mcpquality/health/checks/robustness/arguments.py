"""Arguments that do not fit a tool's schema are refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Arguments, Probes, ToolCall
from pytest_mcpquality.mcp.diagnosis import Cause

RULE: Final = Rule(
    "mcp-robustness-arguments",
    Group.ROBUSTNESS,
    Severity.HIGH,
    "Arguments that do not fit the schema are accepted",
    "The tool was called with arguments that its schema excludes, and did its work. What it did with them nobody "
    "knows: what checks calls by the schema, such as a policy or a person who confirms, did not see what was done.",
    "Validate arguments against the input schema before the handler runs: the SDKs do so for typed functions, and "
    "low-level handlers must do it themselves. Refuse with a result that has `isError`, so that the model can correct "
    "itself.",
    cwe=(20,),
    references=("https://modelcontextprotocol.io/specification/2025-11-25/server/tools#security-considerations",),
)
_SEVERITIES: Final = {
    Arguments.MISSING: Severity.MEDIUM,
    Arguments.WRONG_TYPE: Severity.HIGH,
    Arguments.NO_OBJECT: Severity.HIGH,
}
_HABITS: Final = (Arguments.COERCIBLE, Arguments.EXTRA)
"""What SDKs do for every tool of a server: "1" is taken for 1, and what a schema does not name is dropped."""

_SHOWN: Final = 8


class WrongArguments:
    """A finding for each tool and kind of wrong arguments; only tools that change nothing were called."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which were accepted, or not answered."""
        probes = probes_of(observed, "what it does with wrong arguments")
        if isinstance(probes, Outcome):
            return probes
        return Outcome(tuple(_hits(observed.server, probes)), rest_unseen(observed, probes))


def _hits(server: str, probes: Probes) -> Iterator[Hit]:
    wrong = [call for call in probes.calls if not call.how.valid]
    for call in wrong:
        subject, failure = Subject(server, "tool", call.tool), call.answer.failure
        if call.answer.accepted and call.how in _SEVERITIES:
            yield Hit(RULE, subject, f"accepted {_what(call)}", _SEVERITIES[call.how])
        elif failure is not None and failure.cause is Cause.HUNG:
            yield Hit(RULE, subject, f"called with {_what(call)}, it {failure.text}", Severity.MEDIUM)
    for habit in _HABITS:
        accepted = [call for call in wrong if call.how is habit and call.answer.accepted]
        if accepted:
            yield Hit(RULE, Subject(server), f"accepted {habit.value}: {_names(accepted)}", Severity.INFO)


def _names(calls: Sequence[ToolCall]) -> str:
    names = ", ".join(f"{call.tool} ({call.where})" for call in calls[:_SHOWN])
    return f"{names} and {len(calls) - _SHOWN} more" if len(calls) > _SHOWN else names


def _what(call: ToolCall) -> str:
    return f"{call.how.value} ({call.where})" if call.where else call.how.value
