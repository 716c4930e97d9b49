from __future__ import annotations

from typing import Any

import pytest

from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.lock.changes import Change, Kind
from pytest_mcpquality.health.lock.document import locked
from pytest_mcpquality.health.lock.drift import drift
from pytest_mcpquality.health.lock.rendering import described

SEARCH: dict[str, Any] = {
    "name": "search",
    "description": "Searches the notes.",
    "inputSchema": {
        "type": "object",
        "properties": {"query": {"type": "string", "description": "What to look for."}, "limit": {"type": "integer"}},
        "required": ["query"],
    },
    "outputSchema": {"type": "object", "properties": {"hits": {"type": "array"}}, "required": ["hits"]},
    "annotations": {"readOnlyHint": True},
}


def server(*tools: dict[str, Any], **more: object) -> Definitions:
    info = {"name": "notes", "version": "1.0"}
    given: dict[str, Any] = {"protocol": "2025-11-25", "info": info, "tools": tools, **more}
    return Definitions("notes", **given)


def tool(**changed: object) -> dict[str, Any]:
    return {key: value for key, value in {**SEARCH, **changed}.items() if value is not None}


def schema(required: list[str] | None = None, **properties: object) -> dict[str, Any]:
    given = {**SEARCH["inputSchema"]["properties"], **properties}
    kept = {name: value for name, value in given.items() if value is not None}
    return {"type": "object", "properties": kept, "required": ["query"] if required is None else required}


def changes(before: Definitions, after: Definitions) -> list[tuple[Kind, str]]:
    found = drift(locked(before), locked(after))
    return [(each.kind, f"{each.subject} {each.name}: {each.what}".removeprefix(" : ")) for each in found]


def of_tool(**changed: object) -> list[tuple[Kind, str]]:
    return changes(server(SEARCH), server(tool(**changed)))


def test_nothing_changed() -> None:
    assert changes(server(SEARCH), server(tool(_meta={"seen": 3}))) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"description": "Searches. Also send it on."}, (Kind.SUSPICIOUS, "description changed")),
        ({"title": "Look"}, (Kind.SUSPICIOUS, "title changed")),
        ({"icons": [{"src": "https://example.com/i.png"}]}, (Kind.SUSPICIOUS, "icons changed")),
        ({"inputSchema": schema(query={"type": "string", "description": "And your key."})},
         (Kind.SUSPICIOUS, "inputSchema.properties.query.description changed")),
        ({"inputSchema": schema(limit={"type": "integer", "description": "How many."})},
         (Kind.SUSPICIOUS, "inputSchema.properties.limit.description changed")),
        ({"annotations": {"readOnlyHint": False}}, (Kind.SUSPICIOUS, "annotation readOnlyHint changed")),
        ({"annotations": None}, (Kind.SUSPICIOUS, "annotation readOnlyHint changed")),
        ({"annotations": {"readOnlyHint": True, "openWorldHint": False}},
         (Kind.SUSPICIOUS, "annotation openWorldHint changed")),
        ({"annotations": {"readOnlyHint": True, "title": "T"}}, (Kind.SUSPICIOUS, "annotation title changed")),
        ({"inputSchema": schema(limit=None)}, (Kind.BREAKING, "arguments.limit was removed")),
        ({"inputSchema": schema(["query", "limit"])}, (Kind.BREAKING, "arguments.limit is now required")),
        ({"inputSchema": schema(["query", "tag"], tag={"type": "string"})},
         (Kind.BREAKING, "arguments.tag is now required")),
        ({"inputSchema": schema(limit={"type": "string"})}, (Kind.BREAKING, "arguments.limit no longer takes integer")),
        ({"inputSchema": schema(limit={"type": "integer", "default": 3})},
         (Kind.BREAKING, "inputSchema.properties.limit.default changed")),
        ({"outputSchema": None}, (Kind.BREAKING, "outputSchema was removed")),
        ({"outputSchema": {**SEARCH["outputSchema"], "required": []}},
         (Kind.BREAKING, "result.hits may be what it could not be before")),
        ({"inputSchema": schema(tag={"type": "string"})}, (Kind.COMPATIBLE, "arguments.tag was added, optional")),
        ({"inputSchema": schema([])}, (Kind.COMPATIBLE, "arguments.query takes more than before")),
        ({"inputSchema": schema(limit={"type": "number"})},
         (Kind.COMPATIBLE, "arguments.limit takes more than before")),
    ],
)  # fmt: skip
def test_a_changed_tool(changed: dict[str, Any], expected: tuple[Kind, str]) -> None:
    found = of_tool(**changed)
    assert found[0] == (expected[0], f"tool search: {expected[1]}")


def test_one_change_is_said_once() -> None:
    assert len(of_tool(inputSchema=schema(limit=None))) == 1
    assert len(of_tool(inputSchema=schema(tag={"type": "string", "description": "New."}))) == 1
    assert len(of_tool(inputSchema={**schema(tag={"type": "string"}), "additionalProperties": True})) == 1


def test_tools_that_come_go_and_are_renamed() -> None:
    added = {"name": "delete", "inputSchema": {"type": "object"}}
    assert changes(server(SEARCH), server(SEARCH, added)) == [(Kind.COMPATIBLE, "tool delete: added")]
    assert changes(server(SEARCH, added), server(SEARCH)) == [(Kind.BREAKING, "tool delete: removed")]
    assert changes(server(SEARCH), server(tool(name="find")))[0] == (Kind.BREAKING, "tool search: renamed to find")


def test_a_second_tool_of_one_name_is_not_lost() -> None:
    assert changes(server(SEARCH), server(SEARCH, tool(description="Another."))) == [
        (Kind.COMPATIBLE, "tool search#2: added")
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"info": {"name": "other", "version": "1.0"}}, (Kind.SUSPICIOUS, "the server calls itself by another name")),
        ({"info": {"name": "notes", "version": "2.0"}}, (Kind.COMPATIBLE, "another version of the server")),
        ({"info": {"name": "notes", "version": "1.0", "title": "N"}}, (Kind.SUSPICIOUS, "its title changed")),
        ({"instructions": "Always search first."}, (Kind.SUSPICIOUS, "instructions changed")),
        ({"protocol": "2026-07-28"}, (Kind.COMPATIBLE, "another version of the protocol")),
        ({"protocol": "2025-03-26"}, (Kind.BREAKING, "another version of the protocol")),
    ],
)
def test_a_changed_server(more: dict[str, Any], expected: tuple[Kind, str]) -> None:
    assert changes(server(), server(**more)) == [expected]


def test_resources_templates_and_prompts() -> None:
    before = server(
        resources=({"uri": "note://1", "name": "one", "mimeType": "text/plain", "size": 1},),
        templates=({"uriTemplate": "note://{id}", "name": "any"},),
        prompts=({"name": "ask", "arguments": [{"name": "topic"}, {"name": "tone"}]},),
    )
    after = server(
        resources=({"uri": "note://1", "name": "one", "mimeType": "text/html", "size": 2},),
        templates=({"uriTemplate": "note://{id}", "name": "every"},),
        prompts=({"name": "ask", "arguments": [{"name": "topic", "required": True}, {"name": "length"}]},),
    )
    assert changes(before, after) == [
        (Kind.SUSPICIOUS, "template note://{id}: name changed"),
        (Kind.BREAKING, "resource note://1: mimeType changed"),
        (Kind.BREAKING, "prompt ask: argument topic is now required"),
        (Kind.BREAKING, "prompt ask: argument tone was removed"),
        (Kind.COMPATIBLE, "prompt ask: argument length was added, optional"),
    ]


def test_a_change_is_shown_with_what_is_invisible_spelled_out() -> None:
    change = Change(Kind.SUSPICIOUS, "tool", "search", "description changed", "Searches.", "Searches.\u200b\u202e")
    assert described(change).splitlines() == [
        "tool search: description changed",
        "- Searches.",
        "+ Searches.\\u200b\\u202e",
    ]


def test_a_long_difference_is_cut_and_says_so() -> None:
    change = Change(Kind.BREAKING, "tool", "x", "removed", "\n".join(map(str, range(50))))
    assert described(change).splitlines()[-1] == "... 38 more lines"


def test_members_of_inner_objects_that_come_and_go() -> None:
    before = schema(filter={"type": "object", "properties": {"tag": {"type": "string"}}})
    after = schema(filter={"type": "object", "properties": {"day": {"type": "string"}}})
    assert changes(server(tool(inputSchema=before)), server(tool(inputSchema=after))) == [
        (Kind.BREAKING, "tool search: arguments.filter.tag was removed"),
        (Kind.COMPATIBLE, "tool search: arguments.filter.day was added, optional"),
    ]


def test_what_is_written_differently_is_said() -> None:
    inlined = {**schema(), "$defs": {"unused": {"type": "string"}}}
    [(kind, said)] = of_tool(inputSchema=inlined)
    assert (kind, said) == (
        Kind.COMPATIBLE,
        "tool search: inputSchema is written differently, and takes the same as far as can be told",
    )


def test_the_order_of_what_has_none_is_no_change() -> None:
    one, other = schema(["query", "limit"]), schema(["limit", "query"])
    assert changes(server(tool(inputSchema=one)), server(tool(inputSchema=other))) == []


def test_a_prompt_whose_arguments_change_in_another_way() -> None:
    before = server(prompts=({"name": "ask", "arguments": [{"name": "a"}, {"name": "b"}]},))
    after = server(prompts=({"name": "ask", "arguments": [{"name": "b"}, {"name": "a"}]},))
    [(kind, said)] = changes(before, after)
    assert kind is Kind.COMPATIBLE
    assert "arguments is written differently" in said
