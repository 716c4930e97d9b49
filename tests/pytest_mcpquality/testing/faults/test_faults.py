from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

from mcpquality_scanners.errors import McpQualityError
from pytest_mcpquality.testing import faults
from pytest_mcpquality.testing.faults import Fault, FaultError
from pytest_mcpquality.testing.faults.actions import Close, Die, Drip, Frame, Hold, Part, Pause, Raw, Send
from pytest_mcpquality.testing.faults.answering import mistyped
from pytest_mcpquality.testing.faults.base import HttpRequest

ALL = [value for name in faults.__all__ if inspect.isclass(value := getattr(faults, name)) and issubclass(value, Fault)]
CONCRETE = [kind for kind in ALL if kind is not Fault]
REQUIRED: dict[type[Fault], dict[str, Any]] = {
    faults.Delays: {"seconds": 1.0},
    faults.HttpStatus: {"status": 500},
    faults.Redirects: {"location": "/x"},
}

CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "add"}}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
ANSWER = {"jsonrpc": "2.0", "id": 1, "result": {"content": [], "structuredContent": {"sum": 3}}}
ERROR = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "no"}}


def test_everything_public_is_listed() -> None:
    assert faults.__all__ == sorted(faults.__all__, key=str.lower) or faults.__all__
    assert all(hasattr(faults, name) for name in faults.__all__)
    for name in faults.__all__:
        assert name in {"Fault", "Faults", "FaultError", "FaultDoesNotApplyError"} or name in (faults.__doc__ or "")


@pytest.mark.parametrize("kind", CONCRETE, ids=lambda kind: kind.__name__)
def test_every_fault_is_a_frozen_documented_value(kind: type[Fault]) -> None:
    fault = kind(**REQUIRED.get(kind, {}))

    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}(")
    assert fault == kind(**REQUIRED.get(kind, {}))
    assert not hasattr(fault, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        fault.times = 3  # type: ignore[misc]
    hooks = ("on_start", "on_request", "on_response", "on_http")
    assert fault.occasion == "while there" or any(getattr(kind, hook) is not getattr(Fault, hook) for hook in hooks)


@pytest.mark.parametrize("kind", CONCRETE, ids=lambda kind: kind.__name__)
def test_a_fault_shows_what_was_said_about_it_and_nothing_else(kind: type[Fault]) -> None:
    fault = kind(**REQUIRED.get(kind, {}), after=2)

    said = repr(fault)
    assert said.startswith(f"{kind.__name__}(")
    assert "after=2" in said
    assert "times" not in said
    assert "transport" not in said


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (faults.Hangs, {"after": -1}, "Hangs: `after` counts from 0"),
        (faults.Hangs, {"times": 0}, "`times` from 1"),
        (faults.Hangs, {"tool": "add", "method": "ping"}, "condition on tools/call"),
        (faults.FailsToStart, {"transport": "http"}, "FailsToStart makes no sense over http, only over stdio"),
        (faults.Delays, {"seconds": -1}, "seconds must be 0 or more"),
        (faults.Drips, {"size": 0}, "size must be 1 or more"),
        (faults.Drips, {"every": -1}, "every 0 or more"),
        (faults.Truncates, {"share": 1}, "share must be between 0 and 1"),
        (faults.OutOfOrder, {"hold": 1}, "hold must be 2 or more"),
        (faults.Oversize, {"size": 0}, "size must be 1 or more"),
        (faults.HttpStatus, {"status": 99}, "99 is no final status"),
        (faults.Redirects, {"location": "/", "status": 200}, "200 is no redirection"),
        (faults.DropsStream, {"events": -1}, "events must be 0 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(kind: type[Fault], given: dict[str, Any], message: str) -> None:
    with pytest.raises(FaultError, match=message) as caught:
        kind(**given)
    assert isinstance(caught.value, McpQualityError)


def test_conditions() -> None:
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}

    assert faults.Hangs().concerns(LIST)
    assert not faults.Hangs().concerns(notification)
    assert not faults.Hangs().concerns({"jsonrpc": "2.0", "id": 1, "result": {}})
    assert faults.Hangs(method="notifications/initialized").concerns(notification)
    assert faults.Hangs(tool="add").concerns(CALL)
    assert not faults.Hangs(tool="search").concerns(CALL)
    assert not faults.Hangs(tool="add").concerns({**CALL, "params": "odd"})
    assert not faults.Hangs(method="tools/list").concerns(CALL)
    assert faults.Hangs().concerns(None)
    assert not faults.Hangs(tool="add").concerns(None)


def test_initialize_is_the_first_request_of_either_era() -> None:
    discover = {"jsonrpc": "2.0", "id": 1, "method": "server/discover"}

    assert faults.Hangs(method="initialize").concerns(discover)
    assert faults.Hangs(method="initialize").concerns({**discover, "method": "initialize"})
    assert faults.Hangs(method="server/discover").concerns(discover)
    assert not faults.Hangs(method="server/discover").concerns({**discover, "method": "initialize"})
    assert not faults.Hangs(method="ping").concerns(discover)


def test_conditions_of_http() -> None:
    get, call = HttpRequest("GET", None), HttpRequest("POST", CALL)

    assert faults.Forbidden().concerns_http(get)
    assert faults.Forbidden().concerns_http(HttpRequest("POST", {"jsonrpc": "2.0", "method": "notifications/x"}))
    assert faults.Forbidden(verb="POST").concerns_http(call)
    assert not faults.Forbidden(verb="POST").concerns_http(get)
    assert not faults.Forbidden(method="tools/list").concerns_http(call)
    assert not faults.SessionNotFound().concerns_http(call)
    assert faults.SessionNotFound().concerns_http(HttpRequest("POST", CALL, {"mcp-session-id": "x"}))
    assert faults.DropsStream().concerns_http(call)
    assert not faults.DropsStream().concerns_http(get)
    assert faults.DropsStream(verb="GET").concerns_http(get)
    resuming = HttpRequest("GET", None, {"last-event-id": "3"})
    assert not faults.DropsStream(verb="GET").concerns_http(resuming)
    assert faults.RefusesResume().concerns_http(resuming)
    assert not faults.RefusesResume().concerns_http(get)
    assert faults.Hangs(tool="add").concerns_http(call)


def test_the_hooks_of_a_fault_that_does_not_override_them_change_nothing() -> None:
    nothing = faults.RefusesConnection()

    assert nothing.on_start() == ()
    assert nothing.on_request(CALL) is None
    assert nothing.on_response((Send(ANSWER),), CALL) == (Send(ANSWER),)
    assert nothing.on_http(HttpRequest("GET", None)) is None


def test_endings() -> None:
    assert faults.Dies(code=3, stderr="x").on_request(CALL) == (Die(3, "x"),)
    assert faults.Dies().on_response((Send(ANSWER),), CALL) == (Send(ANSWER),)
    halfway = faults.Dies(mid_answer=True)
    assert halfway.on_request(CALL) is None
    assert halfway.on_response((Send(ANSWER), Raw(b"x")), CALL) == (Part(Send(ANSWER), 0.5), Die(1, ""))
    assert faults.ClosesStream().on_request(CALL) == (Close(),)


def test_waits() -> None:
    assert faults.Hangs().on_request(CALL) == ()
    assert faults.Delays(2.0).on_response((Send(ANSWER),), CALL) == (Pause(2.0), Send(ANSWER))
    dripping = faults.Drips(3, 0.5).on_response((Pause(1), Send(ANSWER)), CALL)
    assert dripping == (Pause(1), Drip(Send(ANSWER), 3, 0.5))


def test_forms() -> None:
    garbled = faults.Garbage("#", where="inside").on_response((Send({"a": 1, "b": 2}), Pause(1)), CALL)
    assert garbled == (Frame(b'{"a":1,#"b":2}'), Pause(1))
    assert faults.Truncates(0.5).on_response((Frame(b"abcd"),), CALL) == (Frame(b"ab"),)
    assert faults.Truncates(0.5, ends_frame=False).on_response((Frame(b"abcd"), Raw(b"")), CALL) == (
        Part(Frame(b"abcd"), 0.5),
        Raw(b""),
    )


def test_out_of_order_holds() -> None:
    assert faults.OutOfOrder(3).on_response((Send(ANSWER),), CALL) == (Hold((Send(ANSWER),), 3),)


def test_contents_leave_errors_as_they_are() -> None:
    for fault in (faults.Oversize(10), faults.BreaksOutputSchema(), faults.AnotherProtocolVersion()):
        assert fault.on_response((Send(ERROR), Raw(b"x")), CALL) == (Send(ERROR), Raw(b"x"))


def test_oversize_of_what_is_no_tool() -> None:
    (sent,) = faults.Oversize(10).on_response((Send({"id": 2, "result": {"tools": [], "_meta": {"a": 1}}}),), LIST)

    assert isinstance(sent, Send)
    assert sent.message["result"] == {"tools": [], "_meta": {"a": 1, "example.com/padding": "x" * 10}}


def test_every_value_gets_another_type() -> None:
    structured = {"sum": 3, "name": "x", "list": [], "none": None, "yes": True, "in": {}}
    broken = mistyped(structured)

    assert broken.keys() == structured.keys()
    assert all(type(broken[key]) is not type(value) for key, value in structured.items())
    others: tuple[object, ...] = ({}, None, [1])
    for other in others:
        assert mistyped(other) == {"unexpected": ["not", "what", "the", "schema", "says"]}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"protocolVersion": "2025-06-18"}, {"protocolVersion": "2024-11-05"}),
        ({"supportedVersions": ["2026-07-28"]}, {"supportedVersions": ["2024-11-05"]}),
    ],
)
def test_another_protocol_version_in_both_eras(result: dict[str, Any], expected: dict[str, Any]) -> None:
    fault = faults.AnotherProtocolVersion("2024-11-05")

    assert fault.concerns({"method": "initialize", "id": 1})
    assert fault.concerns({"method": "server/discover", "id": 1})
    assert not fault.concerns(LIST)
    assert not fault.concerns(None)
    assert fault.on_response((Send({"id": 1, "result": result}),), LIST) == (Send({"id": 1, "result": expected}),)


def test_claimed_capabilities_are_not_served() -> None:
    fault = faults.ClaimsCapabilities({"completions": {}})

    assert not fault.concerns(None)
    assert not fault.concerns(LIST)
    assert not fault.concerns({"method": "completion/complete"})
    refused = fault.on_request({"id": 5, "method": "completion/complete"})
    assert refused
    assert isinstance(refused[0], Send)
    assert refused[0].message["error"]["code"] == -32601
    assert fault.on_request({"id": 1, "method": "initialize"}) is None
    (sent,) = fault.on_response((Send({"id": 1, "result": {"capabilities": {"tools": {}}}}),), LIST)
    assert isinstance(sent, Send)
    assert sent.message["result"]["capabilities"] == {"tools": {}, "completions": {}}


@pytest.mark.parametrize(("method", "key"), faults.ChangesDefinitions.lists.items())
def test_definitions_of_every_kind_change(method: str, key: str) -> None:
    fault = faults.ChangesDefinitions(lambda entry: {**entry, "name": "new"}, method=method, notifies=True)
    request = {"id": 1, "method": method}
    notice, sent = fault.on_response((Send({"id": 1, "result": {key: [{"name": "old"}]}}),), request)

    assert isinstance(notice, Send)
    assert notice.message["method"] == f"notifications/{method.split('/', maxsplit=1)[0]}/list_changed"
    assert isinstance(sent, Send)
    assert sent.message["result"] == {key: [{"name": "new"}]}


def test_definitions_change_from_a_start_on() -> None:
    fault = faults.ChangesDefinitions(from_start=3)
    assert [fault.concerns_start(number) for number in (1, 2, 3, 4)] == [False, False, True, True]
    assert faults.Hangs().concerns_start(1)
