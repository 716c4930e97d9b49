"""The schemas of the tools are JSON schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from mcpquality_scanners.findings import Severity, Subject
from mcpquality_scanners.text import one_line
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.contract.references import dangling, outside
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.definitions import Definitions, Wire, is_object, text
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-contract-schema",
    Group.CONTRACT,
    Severity.HIGH,
    "A schema is no JSON schema",
    "Hosts check a call's arguments against the input schema and a result against the output schema, and models are "
    "given the input schema. With one that cannot be read or followed the tool is refused, or called blindly.",
    "Let the SDK make the schema from annotations, or validate yours against the meta-schema of its `$schema` "
    "(2020-12 unless it says otherwise). An input schema has the type object, also for a tool without parameters.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool",),
)
_SHOWN: Final = 160
_LAST_WITH_OBJECTS: Final = "2025-11-25"
"""The last version of the protocol in which structured content had to be an object."""


class Schemas:
    """A finding for each schema, with the first thing that is wrong."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which schemas are none."""
        definitions = observed.definitions
        if definitions is None:
            return not_reached(observed, "the schemas of its tools")
        return Outcome(tuple(hit for tool in definitions.tools for hit in _hits(definitions, tool)))


def _hits(definitions: Definitions, tool: Wire) -> Iterator[Hit]:
    for key in ("inputSchema", "outputSchema"):
        schema = tool.get(key)
        if key == "outputSchema" and schema is None:
            continue
        objects_only = key == "inputSchema" or definitions.protocol <= _LAST_WITH_OBJECTS
        if problem := _problem(schema, objects_only=objects_only):
            subject = Subject(definitions.server, "tool", text(tool, "name"))
            yield Hit(RULE, subject, f"{key} {one_line(problem, _SHOWN)}")


def _problem(schema: object, *, objects_only: bool) -> str:
    if not is_object(schema):
        return "is missing" if schema is None else "is no object"
    if objects_only and schema.get("type") != "object":
        return f"has the type {schema.get('type')!r}, and must have 'object'"
    if references := dangling(schema):
        return f"refers to {references[0]!r}, which is not in it"
    if references := outside(schema):
        return f"refers to {references[0]!r}, which is another document: no host fetches it"
    return _invalid(schema)


def _invalid(schema: Mapping[str, object]) -> str:
    from jsonschema import validators  # noqa: PLC0415 - slow to import

    kind = validators.validator_for(schema, default=validators.Draft202012Validator)
    try:
        found = next(iter(kind(kind.META_SCHEMA).iter_errors(cast("dict[str, Any]", schema))), None)
    except RecursionError:
        return "is nested too deeply to be checked"
    return "" if found is None else f"is not valid: {found.json_path}: {found.message}"
