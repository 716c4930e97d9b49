"""No text of the server instructs the model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from mcpquality_scanners.findings import Severity, Subject, Unseen
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.poisoning.fields import (
    INSTRUCTIONS,
    MAX_DEPTH,
    TextField,
    nested_too_deeply,
    text_fields,
)
from pytest_mcpquality.health.poisoning.score import LONGEST, Verdict, judge, judge_all

RULE: Final = Rule(
    "mcp-poisoning-instructions",
    Group.POISONING,
    Severity.CRITICAL,
    "A text instructs the model",
    "What a server says of its tools is put before the model as it is. This text does not describe: it tells the "
    "model to hide something, to read what it has no business with, to send data away, or to treat other tools "
    "differently. Where only the wording speaks for that, no known technique, the finding is high instead of critical.",
    "Remove the server until you know how the text came there. If it is yours, describe what the tool does and leave "
    "out what the model should do besides.",
    cwe=(74, 1427),
    references=("https://owasp.org/www-project-mcp-top-10/", "https://genai.owasp.org/llmrisk/llm01-prompt-injection/"),
)


class Instructions:
    """A finding for each text, with the excerpt and what it does."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which texts instruct."""
        definitions = observed.definitions
        if definitions is None:
            return not_reached(observed, "its texts")
        fields = list(text_fields(definitions))
        hits = [
            _hit(observed.server, field, verdict)
            for _, of_one in groupby(fields, key=lambda field: (field.kind, field.name))
            for field, verdict in _judged(list(of_one))
            if verdict.poisoned
        ]
        return Outcome(tuple(hits), _unread(observed, fields))


def _judged(fields: list[TextField]) -> Iterator[tuple[TextField, Verdict]]:
    """The fields of one tool, prompt or resource, or of the server itself."""
    # A server's instructions are meant for the model: only what an attacker has to say counts there.
    for field in fields:
        if field.place == INSTRUCTIONS:
            yield field, judge(field.text, worded=False)
    worded = [field for field in fields if field.place != INSTRUCTIONS]
    yield from zip(worded, judge_all([(field.text, field.stands) for field in worded]), strict=True)


def _hit(server: str, field: TextField, verdict: Verdict) -> Hit:
    message = f"{field.place} {', '.join(verdict.families)}: {verdict.excerpt!r}"
    # How something is worded makes it likely, no more.
    severity = None if verdict.proven else Severity.HIGH
    return Hit(RULE, Subject(server, field.kind, field.name), message, severity)


def _unread(observed: Observation, fields: list[TextField]) -> tuple[Unseen, ...]:
    long = [
        Unseen(f"{observed.server}: {field.kind} {field.name} {field.place}", f"only {LONGEST:,} characters were read")
        for field in fields
        if len(field.text) > LONGEST
    ]
    definitions = observed.definitions
    deep = [
        Unseen(f"{observed.server}: {kind} {name}", f"nested deeper than {MAX_DEPTH} levels")
        for kind, name, item in (definitions.listed() if definitions is not None else ())
        if nested_too_deeply(item)
    ]
    return (*long, *deep)
