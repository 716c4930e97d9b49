from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mcpquality.health.lock.schemas import narrowed

Schema = dict[str, Any]


def obj(required: list[str] | None = None, **properties: object) -> Schema:
    return {"type": "object", "properties": properties, "required": required or []}


STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
NODE: Schema = {"type": "object", "properties": {"value": STRING, "next": {"$ref": "#"}}}


def said(before: object, after: object) -> list[str]:
    return [f"{each.place} {each.what}" for each in narrowed(before, after, "a")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (obj(q=STRING), obj(["q"], q=STRING), ["a.q is now required"]),
        (obj(q=STRING), obj(["r"], q=STRING, r=STRING), ["a.r is now required"]),
        (obj(q=STRING), obj(q=INTEGER), ["a.q no longer takes string"]),
        (obj(q=NUMBER), obj(q=INTEGER), ["a.q no longer takes number"]),
        (obj(q={}), obj(q=STRING), ["a.q takes only string, took any type"]),
        (obj(q={"type": ["string", "null"]}), obj(q=STRING), ["a.q no longer takes null"]),
        ({"enum": ["a", "b"]}, {"enum": ["b"]}, ['a no longer takes "a"']),
        (STRING, {**STRING, "enum": ["b"]}, ['a takes only "b"']),
        ({"enum": ["a", "b"]}, {"const": "a"}, ['a no longer takes "b"']),
        (INTEGER, {**INTEGER, "maximum": 10}, ["a maximum is 10, was not set"]),
        ({**INTEGER, "minimum": 1}, {**INTEGER, "minimum": 2}, ["a minimum is 2, was 1"]),
        (STRING, {**STRING, "pattern": "^x"}, ['a pattern is "^x", was not set']),
        ({"items": STRING}, {"items": INTEGER}, ["a[] no longer takes string"]),
        (obj(o=obj(q=STRING)), obj(o=obj(["q"], q=STRING)), ["a.o.q is now required"]),
        (obj(q=STRING), {**obj(q=STRING), "additionalProperties": False}, ["a takes no further members, took any"]),
        ({**obj(q=STRING)}, {**obj(), "additionalProperties": False}, ["a.q is no longer taken"]),
        ({"anyOf": [STRING, INTEGER]}, STRING, ["a no longer takes integer"]),
        ({"anyOf": [STRING, {"type": "null"}]}, {"anyOf": [STRING]}, ["a no longer takes null"]),
        ({}, {"not": STRING}, ["a not changed"]),
        (True, False, ["a not changed"]),
    ],
)
def test_what_is_taken_less(before: object, after: object, expected: list[str]) -> None:
    assert said(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (obj(["q"], q=STRING), obj(q=STRING)),
        (obj(q=STRING), obj(q=STRING, r=STRING)),
        (INTEGER, NUMBER),
        (STRING, {"type": ["string", "null"]}),
        (STRING, {"anyOf": [STRING, {"type": "null"}]}),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}),
        ({**INTEGER, "maximum": 10}, {**INTEGER, "maximum": 11}),
        ({"const": 1}, {}),
        (STRING, {**STRING, "minLength": 0}),
        ({**STRING, "description": "one"}, {**STRING, "description": "two", "title": "T"}),
        (
            obj(q={"$ref": "#/$defs/Q"}) | {"$defs": {"Q": STRING}},
            obj(q={"$ref": "#/$defs/R"}) | {"$defs": {"R": STRING}},
        ),
        (obj(q=STRING), obj(q={"$ref": "#/$defs/Q"}) | {"$defs": {"Q": STRING}}),
    ],
)
def test_what_is_taken_more_or_the_same_is_no_narrowing(before: object, after: object) -> None:
    assert said(before, after) == []


def test_a_schema_that_holds_itself_is_followed_once() -> None:
    narrower = copy.deepcopy(NODE)
    narrower["properties"]["value"] = INTEGER
    assert said(NODE, narrower) == ["a.value no longer takes string", "a.next.value no longer takes string"]


def test_branching_recursion_ends() -> None:
    tree: Schema = {"properties": {name: {"$ref": "#"} for name in "abcdef"} | {"v": STRING}}
    other = copy.deepcopy(tree) | {"title": "other"}
    assert said(tree, other) == []


def test_nesting_deeper_than_is_followed_is_named_when_it_differs() -> None:
    before: Schema = STRING
    after: Schema = INTEGER
    for _ in range(40):
        before, after = obj(x=before), obj(x=after)
    [where] = said(before, after)
    assert where.endswith("changed, deeper than is looked at")


@pytest.mark.parametrize("reference", ["#/$defs/missing", "https://example.com/schema", "#/$defs/loop"])
def test_references_that_lead_nowhere_or_in_circles_are_survived(reference: str) -> None:
    schema = {"$ref": reference, "$defs": {"loop": {"$ref": "#/$defs/loop"}}}
    assert said(schema, schema | {"title": "x"}) == []


SCALARS = st.sampled_from([1, 2, 3, 0.5, "a", "b", "abc", None, True])
TYPES = st.lists(st.sampled_from(["string", "number", "integer", "null"]), min_size=1, unique=True)
CHOSEN = st.lists(st.sampled_from([1, "a", "b", None]), min_size=1, unique=True)
LEAVES = st.one_of(
    st.just({}),
    st.builds(lambda types: {"type": types}, TYPES),
    st.builds(lambda values: {"enum": values}, CHOSEN),
    st.builds(lambda low: {"type": "integer", "minimum": low}, st.integers(0, 3)),
    st.builds(lambda high: {"type": "string", "maxLength": high}, st.integers(0, 3)),
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(
            lambda members, required, closed: {
                "type": "object",
                "properties": members,
                "required": sorted(required),
                **({"additionalProperties": False} if closed else {}),
            },
            st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
            st.sets(st.sampled_from("pq")),
            st.booleans(),
        ),
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(SCHEMAS, SCHEMAS, SCALARS)
def test_no_scalar_that_was_valid_is_invalid_without_being_named(before: Schema, after: Schema, value: object) -> None:
    if narrowed(before, after, "a") == () and _valid(before, value):
        assert _valid(after, value)


@settings(max_examples=400, deadline=None)
@given(SCHEMAS)
def test_a_schema_is_no_narrower_than_itself(schema: Schema) -> None:
    assert said(schema, copy.deepcopy(schema)) == []


def _valid(schema: Schema, value: object) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))
