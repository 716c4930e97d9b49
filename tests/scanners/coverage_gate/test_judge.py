"""From figures to measures and findings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.coverage_gate import judge, texts
from mcpquality_scanners.coverage_gate.judge import Metric, Threshold
from mcpquality_scanners.coverage_gate.model import FileData, merge, merge_all
from mcpquality_scanners.findings import Location, Region, Severity


def record(
    ran: str,
    branches: dict[int, tuple[int, int]] | None = None,
    functions: dict[tuple[int, str], bool] | None = None,
) -> FileData:
    """A file whose n-th line ran (`+`), did not (`-`), or holds no statement."""
    lines = {number: mark == "+" for number, mark in enumerate(ran, start=1) if mark != " "}
    return FileData(("x",), lines, branches, functions)


GOOD = record("++++", {1: (2, 2)}, {(1, "f"): True})
BAD = record("+-- -+-", {1: (1, 2), 5: (0, 2), 0: (0, 1)}, {(1, "f"): True, (5, "g"): False})
FILES = {"good.py": GOOD, "bad.py": BAD}


def limits(metric: Metric, total: float | None, each: float | None = None) -> tuple[Threshold, ...]:
    return (Threshold(metric, total, each),)


@pytest.mark.parametrize(
    ("metric", "value", "words"),
    [
        (Metric.LINES, 60.0, "4 of 10 lines never ran. Most are in bad.py (2-5, 7)."),
        (Metric.STATEMENTS, 60.0, "4 of 10 statements never ran. Most are in bad.py (2-5, 7)."),
        (Metric.BRANCHES, 100 * 3 / 7, "4 of 7 branches never ran. Most are in bad.py (1, 5)."),
        (Metric.FUNCTIONS, 100 * 2 / 3, "1 of 3 functions never ran. Most are in bad.py (g in line 5)."),
    ],
)
def test_all_files_together(metric: Metric, value: float, words: str) -> None:
    judgement = judge.judge(FILES, limits(metric, 80))
    [measure] = judgement.measures
    assert (measure.name, measure.value, measure.limit, measure.holds) == (metric.measure, value, 80, False)
    [finding] = judgement.findings
    assert finding.rule == f"coverage-{metric.value}"
    assert finding.message.endswith(words)
    assert finding.location is None
    assert finding.severity.rank < Severity.HIGH.rank


@pytest.mark.parametrize(
    ("metric", "value", "line"),
    [
        (Metric.LINES, 100 * 2 / 6, 2),
        (Metric.STATEMENTS, 100 * 2 / 6, 2),
        (Metric.BRANCHES, 20.0, 1),
        (Metric.FUNCTIONS, 50.0, 5),
    ],
)
def test_each_file(metric: Metric, value: float, line: int) -> None:
    judgement = judge.judge(FILES, limits(metric, None, 80))
    [measure] = judgement.measures
    assert measure.name == metric.file_measure
    assert measure.value == pytest.approx(value)
    [finding] = judgement.findings
    assert finding.rule == f"coverage-file-{metric.value}"
    assert finding.location == Location("bad.py", Region(line))


def test_thresholds_that_are_reached_and_those_that_are_off() -> None:
    judgement = judge.judge(FILES, limits(Metric.LINES, 60))
    assert judgement.measures[0].holds is True
    assert not judgement.findings
    assert judge.judge(FILES, ()) == judge.Judgement()
    off = {f"{prefix}{metric.value}": None for metric in Metric for prefix in ("", "file-")}
    assert judge.thresholds(off) == ()
    assert judge.thresholds(off | {"lines": False, "file-lines": 50}) == limits(Metric.LINES, None, 50)


def test_what_the_data_do_not_tell_is_no_figure() -> None:
    files = FILES | {"third.py": record("+")}
    for metric in (Metric.BRANCHES, Metric.FUNCTIONS):
        judgement = judge.judge(files, limits(metric, 80, 80))
        assert [measure.value for measure in judgement.measures] == [None, None]
        assert f"{metric.value} = false" in judgement.problems[0]
        assert "third.py" in judgement.problems[0]


def test_nothing_to_measure_is_not_full_coverage() -> None:
    files = {"empty.py": record("", {}, {})}
    lines = judge.judge(files, limits(Metric.LINES, 80))
    assert [measure.value for measure in lines.measures] == [None]
    assert lines.problems
    branches = judge.judge(files, limits(Metric.BRANCHES, 80))
    assert branches.measures == ()
    assert branches.notes == ("The measured code has no branches.",)
    assert not branches.problems


def test_a_place_that_the_data_do_not_give() -> None:
    files = {"a.py": record("+", {0: (0, 2)})}
    [finding] = judge.judge(files, limits(Metric.BRANCHES, None, 80)).findings
    assert finding.location == Location("a.py", None)
    assert finding.message.endswith("2 of 2 branches never ran.")
    [whole] = judge.judge(files, limits(Metric.BRANCHES, 80)).findings
    assert whole.message.endswith("2 of 2 branches never ran.")


def test_the_worst_file_comes_first_and_one_without_lines_last() -> None:
    rows = judge.table({"empty.py": record(""), **FILES, "half.py": record("+-")})
    bad = next(row for row in rows if row.path == "bad.py")
    assert bad.missing_functions == ((5, "g"),)
    assert bad.partial_branches == ((0, 0, 1), (1, 1, 2), (5, 0, 2))
    assert [row.path for row in rows] == ["bad.py", "half.py", "good.py", "empty.py"]
    assert rows[0].lines == (2, 6)
    assert rows[0].branches == (1, 5)
    assert rows[0].functions == (1, 2)
    assert rows[0].missing == (2, 3, 5, 7)


def test_a_figure_is_never_rounded_up() -> None:
    assert judge.percent_text(79.96) == "79.9 %"
    assert judge.percent_text(100.0) == "100 %"


def test_long_lists_say_how_much_they_leave_out() -> None:
    assert judge.shortened(["a", "b", "c"], 2) == "a, b and 1 more"
    assert judge.ranges(range(1, 60, 2), range(1, 60)).endswith(" and 10 more")


LINES = st.dictionaries(st.integers(1, 30), st.booleans())


@given(LINES)
def test_ranges_name_every_line_that_never_ran_and_none_that_did(lines: dict[int, bool]) -> None:
    missing = FileData((), lines).missing
    named: set[int] = set()
    for piece in filter(None, judge.ranges(missing, lines).split(", ")):
        first, _, last = piece.partition("-")
        named |= set(range(int(first), int(last or first) + 1))
    assert named & lines.keys() == set(missing)


BRANCHES = st.none() | st.dictionaries(st.integers(1, 9), st.sampled_from([(0, 2), (1, 2), (2, 2)]))
FUNCTIONS = st.none() | st.dictionaries(st.tuples(st.integers(1, 9), st.just("f")), st.booleans())
RECORDS = st.builds(FileData, st.just(("a",)), LINES, BRANCHES, FUNCTIONS)


@given(RECORDS, RECORDS)
def test_merging_takes_what_ran_in_either(first: FileData, second: FileData) -> None:
    both = merge(first, second)
    assert both == merge(second, first)
    assert merge(first, first) == first
    assert {line for line, ran in both.lines.items() if ran} == {
        line for one in (first, second) for line, ran in one.lines.items() if ran
    }
    for line, (covered, total) in (both.branches or {}).items():
        assert covered <= total
        assert covered >= (first.branches or {}).get(line, (0, 0))[0]


def test_records_of_one_path_become_one() -> None:
    merged = merge_all([("b", record("+-")), ("a", record("+")), ("b", record("-+"))])
    assert list(merged) == ["a", "b"]
    assert merged["b"].lines == {1: True, 2: True}


def test_every_rule_is_explained() -> None:
    for metric in Metric:
        for rule in (f"coverage-{metric.value}", f"coverage-file-{metric.value}"):
            text = texts.explain(rule)
            assert text is not None
            assert f"`{rule.removeprefix('coverage-')}`" in text
    assert texts.explain("B602") is None
