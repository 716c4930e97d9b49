"""No text that a tool returns instructs the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpquality_scanners.findings import Severity, Subject, Unseen
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.poisoning.score import LONGEST, judge
from pytest_mcpquality.health.probes.answers import ToolCall

RULE: Final = Rule(
    "mcp-poisoning-result",
    Group.POISONING,
    Severity.HIGH,
    "A tool returns a text that instructs the model",
    "What a tool returns is put before the model like what people say to it. This text tells the model to hide "
    "something, to read what it has no business with, to send data away, or to treat other tools differently.",
    "Find out where the text comes from. A server that passes on what others wrote should mark it as data; one that "
    "makes it up itself should be removed.",
    cwe=(74, 1427),
    references=("https://genai.owasp.org/llmrisk/llm01-prompt-injection/",),
)


class PoisonedResults:
    """A finding for each tool whose result or error instructs; tools not called are named by the check for that."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which results instruct."""
        probes = probes_of(observed, "what its tools return")
        if isinstance(probes, Outcome):
            return probes
        hits = {hit.subject: hit for call in reversed(probes.calls) for hit in _hits(observed.server, call)}
        unread = dict.fromkeys(each for call in probes.calls for each in _unread(observed.server, call))
        return Outcome(tuple(hits.values()), (*unread, *rest_unseen(observed, probes)))


def _hits(server: str, call: ToolCall) -> Iterator[Hit]:
    for words in call.answer.texts():
        # What is returned may be any document: how descriptions are worded says nothing about those.
        verdict = judge(words, worded=False)
        if verdict.poisoned:
            message = f"called with {call.how.value}, it returned {', '.join(verdict.families)}: {verdict.excerpt!r}"
            yield Hit(RULE, Subject(server, "tool", call.tool), message)


def _unread(server: str, call: ToolCall) -> Iterator[Unseen]:
    if any(len(words) > LONGEST for words in call.answer.texts()):
        yield Unseen(f"{server}: what the tool {call.tool} returns", f"only {LONGEST:,} characters were read")
