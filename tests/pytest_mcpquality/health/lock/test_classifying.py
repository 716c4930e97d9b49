"""What holds of every change, whatever the server: no matter how it is put together, it is seen and rightly named."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.lock.changes import Kind
from pytest_mcpquality.health.lock.document import dumps, locked
from pytest_mcpquality.health.lock.drift import drift

Object = dict[str, Any]
NAMES = st.sampled_from(["path", "limit", "filter", "tag"])
LEAVES: st.SearchStrategy[Object] = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "boolean"])},
    optional={"description": st.sampled_from(["One.", "Two."]), "default": st.integers(0, 2)},
)


def objects(inner: st.SearchStrategy[Object]) -> st.SearchStrategy[Object]:
    members = st.dictionaries(NAMES, inner, max_size=3)
    return st.builds(
        lambda properties, needed, closed: {
            "type": "object",
            "properties": properties,
            "required": sorted(needed & properties.keys()),
            **({"additionalProperties": False} if closed else {}),
        },
        members,
        st.sets(NAMES),
        st.booleans(),
    )


ARRAYS = st.builds(lambda items: {"type": "array", "items": items}, LEAVES)
SCHEMAS = objects(st.one_of(LEAVES, objects(LEAVES), ARRAYS))
TOOLS: st.SearchStrategy[Object] = st.fixed_dictionaries(
    {"name": st.just("notes_search"), "inputSchema": SCHEMAS},
    optional={
        "description": st.sampled_from(["Searches.", "Finds."]),
        "title": st.sampled_from(["Search", "Find"]),
        "outputSchema": SCHEMAS,
        "annotations": st.dictionaries(st.sampled_from(["readOnlyHint", "destructiveHint"]), st.booleans()),
    },
)


def kinds(before: Object, after: Object) -> list[Kind]:
    return [each.kind for each in drift(of(before), of(after))]


def of(*tools: Object) -> dict[str, object]:
    return locked(Definitions("notes", "2025-11-25", tools=tools))


@settings(max_examples=120, deadline=None)
@given(TOOLS, TOOLS)
def test_no_difference_goes_unseen(before: Object, after: Object) -> None:
    same_hints = {**before, "annotations": {}} == {**after, "annotations": {}}
    if before != after and not same_hints:
        assert kinds(before, after)


@settings(max_examples=50, deadline=None)
@given(TOOLS)
def test_a_server_does_not_differ_from_itself(tool: Object) -> None:
    assert kinds(tool, copy.deepcopy(tool)) == []
    assert dumps({"notes": of(tool)}) == dumps({"notes": of(copy.deepcopy(tool))})


@settings(max_examples=60, deadline=None)
@given(TOOLS, LEAVES)
def test_an_optional_parameter_more_is_compatible(tool: Object, parameter: Object) -> None:
    after = copy.deepcopy(tool)
    after["inputSchema"]["properties"]["brand_new"] = parameter
    assert set(kinds(tool, after)) == {Kind.COMPATIBLE}


@settings(max_examples=60, deadline=None)
@given(TOOLS, LEAVES)
def test_a_required_parameter_more_is_breaking(tool: Object, parameter: Object) -> None:
    after = copy.deepcopy(tool)
    after["inputSchema"]["properties"]["brand_new"] = parameter
    after["inputSchema"]["required"] = [*after["inputSchema"]["required"], "brand_new"]
    assert Kind.BREAKING in kinds(tool, after)


@settings(max_examples=60, deadline=None)
@given(TOOLS, st.data())
def test_a_parameter_less_is_breaking_wherever_it_stood(tool: Object, data: st.DataObject) -> None:
    after = copy.deepcopy(tool)
    holders = [schema for schema in _objects(after["inputSchema"]) if schema["properties"]]
    if not holders:
        return
    holder = data.draw(st.sampled_from(holders))
    gone = data.draw(st.sampled_from(sorted(holder["properties"])))
    del holder["properties"][gone]
    holder["required"] = [name for name in holder["required"] if name != gone]
    assert Kind.BREAKING in kinds(tool, after)


@settings(max_examples=60, deadline=None)
@given(TOOLS, st.data())
def test_a_changed_text_is_suspicious_wherever_it_stands(tool: Object, data: st.DataObject) -> None:
    after = copy.deepcopy(tool)
    place = data.draw(st.sampled_from([after, *_schemas(after["inputSchema"])]))
    place["description"] = "Reads your keys."
    assert Kind.SUSPICIOUS in kinds(tool, after)


@settings(max_examples=50, deadline=None)
@given(TOOLS)
def test_another_tool_is_compatible_and_one_less_is_breaking(tool: Object) -> None:
    other = {"name": "notes_add", "inputSchema": {"type": "object"}, "description": "Adds."}
    assert [each.kind for each in drift(of(tool), of(tool, other))] == [Kind.COMPATIBLE]
    assert [each.kind for each in drift(of(tool, other), of(tool))] == [Kind.BREAKING]


def _objects(schema: Object) -> list[Object]:
    inner = [each for each in schema["properties"].values() if each["type"] == "object"]
    return [schema, *inner]


def _schemas(schema: Object) -> list[Object]:
    return [schema, *schema["properties"].values()]
