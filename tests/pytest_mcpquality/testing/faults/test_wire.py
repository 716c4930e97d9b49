from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mcpquality.testing import faults
from pytest_mcpquality.testing.faults import Fault, Faults
from pytest_mcpquality.testing.faults.actions import CutStream, Die, Frame, Pause, Relabel, Respond, Send
from pytest_mcpquality.testing.faults.base import HttpRequest
from pytest_mcpquality.testing.faults.wire import Wire


def wire(*given_faults: Fault) -> tuple[Wire, list[tuple[Fault, bool]]]:
    told: list[tuple[Fault, bool]] = []

    def report(fault: Fault, _message: Mapping[str, Any] | None, served: bool) -> None:
        told.append((fault, served))

    return Wire(Faults(given_faults), "stdio", 1, report), told


def ask(number: object, method: str = "ping") -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method}


def answer(number: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "result": {}}


def test_without_faults_everything_passes() -> None:
    plain, told = wire()
    assert plain.incoming(ask(1)) is None
    assert plain.outgoing(answer(1)) == (Send(answer(1)),)
    assert plain.starting() == ()
    assert plain.exchange(HttpRequest("GET", None)) == ()
    assert told == []


def test_only_the_answer_to_the_request_is_changed() -> None:
    broken, told = wire(faults.Malforms("x", times=1))
    assert broken.incoming(ask(1)) is None
    assert broken.incoming(ask("1")) is None
    assert broken.distorts()
    assert broken.outgoing(answer("1")) == (Send(answer("1")),)
    assert broken.outgoing({"jsonrpc": "2.0", "id": 1, "method": "roots/list"}) == (
        Send({"jsonrpc": "2.0", "id": 1, "method": "roots/list"}),
    )
    assert told == []
    assert broken.outgoing(answer(1)) == (Frame(b"x"),)
    assert not broken.distorts()
    assert told == [(faults.Malforms("x", times=1), True)]


def test_the_first_that_takes_the_request_wins_and_the_others_change_what_it_says() -> None:
    dying, told = wire(faults.Delays(2.0), faults.Dies(code=1), faults.Dies(code=2))
    assert dying.incoming(ask(1)) == (Pause(2.0), Die(1, ""))
    assert [(type(fault).__name__, served) for fault, served in told] == [("Dies", False), ("Delays", True)]


def test_faults_of_one_answer_add_up_in_their_order() -> None:
    both, _ = wire(faults.WrongId(7), faults.DuplicateResponse(), faults.Truncates(0.5))
    both.incoming(ask(1))
    first, second = both.outgoing(answer(1))
    assert first == second
    assert isinstance(first, Frame)
    assert first.body.startswith(b'{"jsonrpc":"2.0"')


def test_a_client_s_answers_and_notifications_pass() -> None:
    hanging, _ = wire(faults.Hangs())
    assert hanging.incoming(answer(1)) is None
    assert hanging.incoming({"jsonrpc": "2.0", "method": "notifications/initialized"}) is None
    assert hanging.incoming(ask(1)) == ()


def test_a_notification_can_be_distorted_by_name_without_an_answer_to_wait_for() -> None:
    named, _ = wire(faults.Delays(1, method="notifications/initialized"))
    assert named.incoming({"jsonrpc": "2.0", "method": "notifications/initialized"}) is None
    assert not named.distorts()


def test_start() -> None:
    starting, told = wire(faults.WritesStderr("a"), faults.FailsToStart(code=3, stderr="b"))
    assert starting.starting()[-1] == Die(3, "b")
    assert [served for _, served in told] == [False, False]


def test_exchange() -> None:
    over_http, told = wire(
        faults.WrongContentType("a/b"), faults.DropsStream(2), faults.Forbidden(), faults.BadGateway()
    )
    actions = over_http.exchange(HttpRequest("POST", ask(1)))
    assert actions[:2] == (Relabel("a/b"), CutStream(2))
    assert isinstance(actions[2], Respond)
    assert actions[2].status == 403
    assert len(actions) == 3
    assert [served for _, served in told] == [True, True, False]


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 5), st.permutations(range(12)))
def test_held_answers_are_all_written_once_in_reverse_groups(hold: int, order: list[int]) -> None:
    shuffling, _ = wire(faults.OutOfOrder(hold))
    written: list[Any] = []
    for number in order:
        shuffling.incoming(ask(number))
    for number in order:
        actions = shuffling.outgoing(answer(number))
        assert len(actions) in {0, hold}
        written += [action.message["id"] for action in actions if isinstance(action, Send)]

    whole = len(order) // hold * hold
    expected = [order[start : start + hold][::-1] for start in range(0, whole, hold)]
    assert written == [number for group in expected for number in group]


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=20), max_size=5),
    st.floats(0.01, 0.99),
)
def test_what_is_truncated_or_has_garbage_inside_is_never_json(result: dict[str, Any], share: float) -> None:
    for fault in (faults.Truncates(share), faults.Garbage("#", where="inside")):
        broken, _ = wire(fault)
        broken.incoming(ask(1))
        (frame,) = broken.outgoing({"jsonrpc": "2.0", "id": 1, "result": result})
        assert isinstance(frame, Frame)
        try:
            json.loads(frame.body)
        except ValueError:
            continue
        raise AssertionError(frame.body)
