"""Tools, their parameters and prompts say what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.definitions import Definitions, Wire, array, mapping, text
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-contract-undescribed",
    Group.CONTRACT,
    Severity.INFO,
    "A description is missing",
    "The model has nothing but names to choose by and to fill in. Many good servers leave some out, so that this is a "
    "hint and no fault.",
    "Describe each tool and prompt in a sentence, and each parameter in a few words.",
)
_SHOWN: Final = 5


class Descriptions:
    """A finding for each tool and prompt with something undescribed."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """What has no description."""
        definitions = observed.definitions
        if definitions is None:
            return not_reached(observed, "the descriptions of its tools")
        return Outcome(tuple(_hits(definitions)))


def _hits(definitions: Definitions) -> Iterator[Hit]:
    for kind, items, parts in (("tool", definitions.tools, _parameters), ("prompt", definitions.prompts, _arguments)):
        for item in items:
            bare = list(parts(item))
            missing = [] if text(item, "description").strip() else [f"the {kind}"]
            if bare:
                more = f" and {len(bare) - _SHOWN} more" if len(bare) > _SHOWN else ""
                missing.append(f"{', '.join(bare[:_SHOWN])}{more}")
            if missing:
                subject = Subject(definitions.server, kind, text(item, "name"))
                yield Hit(RULE, subject, f"no description of {', '.join(missing)}")


def _parameters(tool: Wire) -> Iterator[str]:
    for name, schema in mapping(mapping(tool.get("inputSchema")).get("properties")).items():
        if not text(schema, "description").strip() and "$ref" not in mapping(schema):
            yield name


def _arguments(prompt: Wire) -> Iterator[str]:
    for argument in array(prompt.get("arguments")):
        if not text(argument, "description").strip():
            yield text(argument, "name")
