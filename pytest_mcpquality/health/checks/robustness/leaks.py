"""Errors say what is wrong with a request, and nothing of the inside of the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from mcpquality_scanners.text import one_line
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Answer, Arguments, Probes

RULE: Final = Rule(
    "mcp-robustness-error-leaks",
    Group.ROBUSTNESS,
    Severity.HIGH,
    "An error shows the inside of the server",
    "What a tool answers goes to a model, and with it to its provider and into logs. A stack trace, a path or a "
    "connection string tells an attacker how the server is built and what to ask for next.",
    "Answer with a text of your own for the errors that you expect, and with one general text for all others; log the "
    "details on standard error. Version 1 of the Python SDK answers with the text of any exception.",
    cwe=(209,),
    references=("https://cwe.mitre.org/data/definitions/209.html",),
)


@dataclass(frozen=True, slots=True)
class _Leak:
    """One kind of thing that leaks; `secret` when it must not be shown."""

    what: str
    pattern: re.Pattern[str]
    severity: Severity
    secret: bool = False


_LEAKS: Final = (
    _Leak(
        "a stack trace",
        re.compile(
            r'Traceback \(most recent call last\)|^\s*File "[^"\n]+", line \d+|^\s+at [^\n]{1,200}[(/][^\n]{1,200}:\d+'
            r"(?::\d+)?\)?$|\bnode:internal/|^goroutine \d+ \[|\bpanicked at [^\n]{1,200}:\d+",
            re.MULTILINE,
        ),
        Severity.HIGH,
    ),
    _Leak(
        "a connection string with a password",
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,100}:[^\s/@]{1,100}@"),
        Severity.HIGH,
        secret=True,
    ),
    _Leak(
        "a statement of a database",
        re.compile(r"\b(?:SELECT\b[^\n]{1,200}\bFROM|INSERT INTO|DELETE FROM|UPDATE\b[^\n]{1,100}\bSET)\s"),
        Severity.MEDIUM,
    ),
    _Leak(
        "a path of the machine",
        re.compile(
            r"(?<![\w/:.])(?:/(?:home|Users|root|usr|opt|var|srv|etc|tmp|app|mnt|media|private|work|workspaces?|builds)/|[A-Za-z]:\\+)[\w.+@-]+"
            r"(?:[/\\]+[\w.+@-]+)*"
        ),
        Severity.MEDIUM,
    ),
)
_EXAMPLE: Final = re.compile(r"\b(?:e\.g\.|such as|for (?:example|instance))[^\n]*", re.IGNORECASE)
"""What shows how a value has to look, and is none of the machine's."""

_READ: Final = 20_000
"""Characters of one error that are searched."""


class ErrorLeaks:
    """A finding for each kind of thing that leaks, with the first place where it did."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """What errors show."""
        probes = probes_of(observed, "its errors")
        if isinstance(probes, Outcome):
            return probes
        hits = [hit for leak in _LEAKS if (hit := _first(observed.server, leak, probes)) is not None]
        return Outcome(tuple(hits), rest_unseen(observed, probes))


def _first(server: str, leak: _Leak, probes: Probes) -> Hit | None:
    for subject, asked, answer in _errors(server, probes):
        for words in answer.texts():
            told = _EXAMPLE.sub("", words[:_READ])
            found = leak.pattern.search(told)
            if found is not None:
                excerpt = "" if leak.secret else f": {one_line(told[found.start() : found.start() + 160])!r}"
                return Hit(RULE, subject, f"the error to {asked} holds {leak.what}{excerpt}", leak.severity)
    return None


def _errors(server: str, probes: Probes) -> Iterator[tuple[Subject, str, Answer]]:
    for call in probes.calls:
        if call.answer.refused and call.how is not Arguments.GIVEN:  # it may show what it was given
            yield Subject(server, "tool", call.tool), call.how.value, call.answer
    for question, answer in probes.questions.items():
        if answer.refused:
            yield Subject(server), question.value, answer
