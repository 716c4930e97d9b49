"""What the server says it can do, it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.session import CLAIMED_ONLY
from pytest_mcpquality.mcp.protocol import METHOD_NOT_FOUND

RULE: Final = Rule(
    "mcp-protocol-claimed",
    Group.PROTOCOL,
    Severity.MEDIUM,
    "A capability is claimed and not served",
    "The server says at the start that it has something, and does not know the method that goes with it. A client "
    "that believes it fails later, or shows an empty list.",
    "Leave out of `capabilities` what is not served, or serve it.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#capability-negotiation",),
)


class Claimed:
    """A finding for each method that is unknown although it follows from what is claimed."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which methods are missing."""
        probes = probes_of(observed, "whether it serves what it claims")
        hits = tuple(Hit(RULE, Subject(observed.server), _message(method)) for method in _unserved(observed))
        if isinstance(probes, Outcome):
            return Outcome(hits, probes.unseen)
        return Outcome(hits, rest_unseen(observed, probes) if not probes.methods else ())


def _message(method: str) -> str:
    capability = method.partition("/")[0].replace("completion", "completions")
    return f"claims the capability {capability!r} and does not know the method {method}"


def _unserved(observed: Observation) -> Iterator[str]:
    if observed.first is not None:
        yield from observed.first.unserved
    if observed.probes is not None:
        for method, answer in observed.probes.methods.items():
            if method in CLAIMED_ONLY and answer.error is not None and answer.error.code == METHOD_NOT_FOUND:
                yield method
