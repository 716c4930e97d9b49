from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.base import Completed
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.outputs import check_end, entries, json_object, mapping, member


def ended(
    exit_code: int | None = 0, stderr: bytes = b"", *, timed_out: bool = False, overflowed: bool = False
) -> Completed:
    return Completed(("tool",), exit_code, b"", stderr, 12.0, timed_out, overflowed)


@pytest.mark.parametrize(
    ("completed", "message"),
    [
        (ended(2), "tool ended with exit code 2"),
        (ended(2, b"\x1b[31musage: x\n"), "tool ended with exit code 2: usage: x"),
        (ended(-11), "tool was ended by SIGSEGV"),
        (ended(-99), "tool was ended by signal 99"),
        (ended(None), "tool was ended"),
        (ended(None, overflowed=True), "tool was ended: it wrote more than can be kept"),
    ],
)
def test_an_end_that_proves_nothing_is_told_in_words(completed: Completed, message: str) -> None:
    with pytest.raises(ToolOutputError) as caught:
        check_end(completed, "tool", {0, 1})
    assert str(caught.value) == message


def test_a_timeout_is_not_worth_another_try() -> None:
    with pytest.raises(ToolError, match="after 12 s") as caught:
        check_end(ended(None, timed_out=True), "tool", {0, 1})
    assert not isinstance(caught.value, ToolOutputError)


@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_proper_end_passes(exit_code: int) -> None:
    check_end(ended(exit_code), "tool", {0, 1})


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (b"", "tool printed nothing"),
        (b'{"a": [1, 2', "tool printed something that is not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "what tool printed is not of the expected shape"),
    ],
)
def test_output_that_is_no_object_is_refused(output: bytes, message: str) -> None:
    with pytest.raises(ToolOutputError, match=message):
        json_object(output, "tool")


@given(st.binary())
def test_any_output_is_read_or_refused(output: bytes) -> None:
    with contextlib.suppress(ToolOutputError):
        json_object(output, "tool")


def test_members_are_checked() -> None:
    assert member({"a": 1}, "a", int, "tool") == 1
    assert entries({"a": [1]}, "a", "tool") == [1]
    assert mapping({"a": {"b": 1}}, "a", "tool") == {"b": 1}


@pytest.mark.parametrize("item", [{}, {"a": "1"}, {"a": True}, {"a": None}, [], None, "a"])
def test_a_member_of_another_shape_is_refused(item: object) -> None:
    with pytest.raises(ToolOutputError, match="tool is not of the expected shape"):
        member(item, "a", int, "tool")
