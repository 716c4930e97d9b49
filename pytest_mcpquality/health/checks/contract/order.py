"""Two starts list the same things in the same order."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-contract-order",
    Group.CONTRACT,
    Severity.LOW,
    "Two starts list in another order",
    "Hosts put the definitions before the model in the order in which they come. When that changes from start to "
    "start, prompts cannot be cached, and the model may choose differently.",
    "List in a fixed order, such as that of registration or of the names; sets and directory listings have none.",
)


class Order:
    """A finding for each kind; what is only in one of the starts is `mcp-contract-unstable`."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which lists are in another order."""
        if observed.first is None or observed.second is None:
            return not_reached(observed, "whether two starts list in the same order")
        first, second = _names(observed.first.definitions), _names(observed.second.definitions)
        return Outcome(
            tuple(
                Hit(RULE, Subject(observed.server), f"two starts list its {kind}s in another order")
                for kind, names in first.items()
                if names != second.get(kind, []) and sorted(names) == sorted(second.get(kind, []))
            )
        )


def _names(definitions: Definitions) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for kind, name, _ in definitions.listed():
        names.setdefault(kind, []).append(name)
    return names
