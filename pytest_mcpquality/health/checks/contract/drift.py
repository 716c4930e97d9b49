"""The server is what was locked, and is the same at each start."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject, Unseen
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.lock.changes import Change, Kind
from pytest_mcpquality.health.lock.document import locked
from pytest_mcpquality.health.lock.drift import drift
from pytest_mcpquality.health.lock.rendering import described
from pytest_mcpquality.health.observation import Observation

_FIX: Final = (
    "Read the difference. If it is what you want, take it over with --update-lock (under pytest "
    "--mcp-health-update-lock) and commit the lock file; if not, stay with the version that was reviewed."
)
SUSPICIOUS: Final = Rule(
    "mcp-contract-suspicious-drift",
    Group.CONTRACT,
    Severity.HIGH,
    "A text or hint changed since it was locked",
    "Every call still works, but what the model reads, or what the host does without asking, is not what was "
    'reviewed. This is how a server that was harmless turns ("rug pull").',
    _FIX,
)
BREAKING: Final = Rule(
    "mcp-contract-breaking-drift",
    Group.CONTRACT,
    Severity.HIGH,
    "A change breaks who uses the server",
    "Something was removed or renamed, or takes less than when it was locked.",
    _FIX,
)
COMPATIBLE: Final = Rule(
    "mcp-contract-compatible-drift",
    Group.CONTRACT,
    Severity.INFO,
    "Something was added since the server was locked",
    "What worked still works. What was added has not been reviewed.",
    _FIX,
)
UNSTABLE: Final = Rule(
    "mcp-contract-unstable",
    Group.CONTRACT,
    Severity.HIGH,
    "Two starts of the server differ",
    "The server was started twice and said different things of itself. One that changes after the first look can show "
    "reviewers something else than users.",
    "Let definitions depend on nothing but the version of the server; keep times, counters and random values out.",
)
_RULES: Final = {Kind.SUSPICIOUS: SUSPICIOUS, Kind.BREAKING: BREAKING, Kind.COMPATIBLE: COMPATIBLE}


class Drift:
    """A finding for each change against the lock file."""

    rules = (SUSPICIOUS, BREAKING, COMPATIBLE)

    def look(self, observed: Observation) -> Outcome:
        """What changed; a server that the lock file does not name was not reviewed and is named as such."""
        if not observed.lock_file:
            return Outcome()
        now = observed.definitions
        if now is None:
            return not_reached(observed, "whether it is as locked")
        if observed.locked is None:
            why = f"{observed.lock_file} does not name it: review it and add it with --update-lock"
            return Outcome(unseen=(Unseen(f"{observed.server}: whether it is as locked", why),))
        return Outcome(tuple(_hit(_RULES, observed.server, each) for each in drift(observed.locked, locked(now))))


class Unstable:
    """A finding for each difference between two cold starts."""

    rules = (UNSTABLE,)

    def look(self, observed: Observation) -> Outcome:
        """What differs."""
        if observed.first is None or observed.second is None:
            return not_reached(observed, "whether two starts are alike")
        changes = drift(locked(observed.first.definitions), locked(observed.second.definitions))
        return Outcome(tuple(_hit(dict.fromkeys(Kind, UNSTABLE), observed.server, each) for each in changes))


def _hit(rules: dict[Kind, Rule], server: str, change: Change) -> Hit:
    return Hit(rules[change.kind], Subject(server, change.subject, change.name), described(change))
