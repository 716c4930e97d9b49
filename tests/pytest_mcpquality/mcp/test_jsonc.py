from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.jsonc import parse

WITH_COMMENTS = """\
{
  // the servers
  "servers": { /* none
     yet */
    "a": {"url": "http://x//y", "note": "a /* b */ \\"// c", "list": [1, 2, /* end */ ], },
  },
}
"""


def test_comments_and_trailing_commas_are_left_out() -> None:
    entry = {"url": "http://x//y", "note": 'a /* b */ "// c', "list": [1, 2]}
    assert parse(WITH_COMMENTS, "f", comments=True) == {"servers": {"a": entry}}


def test_where_they_are_not_allowed_they_are_named() -> None:
    with pytest.raises(UsageError, match=r"^\.mcp\.json:2:3: not valid JSON: .*comments and trailing commas are not"):
        parse(WITH_COMMENTS, ".mcp.json", comments=False)


@pytest.mark.parametrize("comments", [True, False])
@pytest.mark.parametrize(
    ("text", "where"), [('{\n  "a": }', "f:2:8"), ("", "f:1:1"), ('{"a": 1', "f:1:8"), ('{"a": "x\n"}', "f:1:9")]
)
def test_an_error_names_line_and_column(text: str, where: str, comments: bool) -> None:
    with pytest.raises(UsageError, match=f"^{where}: not valid JSON: "):
        parse(text, "f", comments=comments)


def test_comments_do_not_move_the_place_of_an_error() -> None:
    with pytest.raises(UsageError, match=r"^f:3:17: not valid JSON: "):
        parse('{ // one\n/* two\n   three */ "a" 1}', "f", comments=True)


def test_too_deep_is_an_error() -> None:
    with pytest.raises(UsageError, match="f: values are nested too deeply"):
        parse("[" * 100_000, "f", comments=True)


def test_a_byte_order_mark_is_dropped() -> None:
    assert parse("\ufeff{}", "f", comments=False) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='/*",\\ x\n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='/*"x'), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.booleans())
def test_json_is_json_with_comments(value: object, indented: bool) -> None:
    assert parse(json.dumps(value, indent=2 if indented else None), "f", comments=True) == value
