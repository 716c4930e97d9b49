"""One outcome a call, in order; the last repeats, or there is none left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcpquality.testing.errors import MockSetupError
from pytest_mcpquality.testing.outcomes import (
    Delay,
    Outcome,
    computes,
    delay,
    error,
    hang,
    needs_fallback,
    normal,
    protocol_error,
    raw_result,
    returns,
)
from pytest_mcpquality.testing.script import Script


@given(st.lists(st.integers(), min_size=1, max_size=8), st.integers(0, 20), st.booleans())
def test_calls_come_to_the_outcomes_in_order(values: list[int], calls: int, repeat: bool) -> None:
    outcomes: list[Outcome] = [returns(value) for value in values]
    script = Script("x", outcomes, repeat_last=repeat)
    taken = [script.take() for _ in range(calls)]
    rest: Outcome | None = outcomes[-1] if repeat else None
    assert taken == [*outcomes[:calls], *[rest] * max(0, calls - len(outcomes))]
    assert list(script.left) == outcomes[calls:]
    assert script.overrun == (0 if repeat else max(0, calls - len(outcomes)))


def test_a_script_has_outcomes() -> None:
    with pytest.raises(MockSetupError, match="the script of x has no outcomes"):
        Script("x", [])


def test_repr_tells_how_far_it_is() -> None:
    script = Script("tool 'x'", [hang(), hang()])
    script.take()
    assert repr(script) == "<Script of tool 'x': 1 of 2 used>"


def test_some_outcomes_end_in_what_there_is_without_a_script() -> None:
    assert needs_fallback(normal())
    assert needs_fallback(delay(1.0))
    assert needs_fallback(Delay(1.0, Delay(2.0)))
    assert not needs_fallback(delay(1.0, then=returns(1)))
    assert not needs_fallback(hang())


@pytest.mark.parametrize(
    ("outcome", "written"),
    [
        (returns({"hits": 3}), "returns({'hits': 3})"),
        (raw_result({"content": []}), "raw_result({'content': []})"),
        (computes(len), "computes(len)"),
        (error("busy"), "error('busy')"),
        (protocol_error(-32000, "gone"), "protocol_error(-32000, 'gone')"),
        (protocol_error(-32000, "gone", [1]), "protocol_error(-32000, 'gone', [1])"),
        (delay(2.0, then=hang()), "delay(2.0, then=hang())"),
        (normal(), "normal()"),
    ],
)
def test_an_outcome_is_shown_as_it_was_written(outcome: Outcome, written: str) -> None:
    assert repr(outcome) == written
