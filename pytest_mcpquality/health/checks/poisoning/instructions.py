"""No text of the server instructs the model."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject, Unseen
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.poisoning.fields import MAX_DEPTH, TextField, nested_too_deeply, text_fields
from pytest_mcpquality.health.poisoning.score import LONGEST, judge

RULE: Final = Rule(
    "mcp-poisoning-instructions",
    Group.POISONING,
    Severity.CRITICAL,
    "A text instructs the model",
    "What a server says of its tools is put before the model as it is. This text does not describe: it tells the "
    "model to hide something, to read what it has no business with, to send data away, or to treat other tools "
    "differently.",
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
        hits = tuple(hit for field in fields if (hit := _hit(observed.server, field)) is not None)
        return Outcome(hits, _unread(observed, fields))


def _hit(server: str, field: TextField) -> Hit | None:
    # A server's instructions are meant for the model: only what an attacker has to say counts there.
    verdict = judge(field.text, worded=field.place != "instructions")
    if not verdict.poisoned:
        return None
    message = f"{field.place} {', '.join(verdict.families)}: {verdict.excerpt!r}"
    return Hit(RULE, Subject(server, field.kind, field.name), message)


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
