"""One difference between what was locked and what is."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.Enum):
    """What a change means to those who use the server, the worst first.

    `SUSPICIOUS` is what changes how a model behaves while every call still works: the shape of a rug pull.
    """

    SUSPICIOUS = "suspicious"
    BREAKING = "breaking"
    COMPATIBLE = "compatible"


@dataclass(frozen=True, slots=True)
class Change:
    """What changed.

    Attributes:
        kind: What it means.
        subject: `tool`, `resource`, `template`, `prompt`; empty for the server itself.
        name: What the subject is known by.
        what: In words, with the place inside the subject.
        before: The text or JSON it was; empty where there was none.
        after: What it is now.
    """

    kind: Kind
    subject: str
    name: str
    what: str
    before: str = ""
    after: str = ""
