"""What the server does, it says it can do."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.definitions import array
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Answer
from pytest_mcpquality.health.probes.lists import LISTS

RULE: Final = Rule(
    "mcp-protocol-unclaimed",
    Group.PROTOCOL,
    Severity.MEDIUM,
    "Something is served and not claimed",
    "The server lists something that its capabilities do not name. Clients that go by the capabilities never see it, "
    "and neither do reviews that go by them.",
    "Name it in `capabilities`, or do not serve it.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#capability-negotiation",),
)
_KEYS: Final = {each.method: each.key for each in LISTS}


class Unclaimed:
    """A finding for each list that is not empty and not claimed."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which lists there are besides those that are claimed."""
        probes = probes_of(observed, "whether it claims what it serves")
        if isinstance(probes, Outcome):
            return probes
        hits = tuple(
            Hit(RULE, Subject(observed.server), f"does not claim {_KEYS[method]}, and lists {count} of them")
            for method, answer in probes.methods.items()
            if method in _KEYS and (count := _count(answer, _KEYS[method]))
        )
        return Outcome(hits, () if probes.calls or probes.questions else rest_unseen(observed, probes))


def _count(answer: Answer, key: str) -> int:
    return len(array((answer.result or {}).get(key)))
