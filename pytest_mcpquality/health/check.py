"""What a check of a server is, and what it answers."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mcpquality_scanners.findings import Severity, Subject, Unseen

Observed_contra = TypeVar("Observed_contra", contravariant=True)


class Group(enum.Enum):
    """What a check is about; the middle of its id."""

    ALIVE = "alive"
    PROTOCOL = "protocol"
    CONTRACT = "contract"
    POISONING = "poisoning"
    EXPOSURE = "exposure"
    ROBUSTNESS = "robustness"
    SPEED = "speed"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong with a server.

    Attributes:
        id: `mcp-<group>-<name>`, stable between versions.
        group: What it is about.
        severity: Unless a hit has one of its own.
        title: In a few words.
        help: What is wrong and why it matters, for a person who has never heard of it.
        fix: How to put it right.
        cwe: CWE numbers, ascending.
        references: https links.
    """

    id: str
    group: Group
    severity: Severity
    title: str
    help: str
    fix: str
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a rule is broken; `message` says what is wrong there, with the excerpt, plain text."""

    rule: Rule
    subject: Subject
    message: str
    severity: Severity | None = None

    @property
    def weight(self) -> Severity:
        """Its own severity, or its rule's."""
        return self.severity or self.rule.severity


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found, and what it should have looked at and could not."""

    hits: tuple[Hit, ...] = ()
    unseen: tuple[Unseen, ...] = ()


class Check(Protocol[Observed_contra]):
    """A check: pure, from what was observed of a server to what is wrong with it.

    Attributes:
        rules: What it can find.
    """

    @property
    def rules(self) -> Sequence[Rule]: ...  # noqa: D102 - see Attributes

    def look(self, observed: Observed_contra) -> Outcome:
        """What is wrong; where it was not observed, what was not seen and why, never nothing."""
        ...
