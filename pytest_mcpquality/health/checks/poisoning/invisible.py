"""No text of the server holds characters that a person does not see."""

from __future__ import annotations

import re
from typing import Final

from mcpquality_reports.text import visible
from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.poisoning.fields import TextField, text_fields

RULE: Final = Rule(
    "mcp-poisoning-invisible",
    Group.POISONING,
    Severity.HIGH,
    "A text holds invisible characters",
    "The text holds characters that show as nothing or change the order in which others show: zero-width and "
    "bidirectional ones, tag characters, control characters, terminal sequences. A person who reviews it sees another "
    "text than the model.",
    "Remove the characters. An emoji may be followed by a variation selector or joined to another one; nothing else "
    "needs them in a description.",
    cwe=(116, 1007),
    references=("https://www.unicode.org/reports/tr36/",),
)

# Control characters but tab and line ends; soft hyphen; zero-width; bidirectional; invisible operators; tags;
# interlinear annotations. One variation selector is in 1 of 56 descriptions of real tools and is let through; three in
# a row, and those for ideographs behind anything else, carry bytes.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u034f\u115f\u1160\u3164\uffa0\U000e0000-\U000e007f]|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
    "|[\ufe00-\ufe0f]{3,}|(?<=[A-Za-z])[\ufe00-\ufe0f]|(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]"
)
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_AROUND: Final = 30


class Invisible:
    """A finding for each text, with the characters spelled out."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which texts hold any."""
        definitions = observed.definitions
        if definitions is None:
            return not_reached(observed, "the characters of its texts")
        return Outcome(tuple(hit for field in text_fields(definitions) if (hit := _hit(observed.server, field))))


def _hit(server: str, field: TextField) -> Hit | None:
    # Most texts are plain, and told so more quickly than searched.
    found = None if field.text.isascii() and field.text.isprintable() else _INVISIBLE.search(field.text)
    if found is None:
        return None
    number = len(_INVISIBLE.findall(field.text))
    excerpt = _shown(field.text[max(0, found.start() - _AROUND) : found.end() + _AROUND])
    message = f"{field.place} holds {number} invisible character{'' if number == 1 else 's'}: {excerpt!r}"
    return Hit(RULE, Subject(server, field.kind, field.name), message)


def _shown(text: str) -> str:
    """The text with variation selectors spelled out, too: they count as printable."""
    return visible(_SELECTORS.sub(lambda selector: selector[0].encode("unicode_escape").decode("ascii"), text))
