from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_mcpquality.health.probes.arguments import coercible, extra, fitting, missing, wrong_type


def schema(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON schema
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    ("wanted", "value", "made_up"),
    [
        ({"const": 3}, 3, False),
        ({"type": "string", "default": "x"}, "x", False),
        ({"type": "string", "examples": ["ab", "cd"]}, "ab", False),
        ({"enum": ["low", "high"]}, "low", False),
        ({"type": "string"}, "example", True),
        ({"type": "string", "maxLength": 2}, "ex", True),
        ({"type": "integer"}, 0, True),
        ({"type": "integer", "minimum": 5}, 5, True),
        ({"type": "integer", "exclusiveMinimum": 5}, 6, True),
        ({"type": "number", "maximum": -2}, -3, True),
        ({"type": "boolean"}, False, False),
        ({"type": ["null", "boolean"]}, False, False),
        ({"type": "array", "items": {"type": "string"}}, [], False),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, ["example", "example"], True),
        ({"anyOf": [{"type": "string", "format": "uri"}, {"type": "integer", "default": 7}]}, 7, False),
        ({"$ref": "#/$defs/Level"}, "low", False),
        (schema(a={"type": "boolean"}), {"a": False}, False),
    ],
)
def test_a_value_that_fits(wanted: dict[str, Any], value: object, made_up: bool) -> None:
    whole = {**schema(it=wanted), "$defs": {"Level": {"enum": ["low", "high"]}}}
    made = fitting(whole)
    assert made is not None
    assert (made.arguments, made.made_up) == ({"it": value}, made_up)
    Draft202012Validator(whole).validate(made.arguments)


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "string", "format": "uri"},
        {"type": "string", "pattern": "^[0-9]{4}$"},
        {"type": "string", "minLength": 20},
        {"type": "integer", "minimum": 5, "maximum": 3},
        {"type": "array", "items": {}, "minItems": 100},
        {"anyOf": [{"type": "string", "format": "date"}]},
        {"$ref": "https://elsewhere.example/x"},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "#/properties/it"},
        {},
    ],
)
def test_what_cannot_be_made_is_not_made_up(wanted: dict[str, Any]) -> None:
    assert fitting(schema(it=wanted)) is None


def test_what_is_not_required_is_left_out() -> None:
    made = fitting({"type": "object", "properties": {"a": {"type": "string", "format": "uri"}}})
    assert made is not None
    assert made.arguments == {}
    assert fitting(None) is not None


def test_arguments_that_do_not_fit() -> None:
    whole = schema(path={"type": "string", "format": "uri"}, count={"type": "integer"})
    for wrong in (missing(whole), wrong_type(whole), coercible(whole)):
        assert wrong is not None
        assert not Draft202012Validator(whole).is_valid(wrong.arguments)
    assert [one.where for one in (missing(whole), wrong_type(whole), coercible(whole)) if one] == [
        "path",
        "path",
        "count",
    ]


def test_the_required_argument_is_the_one_that_is_wrong() -> None:
    whole = {"properties": {"a": {"type": "string"}, "b": {"type": "array"}}, "required": ["b"]}
    wrong = wrong_type(whole)
    assert wrong is not None
    assert wrong.arguments == {"b": 1}


def test_where_nothing_can_be_wrong_nothing_is_sent() -> None:
    anything: dict[str, Any] = {"type": "object", "properties": {"a": {}}}
    assert [make(anything) for make in (missing, wrong_type, coercible, extra)] == [None] * 4


def test_one_more_only_where_no_more_is_allowed() -> None:
    closed = {**schema(a={"type": "boolean"}), "additionalProperties": False}
    wrong = extra(closed)
    assert wrong is not None
    assert wrong.arguments == {"a": False, "mcpquality_extra": 1}
    assert extra({**closed, "additionalProperties": True}) is None


KEYS = st.sampled_from(
    ["type", "properties", "required", "a", "b", "enum", "default", "anyOf", "$ref", "items", "minItems", "minimum"]
) | st.text(max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_no_schema_of_a_stranger_breaks_it(whole: object) -> None:
    for make in (fitting, missing, wrong_type, coercible, extra):
        make(whole)
