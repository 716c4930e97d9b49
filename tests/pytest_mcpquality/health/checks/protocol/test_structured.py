from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcpquality.health.check import Outcome
from pytest_mcpquality.health.checks.protocol.fitting import NotCheckedError, problem_of
from pytest_mcpquality.health.checks.protocol.structured import StructuredContent
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Answer, Arguments, Probes
from tests.support.observations import QUESTIONS, TOOL, call, looked, observed, only, result

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def seen(schema: object, answer: Answer, how: Arguments = Arguments.FITTING) -> Observation:
    definitions = Definitions("notes", "2025-11-25", tools=({**TOOL, "outputSchema": schema},))
    probes = Probes(questions=QUESTIONS, calls=(call(answer, how),))
    return observed(first=looked(definitions=definitions), probes=probes)


def test_what_fits_passes_and_what_does_not_is_shown() -> None:
    assert StructuredContent().look(seen(SCHEMA, result(structuredContent={"n": 1}))) == Outcome()
    message = only(StructuredContent().look(seen(SCHEMA, result(structuredContent={"n": "one"})))).message
    assert message.endswith("output schema: $.n: 'one' is not of type 'integer'")


def test_without_structured_content_it_does_not_fit() -> None:
    assert "without structured content" in only(StructuredContent().look(seen(SCHEMA, result()))).message


@pytest.mark.parametrize(
    ("answer", "how"),
    [(result(isError=True), Arguments.FITTING), (result(), Arguments.WRONG_TYPE)],
    ids=["error", "wrong arguments"],
)
def test_errors_and_wrong_calls_need_none(answer: Answer, how: Arguments) -> None:
    assert StructuredContent().look(seen(SCHEMA, answer, how)) == Outcome()


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "no type"}, "is no JSON schema"),
        ({"$ref": "https://elsewhere.example/schema.json"}, "cannot be followed"),
        ({"$ref": "#/$defs/nowhere"}, "cannot be followed"),
        ({"$ref": "#"}, "cannot be followed"),
        ({"allOf": [{"patternProperties": {"^n": {}}}]}, "by patterns"),
    ],
)
def test_what_cannot_be_told_is_named(schema: object, why: str) -> None:
    outcome = StructuredContent().look(seen(schema, result(structuredContent={"n": 1})))
    [unseen] = outcome.unseen
    assert outcome.hits == ()
    assert why in unseen.reason


def test_a_pattern_of_a_stranger_is_not_matched() -> None:
    assert problem_of({"type": "string", "pattern": "^(a+)+$"}, "a" * 64 + "b") == ""


KEYWORDS = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "a",
        "enum",
        "$ref",
        "$schema",
        "$id",
        "$defs",
        "items",
        "anyOf",
        "pattern",
        "if",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(KEYWORDS, JSON, max_size=4), JSON)
def test_no_schema_of_a_stranger_breaks_it(schema: dict[str, Any], value: object) -> None:
    with suppress(NotCheckedError):
        problem_of(schema, value)
