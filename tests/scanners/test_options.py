"""Options: what fits, how it is kept, and which values weaken a scan."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.options import Option, OptionKind, Value, Weaker, shown


def option(
    kind: OptionKind,
    default: Value = None,
    *,
    minimum: float | None = None,
    weaker: Weaker | None = None,
) -> Option:
    return Option("name", kind, default, "help", choices=("low", "medium", "high"), minimum=minimum, weaker=weaker)


FITS: dict[OptionKind, tuple[object, ...]] = {
    OptionKind.FLAG: (True, False),
    OptionKind.INTEGER: (0, -1, 7),
    OptionKind.NUMBER: (0, 7, 1.5),
    OptionKind.LIMIT: (False, 0, 80, 99.5),
    OptionKind.TEXT: ("", "x"),
    OptionKind.LIST: ([], ["a"], ("a", "b")),
    OptionKind.CHOICE: ("low", "high"),
}
MISFITS: dict[OptionKind, tuple[object, ...]] = {
    OptionKind.FLAG: (0, 1, "true", None, []),
    OptionKind.INTEGER: (True, 1.0, "1", None, 10**30, math.inf),
    OptionKind.NUMBER: (True, "1", None, math.inf, -math.inf, math.nan, 10**5000),
    OptionKind.LIMIT: (True, None, "80", math.nan, math.inf),
    OptionKind.TEXT: (1, None, ["x"], b"x"),
    OptionKind.LIST: ("a", [1], ["a", None], [["a"]], {"a": 1}, None),
    OptionKind.CHOICE: ("", "LOW", None, 1, ["low"], {}),
}


@pytest.mark.parametrize("kind", OptionKind)
def test_what_fits_has_no_problem_and_what_does_not_is_told(kind: OptionKind) -> None:
    assert [value for value in FITS[kind] if option(kind).problem(value)] == []
    problems = [option(kind).problem(value) for value in MISFITS[kind]]
    assert all(problem and problem.startswith(f"must be {kind.value}") for problem in problems)
    assert all("\n" not in problem and len(problem) < 200 for problem in problems if problem)


def test_a_choice_names_what_there_is() -> None:
    assert option(OptionKind.CHOICE).problem("hihg") == "must be one of: low, medium, high, not 'hihg'"


@pytest.mark.parametrize("kind", [OptionKind.INTEGER, OptionKind.NUMBER, OptionKind.LIMIT])
def test_a_number_under_the_least_one_is_told(kind: OptionKind) -> None:
    assert option(kind, minimum=1).problem(0) == "must be at least 1, not 0"
    assert option(kind, minimum=1).problem(1) is None
    assert option(OptionKind.LIMIT, minimum=1).problem(False) is None


def test_a_number_over_the_greatest_one_is_told() -> None:
    percentage = Option("name", OptionKind.LIMIT, 80, "help", minimum=0, maximum=100)
    assert percentage.problem(180) == "must be at most 100, not 180"
    assert (percentage.problem(100), percentage.problem(False)) == (None, None)


def test_values_are_kept_as_values() -> None:
    assert option(OptionKind.LIST).normalise(["a", "b"]) == ("a", "b")
    assert option(OptionKind.LIMIT).normalise(False) is None
    assert option(OptionKind.LIMIT).normalise(0) == 0
    assert option(OptionKind.FLAG).normalise(False) is False
    assert option(OptionKind.TEXT).normalise("x") == "x"


@pytest.mark.parametrize(
    ("kind", "weaker", "default", "weak", "strong"),
    [
        (OptionKind.LIMIT, None, 80, [79.9, 0, None], [80, 81]),
        (OptionKind.LIMIT, None, None, [], [None, 1]),
        (OptionKind.LIMIT, Weaker.MORE, 10, [11, None], [10, 9]),
        (OptionKind.LIMIT, Weaker.OTHER, 10, [11, 9, None], [10]),
        (OptionKind.INTEGER, None, 5, [4, 6], [5]),
        (OptionKind.INTEGER, Weaker.LESS, 5, [4], [5, 6]),
        (OptionKind.INTEGER, Weaker.MORE, 5, [6], [5, 4]),
        (OptionKind.INTEGER, Weaker.NEVER, 5, [], [4, 5, 6]),
        (OptionKind.INTEGER, Weaker.LESS, None, [], [None, 4]),
        (OptionKind.INTEGER, Weaker.MORE, None, [4], [None]),
        (OptionKind.FLAG, Weaker.LESS, True, [False], [True]),
        (OptionKind.FLAG, Weaker.MORE, False, [True], [False]),
        (OptionKind.CHOICE, Weaker.MORE, "low", ["medium", "high"], ["low"]),
        (OptionKind.CHOICE, Weaker.LESS, "high", ["low", "medium"], ["high"]),
        (OptionKind.CHOICE, Weaker.LESS, "low", [], ["low", "high"]),
        (OptionKind.LIST, Weaker.LESS, ("a", "b"), [("a",), (), ("a", "c")], [("b", "a"), ("a", "b", "c")]),
        (OptionKind.LIST, Weaker.MORE, ("a",), [("a", "b"), ("c",)], [("a",), ()]),
        (OptionKind.TEXT, None, "x", ["y", ""], ["x"]),
        (OptionKind.TEXT, Weaker.LESS, "x", ["y"], ["x"]),
    ],
)
def test_what_weakens(
    kind: OptionKind, weaker: Weaker | None, default: Value, weak: list[Value], strong: list[Value]
) -> None:
    setting = option(kind, default, weaker=weaker)
    assert [value for value in weak if not setting.weakens(value)] == []
    assert [value for value in strong if setting.weakens(value)] == []


@pytest.mark.parametrize("kind", OptionKind)
@pytest.mark.parametrize("weaker", [None, *Weaker])
def test_the_default_never_weakens(kind: OptionKind, weaker: Weaker | None) -> None:
    for value in FITS[kind]:
        kept = option(kind).normalise(value)
        assert not option(kind, kept, weaker=weaker).weakens(kept)


_ANY = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.integers(10**4000, 10**4400)
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


@given(value=_ANY, kind=st.sampled_from(OptionKind))
def test_any_value_a_file_can_hold_fits_or_is_told_on_one_line(value: object, kind: OptionKind) -> None:
    setting = option(kind, minimum=0)
    problem = setting.problem(value)
    if problem is None:
        hash(setting.normalise(value))
        assert not option(kind, setting.normalise(value)).weakens(setting.normalise(value))
    else:
        assert "\n" not in problem
        assert len(problem) < 600


def test_values_are_quoted_short() -> None:
    assert shown("a\nb") == "'a\\nb'"
    assert shown(list(range(7))) == "[0, 1, 2, 3, 4, ...]"
    assert shown([[1]]) == "[[...]]"
    assert shown({"a": 1}) == "a table"
    assert shown(False) == "false"
    assert shown(10**5000) == "a number that large"
    assert shown(1.5) == "1.5"
    assert shown(date(2026, 1, 2)) == "2026-01-02"
    assert shown(None) == "None"
