"""Each thing that is listed has a name of its own, and tools have one that every host can use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from mcpquality_reports.text import visible
from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.observation import Observation

NAME: Final = Rule(
    "mcp-contract-name",
    Group.CONTRACT,
    Severity.MEDIUM,
    "A tool's name cannot be used everywhere",
    "Names of tools have 1 to 128 characters of A-Z, a-z, 0-9, '_', '-' and '.'. Hosts put them into requests to "
    "models whose interfaces refuse any other, so that the tool, or all tools of the server, cannot be used.",
    "Give the tool such a name, and put what is to be read by people into its title.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-names",),
)
DUPLICATE: Final = Rule(
    "mcp-contract-duplicate",
    Group.CONTRACT,
    Severity.MEDIUM,
    "Two of one kind have the same name",
    "A call or request names one of them, and which one is meant cannot be told.",
    "Give each tool and prompt a name of its own, and each resource and template its own URI.",
)
LONGEST: Final = 128
"""Characters that a tool's name may have."""

_USABLE: Final = re.compile(rf"[A-Za-z0-9_.-]{{1,{LONGEST}}}")
_SHOWN: Final = 60


class Names:
    """A finding for each name."""

    rules = (NAME, DUPLICATE)

    def look(self, observed: Observation) -> Outcome:
        """Which names cannot be used, or are there twice."""
        definitions = observed.definitions
        if definitions is None:
            return not_reached(observed, "the names of its tools")
        return Outcome((*_unusable(definitions), *_twice(definitions)))


def _unusable(definitions: Definitions) -> Iterator[Hit]:
    for number, tool in enumerate(definitions.tools, 1):
        name = tool.get("name")
        if isinstance(name, str) and _USABLE.fullmatch(name):
            continue
        subject = Subject(definitions.server, "tool", name if isinstance(name, str) else "")
        yield Hit(NAME, subject, f"tool {number} {_problem(name)}")


def _problem(name: object) -> str:
    if not isinstance(name, str) or not name:
        return "has no name"
    if len(name) > LONGEST:
        return f"has a name of {len(name)} characters: {visible(name[:_SHOWN])}..."
    odd = sorted({character for character in name if not _USABLE.fullmatch(character)})
    return f"has a name with {', '.join(repr(visible(character)) for character in odd)}: {visible(name[:_SHOWN])}"


def _twice(definitions: Definitions) -> Iterator[Hit]:
    counted = Counter((kind, name) for kind, name, _ in definitions.listed() if name)
    for (kind, name), number in counted.items():
        if number > 1:
            yield Hit(
                DUPLICATE, Subject(definitions.server, kind, name), f"{number} {kind}s are called {visible(name)!r}"
            )
