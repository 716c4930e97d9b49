from __future__ import annotations

import pytest

from pytest_mcpquality.health.checks.robustness.arguments import WrongArguments
from pytest_mcpquality.health.checks.robustness.leaks import ErrorLeaks
from pytest_mcpquality.health.checks.robustness.not_called import NotCalled
from pytest_mcpquality.health.checks.robustness.survives import Survives
from pytest_mcpquality.health.checks.robustness.tools import UnknownTool
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.probes.answers import Answer, Arguments, Question, Uncalled
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from tests.support.observations import (
    GONE,
    HUNG,
    QUESTIONS,
    call,
    looked,
    observed,
    only,
    probed,
    refusal,
    result,
    said,
)


def test_one_that_ends_at_a_request() -> None:
    seen = probed(lost_at="a call of search with made-up arguments", loss=GONE, questions={}, stopped="it was lost")
    assert said(Survives().look(seen)) == ("high", f"at a call of search with made-up arguments, it {GONE}")


def test_one_that_ends_at_broken_json() -> None:
    gone = QUESTIONS | {Question.PING_AFTER: Answer(failure=GONE)}
    seen = probed(questions=gone, lost_at=Question.BROKEN_JSON.value, loss=GONE)
    assert said(Survives().look(seen)) == ("medium", f"at a line that is no JSON, it {GONE}")


@pytest.mark.parametrize("cause", [Cause.TOO_LONG, Cause.FLOOD])
def test_one_that_was_left_for_what_it_sent_did_not_end(cause: Cause) -> None:
    seen = probed(loss=Diagnosis(cause, "sent too much"), lost_at="a call of search", stopped="it was lost")
    assert Survives().look(seen).hits == ()
    assert Survives().look(seen).unseen


def test_one_that_says_nothing_any_more() -> None:
    seen = probed(questions=QUESTIONS | {Question.PING_AFTER: Answer(failure=HUNG)})
    assert said(Survives().look(seen))[1].startswith("does not answer any more")


def test_one_that_was_not_asked_in_the_end_is_not_taken_for_alive() -> None:
    assert Survives().look(probed(questions={}, stopped="there was no more time")).unseen
    assert Survives().look(probed(questions={})).unseen


@pytest.mark.parametrize(
    ("answer", "words"), [(result(), "answered it with a result"), (Answer(failure=HUNG), "hung in tools/call")]
)
def test_a_tool_that_there_is_not(answer: Answer, words: str) -> None:
    seen = probed(questions=QUESTIONS | {Question.UNKNOWN_TOOL: answer})
    assert words in only(UnknownTool().look(seen)).message


def test_an_error_of_the_tool_or_of_the_protocol_is_right() -> None:
    seen = probed(questions=QUESTIONS | {Question.UNKNOWN_TOOL: result("Unknown tool", isError=True)})
    assert UnknownTool().look(seen).hits == ()
    none = looked(definitions=Definitions("notes", "2025-11-25"))
    assert UnknownTool().look(observed(first=none, probes=None)).unseen == ()


@pytest.mark.parametrize(
    ("how", "severity"),
    [
        (Arguments.MISSING, "medium"),
        (Arguments.WRONG_TYPE, "high"),
        (Arguments.EXTRA, "info"),
        (Arguments.NO_OBJECT, "high"),
        (Arguments.COERCIBLE, "info"),
    ],
)
def test_wrong_arguments_that_are_accepted(how: Arguments, severity: str) -> None:
    assert said(WrongArguments().look(probed(call(result(), how, where="q"))))[0] == severity
    assert WrongArguments().look(probed(call(result(isError=True), how, where="q"))).hits == ()
    assert WrongArguments().look(probed(call(refusal(), how))).hits == ()


@pytest.mark.parametrize("habit", [Arguments.COERCIBLE, Arguments.EXTRA])
def test_what_sdks_do_for_all_tools_is_one_finding_for_the_server(habit: Arguments) -> None:
    lenient = [call(result(), habit, where=f"n{number}") for number in range(10)]
    message = only(WrongArguments().look(probed(*lenient))).message
    assert message.endswith("search (n7) and 2 more")


def test_wrong_arguments_without_an_answer() -> None:
    hung = call(Answer(5.0, failure=HUNG), Arguments.WRONG_TYPE, where="q")
    assert said(WrongArguments().look(probed(hung))) == (
        "medium",
        "called with an argument of the wrong type (q), it hung in tools/call for 5.0 s",
    )


@pytest.mark.parametrize(
    ("words", "severity", "kind"),
    [
        ('Traceback (most recent call last):\n  File "x.py", line 3', "high", "a stack trace"),
        ("Error: boom\n    at Object.run (/srv/app/index.js:10:5)\n", "high", "a stack trace"),
        ("Error: boom\n    at async file:///srv/app/index.js:10:5\n", "high", "a stack trace"),
        ("java.lang.X\n\tat com.foo.Bar(Bar.java:12)\n", "high", "a stack trace"),
        ("goroutine 1 [running]:\nmain.main()", "high", "a stack trace"),
        ("thread 'main' panicked at src/main.rs:2:5", "high", "a stack trace"),
        ("could not connect to postgres://app:hunter2@db/x", "high", "a connection string with a password"),
        ("near: SELECT name FROM users WHERE id = 1", "medium", "a statement of a database"),
        ("no such file: /home/me/notes.db", "medium", "a path of the machine"),
        (r"no such file: C:\Users\me\notes.db", "medium", "a path of the machine"),
        ("give a path, for example a.db\nno such file: /home/me/a.db", "medium", "a path of the machine"),
    ],
)
def test_errors_that_show_the_inside(words: str, severity: str, kind: str) -> None:
    for answer in (refusal(words), result(words, isError=True)):
        hits = ErrorLeaks().look(probed(call(answer, Arguments.MADE_UP))).hits
        assert (hits[0].weight.value, kind in hits[0].message) == (severity, True)
        assert "hunter2" not in hits[0].message


@pytest.mark.parametrize(
    "words",
    [
        "Unknown tool: search",
        "1 validation error\n  Field required\n    For further information visit https://errors.pydantic.dev/2.14/v/x",
        "Select a file from the list.",
        "expected string at position 3: look at https://example.org/home/start",
        "MCP error -32602: Input validation error: path: Required",
        "use http://127.0.0.1:8080/ or user@example.org",
        r"Path 'example' must be absolute, e.g. 'C:\Reports\q1.xlsx' or '/home/me/q1.xlsx'.",
        "no DSN: give one such as postgres://user:password@db/x",
    ],
)
def test_errors_that_say_what_is_wrong(words: str) -> None:
    assert ErrorLeaks().look(probed(call(refusal(words), Arguments.MADE_UP))).hits == ()


def test_results_and_errors_about_given_arguments_may_name_paths() -> None:
    path = "/home/me/notes.db"
    assert ErrorLeaks().look(probed(call(result(path)))).hits == ()
    assert ErrorLeaks().look(probed(call(refusal(path), Arguments.GIVEN))).hits == ()
    leaking = QUESTIONS | {Question.UNKNOWN_METHOD: refusal(path)}
    assert "the error to an unknown method" in only(ErrorLeaks().look(probed(questions=leaking))).message


def test_tools_that_were_not_called_are_named_by_reason() -> None:
    uncalled = tuple(Uncalled(f"write{number}", "it is not marked") for number in range(9))
    outcome = NotCalled().look(probed(call(refusal(), Arguments.MADE_UP), uncalled=uncalled))
    assert [hit.message.partition(":")[0] for hit in outcome.hits] == [
        "write0, write1, write2, write3, write4, write5, write6, write7 and 1 more",
        "search",
    ]
    assert all(hit.weight.value == "info" for hit in outcome.hits)
