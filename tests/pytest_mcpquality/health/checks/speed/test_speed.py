from __future__ import annotations

import pytest

from mcpquality_scanners.findings import Severity
from pytest_mcpquality.health.checks.speed.blocked import Blocked
from pytest_mcpquality.health.checks.speed.calls import SlowCalls
from pytest_mcpquality.health.checks.speed.figures import duration, figures
from pytest_mcpquality.health.checks.speed.lists import SlowLists
from pytest_mcpquality.health.checks.speed.output import Output
from pytest_mcpquality.health.checks.speed.ping import SlowPing
from pytest_mcpquality.health.checks.speed.start import SlowStart
from pytest_mcpquality.health.probes.answers import Answer, Arguments
from pytest_mcpquality.health.settings import Limits
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from tests.support.observations import HUNG, call, looked, observed, only, probed, result, said


def test_figures_of_a_few_tries() -> None:
    assert figures([]) is None
    some, many = figures([0.9, 0.1, 0.2]), figures([0.01] * 99 + [5.0])
    assert some is not None
    assert many is not None
    assert (some.median, some.p95) == (0.2, 0.9)
    assert (many.median, many.p95) == (0.01, 0.01)


@pytest.mark.parametrize(
    ("tries", "severity"),
    [
        ([0.7], Severity.HIGH),
        ([0.1, 0.7], Severity.MEDIUM),
        ([0.1, 0.1, 0.1, 0.1, 0.7], None),
        ([0.1, 0.1, 0.1, 0.6, 0.7], Severity.MEDIUM),
        ([0.1, 0.1, 0.6, 0.6, 0.7], Severity.HIGH),
        ([0.1, 0.2], None),
    ],
)
def test_how_grave_it_is(tries: list[float], severity: Severity | None) -> None:
    found = figures(tries)
    assert found is not None
    assert found.severity_over(0.5) is severity


@pytest.mark.parametrize(
    ("tries", "text"),
    [([0.0123], "12 ms (one try)"), ([0.1, 1.5], "median 800 ms, 95 % within 1.50 s (2 tries)")],
)
def test_figures_in_words(tries: list[float], text: str) -> None:
    assert str(figures(tries)) == text


def test_one_slow_start_is_less_than_two() -> None:
    slow, quick = looked(started=12.0), looked(started=0.5)
    assert said(SlowStart().look(observed(first=slow, second=slow)))[0] == "high"
    assert said(SlowStart().look(observed(first=slow, second=quick)))[0] == "medium"
    assert SlowStart().look(observed(first=slow, second=slow, limits=Limits(start=15))).hits == ()


def test_slow_lists_and_pings() -> None:
    slow = looked(pages={"tools/list": (0.01,), "prompts/list": (0.7, 0.8)}, pings=(0.6, 0.6))
    assert only(SlowLists().look(observed(first=slow, second=slow))).message.startswith("a page of prompts/list takes")
    assert said(SlowPing().look(observed(first=slow, second=slow)))[0] == "high"
    generous = observed(first=slow, second=slow, limits=Limits(call=1.0))
    assert (SlowLists().look(generous).hits, SlowPing().look(generous).hits) == ((), ())


def test_lists_are_asked_for_more_than_once() -> None:
    seen = probed(pages={"tools/list": (0.9, 0.9, 0.9)})
    assert "(5 tries)" in only(SlowLists().look(seen)).message


def test_where_no_ping_was_answered_there_is_no_figure() -> None:
    mute = looked(pings=())
    assert SlowPing().look(observed(first=mute, second=mute)).hits == ()


def test_slow_tools() -> None:
    slow = call(result(), seconds=(0.7, 0.6, 0.8))
    assert said(SlowCalls().look(probed(slow))) == (
        "high",
        "takes median 700 ms, 95 % within 800 ms (3 tries); the limit is 500 ms",
    )
    assert said(SlowCalls().look(probed(call(result(), seconds=(0.1, 0.1, 0.1, 0.9, 0.8)))))[0] == "medium"
    hung = call(Answer(5.0, failure=HUNG))
    assert "had not answered after 5.00 s" in only(SlowCalls().look(probed(hung))).message


def test_how_fast_a_tool_refuses_says_nothing() -> None:
    assert SlowCalls().look(probed(call(result(isError=True), seconds=(0.9,)))).hits == ()
    assert SlowCalls().look(probed(call(result(), Arguments.WRONG_TYPE, seconds=(0.9,)))).hits == ()


@pytest.mark.parametrize(
    ("took", "ping", "blocks"),
    [(0.6, 0.6, True), (0.6, 0.01, False), (0.2, 0.2, False), (2.0, 0.5, False), (0.6, None, False)],
)
def test_a_ping_that_waits_for_the_tool(took: float, ping: float | None, blocks: bool) -> None:
    assert bool(Blocked().look(probed(call(result(), ping=ping, beside=took))).hits) is blocks


def test_output_that_is_too_large() -> None:
    assert said(Output().look(probed(call(result(), size=2_000_000)))) == (
        "medium",
        "called with arguments from its schema, it answered with 2,000,000 bytes; the limit is 1,000,000",
    )
    endless = Answer(failure=Diagnosis(Cause.TOO_LONG, "stdout line 9 is longer than 67108864 bytes"))
    assert said(Output().look(probed(call(endless)))) == (
        "high",
        "called with arguments from its schema, it never came to an end: stdout line 9 is longer than 67108864 bytes",
    )


def test_durations() -> None:
    assert (duration(0.0004), duration(0.5), duration(10)) == ("0 ms", "500 ms", "10.00 s")
