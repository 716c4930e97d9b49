"""A tool that there is not cannot be called."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import answer_to
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Question

RULE: Final = Rule(
    "mcp-robustness-unknown-tool",
    Group.ROBUSTNESS,
    Severity.MEDIUM,
    "A call of a tool that there is not is no error",
    "Models call tools by names that they make up or remember from elsewhere. Without an error they take it for done.",
    "Answer with the JSON-RPC error -32602, or with a result that has `isError`.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/server/tools#error-handling",),
)


class UnknownTool:
    """One finding, when it was done or not answered."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """What came back."""
        if observed.definitions is not None and not observed.definitions.tools:
            return Outcome()
        answer = answer_to(observed, Question.UNKNOWN_TOOL)
        if isinstance(answer, Outcome):
            return answer
        if answer.refused or (observed.probes is not None and observed.probes.lost_at == Question.UNKNOWN_TOOL.value):
            return Outcome()  # that it is gone is said by the check for that
        what = "answered it with a result" if answer.failure is None else str(answer.failure)
        return Outcome((Hit(RULE, Subject(observed.server), f"called a tool that there is not, it {what}"),))
