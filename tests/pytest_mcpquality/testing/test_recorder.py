"""What came in, in order, with what came of it; from any thread."""

from __future__ import annotations

import threading

from pytest_mcpquality.testing.clock import FakeClock
from pytest_mcpquality.testing.faults.answering import BreaksOutputSchema
from pytest_mcpquality.testing.faults.base import Fault
from pytest_mcpquality.testing.recorder import Recorder
from pytest_mcpquality.testing.seam import SessionInfo

SESSION = SessionInfo("stdio", 1, "stdio-1")
FAULT: Fault = BreaksOutputSchema()
REQUEST = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "x"}}


def test_a_request_is_pending_until_it_is_answered() -> None:
    clock = FakeClock()
    recorder = Recorder(clock)
    record = recorder.begin("tools/call", {"name": "x", "arguments": {"a": 1}}, 7, SESSION)
    assert (recorder.calls()[0].status, recorder.calls()[0].seconds) == ("pending", None)
    clock.advance(2.5)
    recorder.end(record, result={"content": [], "isError": True})
    (call,) = recorder.calls()
    assert (call.status, call.seconds, call.number) == ("tool error", 2.5, 1)
    assert str(call) == "tools/call 'x' {'a': 1} -> tool error"


def test_what_was_noted_first_stays() -> None:
    recorder = Recorder(FakeClock())
    record = recorder.begin("ping", None, 1, SESSION)
    recorder.end(record)
    recorder.end(record, result={})
    assert recorder.calls()[0].status == "cancelled"
    assert str(recorder.calls()[0]) == "ping -> cancelled"


def test_an_answer_after_the_record_was_cleared_is_of_no_later_call() -> None:
    recorder = Recorder(FakeClock())
    record = recorder.begin("ping", None, 1, SESSION)
    recorder.clear()
    recorder.begin("tools/list", None, 2, SESSION)
    recorder.end(record, result={})
    assert [(call.method, call.status) for call in recorder.calls()] == [("tools/list", "pending")]


def test_a_notification_has_no_answer() -> None:
    recorder = Recorder(FakeClock())
    recorder.begin("notifications/initialized", None, None, SESSION)
    assert recorder.calls()[0].status == "notification"


def test_a_fault_that_takes_the_message_is_recorded_in_its_place() -> None:
    recorder = Recorder(FakeClock())
    recorder.fault(SESSION, FAULT, REQUEST, served=False)
    recorder.fault(SESSION, FAULT, None, served=False)
    taken, start = recorder.calls()
    assert (taken.status, taken.name, taken.id, taken.faults) == ("fault", "x", 7, (FAULT,))
    assert (start.method, start.faults) == ("", (FAULT,))


def test_a_fault_is_noted_with_the_message_that_it_was_applied_to() -> None:
    recorder = Recorder(FakeClock())
    recorder.fault(SESSION, FAULT, REQUEST, served=True)
    recorder.begin("tools/call", REQUEST["params"], 7, SESSION)  # type: ignore[arg-type]
    recorder.begin("tools/call", REQUEST["params"], 8, SESSION)  # type: ignore[arg-type]
    recorder.fault(SESSION, FAULT, {**REQUEST, "id": 8}, served=True)
    assert [call.faults for call in recorder.calls()] == [(FAULT,), (FAULT,)]


def test_a_thread_can_wait_for_calls() -> None:
    recorder = Recorder(FakeClock())
    threading.Timer(0.01, lambda: recorder.begin("ping", None, 1, SESSION)).start()
    assert recorder.wait_for(lambda calls: len(calls) == 1, 5.0)
    assert not recorder.wait_for(lambda calls: len(calls) == 2, 0.0)


def test_calls_from_many_threads_are_all_there() -> None:
    recorder = Recorder(FakeClock())

    def send() -> None:
        for number in range(200):
            recorder.end(recorder.begin("ping", None, number, SESSION), result={})

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calls = recorder.calls()
    assert [call.number for call in calls] == list(range(1, 801))
    assert {call.status for call in calls} == {"result"}
