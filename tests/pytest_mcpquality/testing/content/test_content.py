"""Blocks, results, pages, templates, schemas: the small parts of what a mock server says."""

from __future__ import annotations

from typing import Any

import mcp.types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_mcpquality.mcp.server_bridge import RpcError
from pytest_mcpquality.testing.content import blocks
from pytest_mcpquality.testing.content.catalog import page, unknown
from pytest_mcpquality.testing.content.results import tool_result
from pytest_mcpquality.testing.content.templates import UriTemplate
from pytest_mcpquality.testing.content.validation import problems
from pytest_mcpquality.testing.input_requests import elicitation, roots, sampling, unusable
from pytest_mcpquality.testing.request_state import sign, verify


def test_blocks_are_in_wire_form() -> None:
    assert blocks.text("x") == {"type": "text", "text": "x"}
    assert blocks.image(b"\x00") == {"type": "image", "data": "AA==", "mimeType": "image/png"}
    assert blocks.audio(b"\x00")["mimeType"] == "audio/wav"
    assert blocks.embedded_resource("a:b", b"\x00")["resource"]["blob"] == "AA=="
    assert blocks.resource_link("a:b", "b", mimeType="text/plain")["mimeType"] == "text/plain"


@pytest.mark.parametrize(
    ("value", "content", "structured"),
    [
        ("x", [{"type": "text", "text": "x"}], None),
        (None, [], None),
        (blocks.text("x"), [{"type": "text", "text": "x"}], None),
        ([blocks.text("x"), blocks.text("y")], [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}], None),
        ({"a": 1}, [{"type": "text", "text": '{"a": 1}'}], {"a": 1}),
        ([1, 2], [{"type": "text", "text": "[1, 2]"}], None),
        ([], [{"type": "text", "text": "[]"}], None),
        ([blocks.text("x"), 1], [{"type": "text", "text": '[{"type": "text", "text": "x"}, 1]'}], None),
        (3.5, [{"type": "text", "text": "3.5"}], None),
    ],
)
def test_values_become_results(value: object, content: object, structured: object) -> None:
    result = tool_result(value)
    assert (result["content"], result.get("structuredContent")) == (content, structured)


def test_content_models_of_the_sdk_are_blocks() -> None:
    result = tool_result([mcp.types.TextContent(type="text", text="x")])
    assert result["content"] == [{"type": "text", "text": "x"}]


def test_text_among_blocks_is_a_block() -> None:
    picture = blocks.image(b"x")
    assert tool_result([picture, "a cat"])["content"] == [picture, {"type": "text", "text": "a cat"}]
    assert tool_result(["a", "b"])["content"] == [{"type": "text", "text": '["a", "b"]'}]
    assert tool_result([picture, 1])["content"][0]["type"] == "text"


@given(st.integers(0, 30), st.integers(1, 10))
def test_pages_hold_everything_once(total: int, size: int) -> None:
    definitions = [{"name": str(number)} for number in range(total)]
    seen: list[Any] = []
    cursor: str | None = None
    while True:
        result = page("tools", definitions, cursor, size)
        assert len(result["tools"]) <= size
        seen += result["tools"]
        cursor = result.get("nextCursor")
        if cursor is None:
            break
    assert seen == definitions


@pytest.mark.parametrize("cursor", ["", "3", "page-at-", "page-at-x", "page-at-3", "page-at--1", "page-at-²"])
def test_a_cursor_that_was_not_given_is_refused(cursor: str) -> None:
    with pytest.raises(RpcError, match="unknown cursor"):
        page("tools", [{}, {}, {}], cursor, 1)


def test_unknown_names_come_with_the_known_ones() -> None:
    assert unknown("tool", "serch", ["search", "fetch"]) == (
        "no tool 'serch'; there is search, fetch; did you mean 'search'?"
    )
    assert unknown("tool", "x", []) == "no tool 'x'; there are none"


@pytest.mark.parametrize(
    ("pattern", "uri", "values"),
    [
        ("note://{id}", "note://1", {"id": "1"}),
        ("note://{id}", "note://1/2", None),
        ("note://{+path}", "note://1/2", {"path": "1/2"}),
        ("a.b://{x}-{y}.txt", "a.b://1-2.txt", {"x": "1", "y": "2"}),
        ("a.b://{x}", "aXb://1", None),
        ("note://{id}", "note://a%20b", {"id": "a b"}),
    ],
)
def test_uris_match_templates(pattern: str, uri: str, values: dict[str, str] | None) -> None:
    assert UriTemplate(pattern).match(uri) == values


SCHEMAS = st.fixed_dictionaries(
    {"type": st.just("object")},
    optional={
        "properties": st.dictionaries(
            st.sampled_from("abc"),
            st.fixed_dictionaries(
                {},
                optional={
                    "type": st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null"]),
                    "minimum": st.just(3),
                    "description": st.just("d"),
                },
            ),
        ),
        "required": st.lists(st.sampled_from("abc"), unique=True),
        "additionalProperties": st.booleans(),
        "minProperties": st.integers(0, 2),
    },
)
VALUES = st.dictionaries(
    st.sampled_from("abcd"), st.one_of(st.none(), st.booleans(), st.integers(), st.floats(-9, 9), st.text(max_size=2))
)


@given(SCHEMAS, VALUES)
def test_the_short_way_to_check_arguments_comes_to_the_same_as_the_whole(
    schema: dict[str, Any], value: dict[str, Any]
) -> None:
    assert (problems(schema, value) == "") == Draft202012Validator(schema).is_valid(value)


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3)), st.integers(0), st.characters(codec="ascii"))
def test_a_state_comes_back_as_it_was_or_not_at_all(answers: dict[str, str], position: int, character: str) -> None:
    state = sign(b"key", answers)
    assert verify(b"key", state) == answers
    at = position % len(state)
    changed = state[:at] + character + state[at + 1 :]
    if changed != state:
        with pytest.raises(RpcError, match="signature"):
            verify(b"key", changed)
    with pytest.raises(RpcError, match="signature"):
        verify(b"other", state)


@pytest.mark.parametrize("answer", [None, 1, {}, {"action": "maybe"}, {"content": 1}, {"roots": {}}])
def test_what_is_no_answer_is_asked_for_again(answer: object) -> None:
    for question in (elicitation("?", {}), sampling([{"role": "user", "content": {}}]), roots()):
        assert unusable(answer, question)


def test_answers_are_usable() -> None:
    assert not unusable({"action": "decline"}, elicitation("?", {}))
    assert not unusable({"content": {"type": "text", "text": "x"}}, sampling("?"))
    assert not unusable({"roots": []}, roots())
