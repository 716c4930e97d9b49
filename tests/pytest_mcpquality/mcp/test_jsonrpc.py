from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcpquality.mcp import jsonrpc
from pytest_mcpquality.mcp.jsonrpc import Kind, NotJsonRpcError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=3)


@given(st.integers(), st.text(), st.none() | OBJECTS)
def test_what_is_sent_is_one_line_and_comes_back(number: int, method: str, params: dict[str, Any] | None) -> None:
    for message in (jsonrpc.request(number, method, params), jsonrpc.notification(method, params)):
        line = jsonrpc.encode(message)
        assert b"\n" not in line
        assert jsonrpc.decode(line) == [message]


@given(OBJECTS)
def test_answers_come_back(value: dict[str, Any]) -> None:
    answers = [jsonrpc.result(1, value), jsonrpc.error("a", -32000, "no", value), jsonrpc.error(None, 1, "no")]
    for answer in answers:
        assert jsonrpc.decode(jsonrpc.encode(answer)) == [answer]
        assert jsonrpc.kind(answer) is Kind.RESPONSE


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_is_a_message_or_refused_with_a_reason(data: bytes) -> None:
    try:
        messages = jsonrpc.decode(data)
    except NotJsonRpcError as error:
        assert str(error)  # noqa: PT017 - whether it is raised is up to the data
    else:
        assert all(message["jsonrpc"] == "2.0" for message in messages)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "is not JSON"),
        (b"Starting", "is not JSON"),
        (b'{"jsonrpc": "2.0", "id": 1, "result": {"x": NaN}}', "is not JSON"),
        (b"\xff\xfe{\x00}\x00", "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"null", "is JSON, but no object"),
        (b"[]", "is JSON, but no object"),
        (b"[1]", "is JSON, but no object"),
        (b"{}", 'does not say "jsonrpc": "2.0"'),
        (b'{"jsonrpc": "1.0", "id": 1, "result": {}}', 'does not say "jsonrpc": "2.0"'),
        (b'{"jsonrpc": "2.0", "method": 1}', "has a method that is no string"),
        (b'{"jsonrpc": "2.0", "method": "x", "id": null}', "is a request whose id is no string or number"),
        (b'{"jsonrpc": "2.0", "method": "x", "id": true}', "is a request whose id is no string or number"),
        (b'{"jsonrpc": "2.0", "id": 1}', "has neither a method, nor either a result or an error"),
        (b'{"jsonrpc": "2.0", "id": 1, "result": 1, "error": 1}', "has neither a method, nor either a result or an"),
    ],
)
def test_what_is_no_message_is_refused(line: bytes, why: str) -> None:
    with pytest.raises(NotJsonRpcError, match="^" + why.replace("{", r"\{")):
        jsonrpc.decode(line)


def test_kinds_are_told_by_what_is_there() -> None:
    assert jsonrpc.kind({"jsonrpc": "2.0", "method": "x", "id": 0}) is Kind.REQUEST
    assert jsonrpc.kind({"jsonrpc": "2.0", "method": "x"}) is Kind.NOTIFICATION
    assert jsonrpc.kind({"jsonrpc": "2.0", "id": None, "error": {}}) is Kind.RESPONSE


def test_a_batch_holds_several_messages() -> None:
    one, other = jsonrpc.result(1, {}), jsonrpc.notification("x", None)
    assert jsonrpc.decode(json.dumps([one, other]).encode()) == [one, other]
