"""A method that there is not is answered with "method not found"."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import answer_to
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Answer, Question
from pytest_mcpquality.mcp.protocol import METHOD_NOT_FOUND

RULE: Final = Rule(
    "mcp-protocol-unknown-method",
    Group.PROTOCOL,
    Severity.MEDIUM,
    "An unknown method is not answered with -32601",
    "Clients of a newer protocol ask for what a server may not know, and go on by its error -32601. Another error "
    "looks like a request that failed, no answer like a server that hangs.",
    "Answer each request whose method you do not know with the JSON-RPC error -32601. Version 1 of the Python SDK "
    "answers -32602; version 2 does it right.",
    references=("https://www.jsonrpc.org/specification#error_object",),
)


class UnknownMethod:
    """One finding: grave when nothing or a result came, slight when it was another error."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """What came back."""
        answer = answer_to(observed, Question.UNKNOWN_METHOD)
        if isinstance(answer, Outcome):
            return answer
        hit = _hit(observed, answer)
        return Outcome((hit,) if hit is not None else ())


def _hit(observed: Observation, answer: Answer) -> Hit | None:
    subject = Subject(observed.server)
    if answer.error is not None:
        if answer.error.code == METHOD_NOT_FOUND:
            return None
        return Hit(RULE, subject, f"answered an unknown method with error {answer.error.code}", Severity.LOW)
    if answer.failure is None:
        return Hit(RULE, subject, "answered an unknown method with a result")
    if observed.probes is not None and observed.probes.lost_at == Question.UNKNOWN_METHOD.value:
        return None  # that it is gone is said by the check for that
    return Hit(RULE, subject, f"asked for an unknown method, it {answer.failure}")
