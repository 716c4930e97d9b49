from __future__ import annotations

from typing import Any

import pytest

from pytest_mcpquality.health.check import Check, Hit, Outcome
from pytest_mcpquality.health.checks.contract.descriptions import Descriptions
from pytest_mcpquality.health.checks.contract.names import LONGEST, Names
from pytest_mcpquality.health.checks.contract.order import Order
from pytest_mcpquality.health.checks.contract.schemas import Schemas
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.observation import Look, Observation
from tests.support.observations import FAILED

CHECKS: tuple[Check[Observation], ...] = (Names(), Order(), Schemas(), Descriptions())
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"query": {"$ref": "#/$defs/query"}, "limit": {"type": "integer", "description": "How many"}},
    "$defs": {"query": {"type": "string"}},
}
TOOL: dict[str, Any] = {"name": "notes_search", "description": "Searches.", "inputSchema": SCHEMA}
OTHER: dict[str, Any] = {"name": "notes.add-1", "description": "Adds.", "inputSchema": {"type": "object"}}


def seen(*tools: dict[str, Any], second: tuple[dict[str, Any], ...] | None = None, **more: Any) -> Observation:  # noqa: ANN401 - any list
    first = Definitions("notes", "2025-11-25", tools=tools, **more)
    again = Definitions("notes", "2025-11-25", tools=tools if second is None else second, **more)
    return Observation("notes", first=Look(first), second=Look(again))


def only(outcome: Outcome) -> Hit:
    [hit] = outcome.hits
    return hit


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: type(check).__name__)
def test_a_server_that_is_fine_passes(check: Check[Observation]) -> None:
    assert check.look(seen(TOOL, OTHER)) == Outcome()
    assert check.look(seen()) == Outcome()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: type(check).__name__)
def test_one_that_was_not_reached_passes_nothing(check: Check[Observation]) -> None:
    [unseen] = check.look(FAILED).unseen
    assert unseen.reason == "exited with 3: KeyError: 'q'"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("search notes", "tool 1 has a name with ' ': search notes"),
        ("suche/über", "tool 1 has a name with '/', 'ü': suche/über"),
        ("", "tool 1 has no name"),
        (None, "tool 1 has no name"),
        ("a" * (LONGEST + 1), f"tool 1 has a name of 129 characters: {'a' * 60}..."),
    ],
)
def test_a_name_that_hosts_refuse_is_found(name: object, message: str) -> None:
    hit = only(Names().look(seen({**TOOL, "name": name})))
    assert (hit.rule.id, hit.message) == ("mcp-contract-name", message)


def test_the_longest_name_passes() -> None:
    assert Names().look(seen({**TOOL, "name": "a" * LONGEST})) == Outcome()


def test_a_name_that_is_there_twice_is_found_once() -> None:
    hit = only(Names().look(seen(TOOL, OTHER, TOOL)))
    assert (hit.rule.id, hit.message) == ("mcp-contract-duplicate", "2 tools are called 'notes_search'")


def test_one_name_for_things_of_two_kinds_is_fine() -> None:
    assert Names().look(seen(TOOL, prompts=({"name": "notes_search"},))) == Outcome()


def test_another_order_is_found() -> None:
    hit = only(Order().look(seen(TOOL, OTHER, second=(OTHER, TOOL))))
    assert hit.message == "two starts list its tools in another order"


def test_what_is_in_one_start_only_is_not_about_the_order() -> None:
    assert Order().look(seen(TOOL, OTHER, second=(TOOL,))) == Outcome()


def test_the_order_of_one_start_alone_cannot_be_told() -> None:
    [unseen] = Order().look(Observation("notes", first=Look(Definitions("notes")))).unseen
    assert unseen.reason == "it was not asked for"


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (None, "inputSchema is missing"),
        ("object", "inputSchema is no object"),
        ({}, "inputSchema has the type None, and must have 'object'"),
        ({"type": "array"}, "inputSchema has the type 'array', and must have 'object'"),
        ({**SCHEMA, "$defs": {}}, "inputSchema refers to '#/$defs/query', which is not in it"),
        ({"type": "object", "not": {"$ref": "#somewhere"}}, "inputSchema refers to '#somewhere', which is not in it"),
        (
            {"type": "object", "not": {"$ref": "https://sink.example/x.json"}},
            "inputSchema refers to 'https://sink.example/x.json', which is another document: no host fetches it",
        ),
        ({"type": "object", "properties": []}, "inputSchema is not valid: $.properties: [] is not of type 'object'"),
        (
            {"type": "object", "required": "query"},
            "inputSchema is not valid: $.required: 'query' is not of type 'array'",
        ),
    ],
)
def test_a_schema_that_is_none_is_found(schema: object, message: str) -> None:
    assert only(Schemas().look(seen({**TOOL, "inputSchema": schema}))).message == message


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$anchor": "a"}, "b": {"$ref": "#a"}}},
        {"type": "object", "properties": {"self": {"$ref": "#"}}},
        {"type": "object", "allOf": [{"minProperties": 1}, {"$ref": "#/allOf/0"}]},
        {"type": "object", "$defs": {"a/b ~": {}}, "not": {"$ref": "#/$defs/a~1b%20~0"}},
        {"type": "object", "$defs": {"x": {"$id": "https://own.example/x"}}, "not": {"$ref": "https://own.example/x#"}},
        {"type": "object", "default": {"$ref": "#/nowhere"}, "properties": {"$ref": {"type": "string"}}},
        {"type": "object", "$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {}},
         "not": {"$ref": "#/definitions/a"}},
    ],
)  # fmt: skip
def test_references_that_lead_somewhere_pass(schema: dict[str, object]) -> None:
    assert Schemas().look(seen({**TOOL, "inputSchema": schema})) == Outcome()


def test_an_output_schema_is_looked_at_where_there_is_one() -> None:
    assert only(Schemas().look(seen({**TOOL, "outputSchema": {"type": "strin"}}))).message.startswith(
        "outputSchema has"
    )
    assert Schemas().look(seen({**TOOL, "outputSchema": None})) == Outcome()


def test_later_versions_have_output_of_any_type() -> None:
    tool = {**TOOL, "outputSchema": {"type": "string"}}
    later = Observation("notes", first=Look(Definitions("notes", "2026-07-28", tools=(tool,))))
    assert Schemas().look(later) == Outcome()


def test_a_schema_nested_without_end_is_found_and_stops_nothing() -> None:
    schema: dict[str, object] = {"type": "object"}
    deep = schema
    for _ in range(3000):
        inner: dict[str, object] = {}
        deep["not"] = inner
        deep = inner
    assert (
        only(Schemas().look(seen({**TOOL, "inputSchema": schema}))).message
        == "inputSchema is nested too deeply to be checked"
    )


def test_missing_descriptions_are_a_hint() -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in "abcdefg"}}
    hit = only(Descriptions().look(seen({"name": "x", "description": " ", "inputSchema": schema})))
    assert hit.message == "no description of the tool, a, b, c, d, e and 2 more"
    assert hit.weight.value == "info"


def test_arguments_of_prompts_are_looked_at() -> None:
    prompt = {"name": "review", "description": "Reviews.", "arguments": [{"name": "path"}]}
    assert only(Descriptions().look(seen(prompts=(prompt,)))).message == "no description of path"
