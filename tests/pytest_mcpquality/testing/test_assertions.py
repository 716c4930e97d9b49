"""Assertions on what came in, whose failures show it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mcpquality.testing import MockMCPServer, error, returns
from pytest_mcpquality.testing.seam import SessionInfo

SESSION = SessionInfo("memory", 1, "memory-1")


def server_with(*calls: tuple[str, dict[str, Any]]) -> MockMCPServer:
    server = MockMCPServer("shop")
    server.add_tool("search", script=[returns("a"), error("b")])
    for number, (tool, arguments) in enumerate(calls):
        record = server.recorder.begin("tools/call", {"name": tool, "arguments": arguments}, number, SESSION)
        server.recorder.end(record, result={"content": []})
    return server


def message_of(failure: pytest.ExceptionInfo[AssertionError]) -> str:
    return str(failure.value)


def test_what_was_called_passes() -> None:
    server = server_with(("search", {"q": "a"}), ("search", {"q": "b"}))
    server.assert_called("search")
    server.assert_called("search", times=2)
    server.assert_called("search", arguments={"q": "a"}, times=1)
    server.assert_called("tools/call", times=2)
    server.assert_not_called("other")
    server.assert_not_called("search", arguments={"q": "c"})


def test_nothing_at_all_is_not_called() -> None:
    with pytest.raises(AssertionError) as failure:
        server_with().assert_called("search")
    assert message_of(failure) == (
        "search of 'shop' was expected at least once, but never called; nothing came in at all"
    )


def test_other_calls_are_shown() -> None:
    with pytest.raises(AssertionError) as failure:
        server_with(("find", {"q": 1})).assert_called("search", times=1)
    assert "expected once, but never called; this came in:\n  1. tools/call 'find' {'q': 1} -> result" in message_of(
        failure
    )


def test_other_arguments_are_shown_as_a_diff() -> None:
    with pytest.raises(AssertionError) as failure:
        server_with(("search", {"q": "blue", "n": 1})).assert_called("search", arguments={"q": "red", "n": 1})
    assert '-  "q": "red"\n+  "q": "blue"' in message_of(failure)
    assert "--- expected\n+++ call 1" in message_of(failure)


def test_too_many_calls_are_counted() -> None:
    with pytest.raises(AssertionError, match=r"expected once, but called 2 times; this came in:"):
        server_with(("search", {}), ("search", {})).assert_called("search", times=1)


def test_parameters_of_a_method_are_compared_without_meta() -> None:
    server = MockMCPServer()
    server.recorder.begin("resources/read", {"uri": "a:b", "_meta": {"x": 1}}, 1, SESSION)
    server.assert_called("resources/read", arguments={"uri": "a:b"})


def test_a_call_that_should_not_be_is_shown() -> None:
    with pytest.raises(AssertionError, match=r"expected never with \{'q': 'a'\}, but called once; this came in"):
        server_with(("search", {"q": "a"})).assert_not_called("search", arguments={"q": "a"})


def test_long_records_are_cut() -> None:
    with pytest.raises(AssertionError, match=r"\(5 earlier ones not shown\)"):
        server_with(*[("search", {})] * 25).assert_called("search", times=1)


def test_outcomes_that_are_left_are_named() -> None:
    server = server_with()
    with pytest.raises(AssertionError, match=r"tool 'search': 0 of 2 outcomes used; left: returns\('a'\), error"):
        server.assert_all_scripts_exhausted()


def test_waiting_for_calls() -> None:
    server = server_with(("search", {}))
    assert len(server.wait_for_calls("search")) == 1
    with pytest.raises(AssertionError, match="expected 2 times, but called once"):
        server.wait_for_calls("search", 2, seconds=0.0)
    with pytest.raises(AssertionError, match="never called"):
        server.wait_for_calls("other", seconds=0.0)
