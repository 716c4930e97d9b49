"""The probes on mock servers in this process: what is asked, what is never called, and what comes of it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from pytest_mcpquality.health.checks.protocol.claimed import Claimed
from pytest_mcpquality.health.checks.protocol.unclaimed import Unclaimed
from pytest_mcpquality.health.checks.robustness.survives import Survives
from pytest_mcpquality.health.checks.speed.blocked import Blocked
from pytest_mcpquality.health.looking import LookOptions, observe
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Arguments, Probes, Question
from pytest_mcpquality.health.probes.calls import CALLED
from pytest_mcpquality.health.settings import Limits, ServerSettings
from pytest_mcpquality.mcp.specs import ServerObject
from pytest_mcpquality.testing import MockMCPServer, computes, faults, hang, protocol_error, returns

READ_ONLY = {"readOnlyHint": True}


def probed(server: MockMCPServer, timeout: float = 20.0, **settings: Any) -> Observation:  # noqa: ANN401 - any setting
    options = LookOptions(timeout=timeout, settings=ServerSettings(**settings))
    return asyncio.run(observe("mock", ServerObject(server), options))


def probes_of(seen: Observation) -> Probes:
    assert seen.failure is None
    assert seen.probes is not None
    return seen.probes


def notes(**faulty: Any) -> MockMCPServer:  # noqa: ANN401 - any argument of a mock server
    server = MockMCPServer("notes", **faulty)

    @server.tool(annotations=READ_ONLY)
    def count(limit: int, word: str = "x") -> int:
        """Count notes."""
        return limit + len(word)

    @server.tool()
    def delete(name: str) -> str:
        """Delete a note."""
        return name

    return server


def test_a_server_that_works_gives_answers_to_everything() -> None:
    probes = probes_of(probed(notes()))
    assert probes.stopped == ""
    assert len(probes.pages["tools/list"]) == 3
    assert probes.questions[Question.UNKNOWN_METHOD].refused
    assert probes.questions[Question.UNKNOWN_TOOL].refused
    assert probes.questions[Question.PING_AFTER].accepted
    assert [(one.tool, one.reason) for one in probes.uncalled] == [
        ("delete", "it is neither marked read-only nor named safe")
    ]


def test_what_may_change_something_is_never_called() -> None:
    server = notes()
    probed(server)
    assert {call.name for call in server.calls("tools/call")} == {"count", "mcpquality_no_such_tool"}
    server.assert_not_called("delete")


def test_only_what_cannot_be_run_reaches_a_tool_that_is_not_safe() -> None:
    server = MockMCPServer("notes")
    server.add_tool("delete", input_schema={"type": "object", "properties": {"name": {}}, "required": ["name"]})
    server.add_tool("drop", annotations={"destructiveHint": True}, input_schema={"type": "object", "required": ["a"]})
    probes = probes_of(probed(server))
    assert [(call.tool, call.how) for call in probes.calls] == [("delete", Arguments.NO_OBJECT)]
    assert probes.calls[0].answer.refused
    assert [call.tool for call in probes_of(probed(server, unsafe_tools=("*",))).calls] == []


def test_a_safe_tool_is_called_several_times_and_wrongly() -> None:
    probes = probes_of(probed(notes()))
    assert [call.how for call in probes.calls] == [
        Arguments.MADE_UP,
        Arguments.MISSING,
        Arguments.WRONG_TYPE,
        Arguments.COERCIBLE,
        Arguments.NO_OBJECT,
    ]
    first = probes.calls[0]
    assert len(first.seconds) == 5
    assert first.ping is not None
    assert first.size > 10
    assert all(call.answer.refused for call in probes.calls if call.how in {Arguments.MISSING, Arguments.WRONG_TYPE})


def test_the_configuration_says_what_is_safe_and_what_to_call_it_with() -> None:
    server = notes()
    probes = probes_of(probed(server, safe_tools=("del*",), arguments={"delete": {"name": "draft"}}))
    server.assert_called("delete", arguments={"name": "draft"}, times=5)
    assert probes.uncalled == ()
    assert probes.calls[1].how is Arguments.GIVEN


def test_only_so_many_tools_are_called() -> None:
    server = MockMCPServer("many")
    for number in range(CALLED + 2):
        server.add_tool(f"t{number}", annotations=READ_ONLY, script=[returns("x")])
    probes = probes_of(probed(server))
    assert [one.reason for one in probes.uncalled] == [f"only the first {CALLED} are called"] * 2


def test_a_tool_that_fails_is_not_called_again() -> None:
    server = MockMCPServer("failing")
    server.add_tool("count", annotations=READ_ONLY, script=[returns("x"), protocol_error(-32000, "gone")])
    [call, _] = probes_of(probed(server)).calls
    assert len(call.seconds) == 1


def test_what_is_claimed_and_not_served_is_no_reason_to_stop() -> None:
    seen = probed(notes(faults=[faults.ClaimsCapabilities(capabilities={"prompts": {}, "completions": {}})]))
    methods = [hit.message.rpartition(" ")[2] for hit in Claimed().look(seen).hits]
    assert methods == ["prompts/list", "completion/complete"]


def test_what_is_served_and_not_claimed() -> None:
    server = notes(capabilities={"prompts": None})
    server.add_prompt("hello", "Hello!")
    assert [hit.message for hit in Unclaimed().look(probed(server)).hits] == [
        "does not claim prompts, and lists 1 of them"
    ]


def test_a_call_without_an_answer_is_given_up() -> None:
    server = MockMCPServer("mute")
    server.add_tool("count", annotations=READ_ONLY, script=[hang()])
    seen = probed(server, timeout=3.0, limits=Limits(call=0.1))
    probes = probes_of(seen)
    assert probes.stopped == "there was no more time after a call of count"
    assert Survives().look(seen).unseen


@pytest.mark.parametrize(
    ("method", "after", "words"),
    [
        ("mcpquality/no-such-method", 0, "at an unknown method, it closed"),
        ("tools/list", 2, "at tools/list, it closed"),
        ("prompts/list", 0, "at prompts/list, it closed"),
        ("ping", 11, "at a ping after all that, it closed"),
    ],
)
def test_a_server_that_ends_at_a_question_is_seen_up_to_there(method: str, after: int, words: str) -> None:
    seen = probed(notes(faults=[faults.ClosesStream(method=method, after=after)]))
    [hit] = Survives().look(seen).hits
    assert hit.message.startswith(words)


@pytest.mark.parametrize("how", [Arguments.MADE_UP, Arguments.WRONG_TYPE, Arguments.NO_OBJECT])
def test_a_server_that_ends_at_a_call_is_asked_no_more(how: Arguments) -> None:
    number = [
        Arguments.MADE_UP,
        Arguments.MISSING,
        Arguments.WRONG_TYPE,
        Arguments.COERCIBLE,
        Arguments.NO_OBJECT,
    ].index(how)
    # Five calls to measure and one of an unknown tool come before the wrong ones.
    after = 0 if how is Arguments.MADE_UP else 5 + number
    seen = probed(notes(faults=[faults.ClosesStream(method="tools/call", after=after)]))
    assert seen.probes is not None
    assert seen.probes.calls[-1].how is how
    assert Question.PING_AFTER not in seen.probes.questions


def test_what_is_claimed_besides_lists_is_asked_for() -> None:
    server = notes(capabilities={"resources": {"subscribe": True}})
    server.add_resource("a://b", "text")
    assert "resources/subscribe" in probes_of(probed(server)).methods


def test_a_list_that_fails_is_a_failure() -> None:
    server = notes()
    server.script("tools/list", [protocol_error(-32603, "out of order")])
    seen = probed(server)
    assert seen.failure is not None
    assert "tools/list with error -32603" in seen.failure.text
    assert seen.probes is None


def test_a_tool_whose_arguments_cannot_be_made_is_not_called() -> None:
    server = MockMCPServer("notes")
    url = {"type": "object", "properties": {"url": {"type": "string", "format": "uri"}}, "required": ["url"]}
    server.add_tool("fetch", annotations=READ_ONLY, input_schema=url, script=[returns("x")])
    [uncalled] = probes_of(probed(server)).uncalled
    assert uncalled.reason == "its schema does not say what it could be called with"


def test_a_server_without_templates_need_not_know_them() -> None:
    server = notes()
    server.add_resource("a://b", "text")
    server.script("resources/templates/list", [protocol_error(-32601, "Method not found")])
    seen = probed(server)
    assert Claimed().look(seen).hits == ()
    assert seen.first is not None
    assert seen.first.definitions.templates == ()


def test_a_ping_that_is_refused_is_kept() -> None:
    server = notes()
    server.script("ping", [protocol_error(-32601, "Method not found")])
    seen = probed(server)
    assert seen.first is not None
    assert seen.first.no_ping is not None
    assert seen.first.pings == ()


def test_what_a_first_call_loads_is_not_taken_for_a_habit() -> None:
    waits = iter([0.3])

    def load_once() -> str:
        time.sleep(next(waits, 0.0))  # in the event loop of the server, which is this one
        return "x"

    server = MockMCPServer("lazy")
    server.add_tool("load", annotations=READ_ONLY, script=[computes(load_once)])
    seen = probed(server)
    [call, _] = probes_of(seen).calls
    assert call.answer.seconds >= 0.3
    assert Blocked().look(seen).hits == ()
