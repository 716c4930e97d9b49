"""Results have the form that the protocol gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.definitions import is_array
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Answer, Probes
from pytest_mcpquality.mcp.diagnosis import Cause

RULE: Final = Rule(
    "mcp-protocol-results",
    Group.PROTOCOL,
    Severity.HIGH,
    "An answer has not the form of one",
    "A result must be an object, that of a tool with a list `content`, and an error must have a code and a message. "
    "Clients check that, and drop the answer with an error of their own.",
    "Build results with the types of an SDK.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result",),
)


class Results:
    """A finding for each tool, and for each other request, whose answer is malformed."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which answers are malformed."""
        probes = probes_of(observed, "the form of its answers")
        if isinstance(probes, Outcome):
            return probes
        hits = dict.fromkeys(_hits(observed.server, probes))
        return Outcome(tuple(hits), rest_unseen(observed, probes))


def _hits(server: str, probes: Probes) -> Iterator[Hit]:
    for call in probes.calls:
        if problem := _broken(call.answer) or _without_content(call.answer):
            yield Hit(RULE, Subject(server, "tool", call.tool), problem)
    asked = {question.value: answer for question, answer in probes.questions.items()}
    for what, answer in (asked | dict(probes.methods)).items():
        if problem := _broken(answer):
            yield Hit(RULE, Subject(server), f"asked for {what}, it {problem}")


def _broken(answer: Answer) -> str:
    failure = answer.failure
    return failure.text if failure is not None and failure.cause is Cause.VIOLATION else ""


def _without_content(answer: Answer) -> str:
    if answer.result is None or is_array(answer.result.get("content")):
        return ""
    return "answered a call without a list 'content'"
