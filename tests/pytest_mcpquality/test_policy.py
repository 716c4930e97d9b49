"""What counts, what fails, and the verdict: green only where everything was looked at and nothing failed."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.findings import (
    Category,
    Comparison,
    Finding,
    Location,
    Measure,
    Region,
    ScanResult,
    ScanStatus,
    Severity,
    Suppression,
    SuppressionKind,
    Unseen,
)
from mcpquality_scanners.results import Gate, GateStatus, Verdict
from pytest_mcpquality.policy import NOTHING_SEEN, SuppressionRule, checked, headline, judge, suppress, verdict

TODAY = date(2026, 5, 1)
PRAGMA = Suppression(SuppressionKind.PRAGMA, "known", 1)


def finding(severity: Severity = Severity.HIGH, scanner: str = "bandit", **changes: object) -> Finding:
    plain = Finding(scanner, "B602", severity, "message", Location("src/a.py", Region(1)))
    return replace(plain, **changes)  # type: ignore[arg-type]  # the names are those of the class


def result(status: ScanStatus = ScanStatus.COMPLETE, scanner: str = "bandit", **changes: object) -> ScanResult:
    plain = ScanResult(scanner, status, seen=("src/a.py",))
    return replace(plain, **changes)  # type: ignore[arg-type]  # the names are those of the class


def gates_of(
    *results: ScanResult,
    findings: Sequence[Finding] = (),
    fail_on: Severity = Severity.HIGH,
    accepted: Collection[str] = (),
) -> tuple[Gate, ...]:
    return judge([checked(each) for each in results], findings, fail_on, accepted)


def only_gate(
    of: ScanResult,
    findings: Sequence[Finding] = (),
    fail_on: Severity = Severity.HIGH,
    accepted: Collection[str] = (),
) -> Gate:
    (gate,) = gates_of(of, findings=findings, fail_on=fail_on, accepted=accepted)
    return gate


# --- suppressions ---


@pytest.mark.parametrize(
    ("rule", "covers"),
    [
        (SuppressionRule("B602", "why"), True),
        (SuppressionRule("B6*", "why"), True),
        (SuppressionRule("CVE-*", "why"), True),
        (SuppressionRule("B603", "why"), False),
        (SuppressionRule("b602", "why"), False),
        (SuppressionRule("B602", "why", path="src/"), True),
        (SuppressionRule("B602", "why", path="*.py"), True),
        (SuppressionRule("B602", "why", path="tests/"), False),
        (SuppressionRule("B602", "why", scanner="bandit"), True),
        (SuppressionRule("B602", "why", scanner="semgrep"), False),
        (SuppressionRule("", "why", path="src/"), True),
        (SuppressionRule("B602", "why", expires=date(2026, 5, 1)), True),
        (SuppressionRule("B602", "why", expires=date(2026, 4, 30)), False),
    ],
)
def test_a_rule_covers_what_it_names(rule: SuppressionRule, covers: bool) -> None:
    (found,) = suppress([finding(aliases=("CVE-1",))], [rule], TODAY)
    assert (found.suppression == Suppression(SuppressionKind.CONFIG, "why")) is covers
    assert replace(found, suppression=None) == finding(aliases=("CVE-1",))


def test_a_rule_for_a_path_does_not_cover_what_has_none() -> None:
    assert not SuppressionRule("B602", "why", path="src/").covers(finding(location=None), TODAY)
    assert SuppressionRule("B602", "why").covers(finding(location=None), TODAY)


def test_a_pragma_keeps_its_own_reason_and_the_first_rule_wins() -> None:
    rules = [SuppressionRule("B602", "first"), SuppressionRule("B602", "second")]
    with_pragma, without = suppress([finding(suppression=PRAGMA), finding()], rules, TODAY)
    assert with_pragma.suppression == PRAGMA
    assert without.suppression == Suppression(SuppressionKind.CONFIG, "first")


# --- results that say more than they show ---


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        (result(), ScanStatus.COMPLETE),
        (result(seen=()), ScanStatus.INCOMPLETE),
        (result(seen=(), measures=(Measure("lines", 90, 80),)), ScanStatus.COMPLETE),
        (result(unseen=(Unseen("b.py", "why"),)), ScanStatus.INCOMPLETE),
        (result(problems=("oops",)), ScanStatus.INCOMPLETE),
        (result(notes=("by the way",)), ScanStatus.COMPLETE),
        (result(ScanStatus.NOT_APPLICABLE, seen=()), ScanStatus.NOT_APPLICABLE),
        (result(ScanStatus.NOT_APPLICABLE, problems=("oops",)), ScanStatus.INCOMPLETE),
        (result(ScanStatus.NOT_APPLICABLE, unseen=(Unseen("b.py", "why"),)), ScanStatus.INCOMPLETE),
        (result(ScanStatus.OFF), ScanStatus.OFF),
        (result(ScanStatus.OFF, problems=("oops",)), ScanStatus.INCOMPLETE),
        (result(ScanStatus.ERROR, problems=("oops",)), ScanStatus.ERROR),
        (result(ScanStatus.ERROR), ScanStatus.ERROR),
        (result(ScanStatus.INCOMPLETE), ScanStatus.INCOMPLETE),
    ],
)
def test_a_status_is_believed_as_far_as_the_rest_bears_it_out(said: ScanResult, believed: ScanStatus) -> None:
    assert checked(said).status is believed
    assert checked(checked(said)) == checked(said)


def test_one_who_saw_nothing_is_told_so() -> None:
    assert checked(result(seen=())).problems == ("ended without an error, but looked at nothing",)


# --- gates ---


@pytest.mark.parametrize(
    ("severity", "fail_on", "status"),
    [
        (Severity.CRITICAL, Severity.HIGH, GateStatus.FAILED),
        (Severity.HIGH, Severity.HIGH, GateStatus.FAILED),
        (Severity.UNKNOWN, Severity.HIGH, GateStatus.FAILED),
        (Severity.MEDIUM, Severity.HIGH, GateStatus.PASSED),
        (Severity.HIGH, Severity.CRITICAL, GateStatus.PASSED),
        (Severity.UNKNOWN, Severity.CRITICAL, GateStatus.PASSED),
        (Severity.INFO, Severity.INFO, GateStatus.FAILED),
        (Severity.INFO, Severity.LOW, GateStatus.PASSED),
    ],
)
def test_a_finding_at_or_over_the_limit_fails(severity: Severity, fail_on: Severity, status: GateStatus) -> None:
    gate = only_gate(result(), [finding(severity)], fail_on)
    assert gate.status is status
    assert gate.value == f"{int(status is GateStatus.FAILED)} at or over {fail_on.value}"
    assert gate.limit == f"0 at or over {fail_on.value}"


def test_a_finding_counts_for_its_own_scanner_at_its_own_severity() -> None:
    low, high = finding(Severity.LOW), finding(scanner="semgrep")
    gates = gates_of(result(), result(scanner="semgrep"), findings=[low, high])
    assert [gate.status for gate in gates] == [GateStatus.PASSED, GateStatus.FAILED]


@pytest.mark.parametrize(
    ("of", "status"),
    [
        (result(), GateStatus.PASSED),
        (result(ScanStatus.INCOMPLETE), GateStatus.INCOMPLETE),
        (result(ScanStatus.ERROR), GateStatus.INCOMPLETE),
        (result(ScanStatus.OFF), GateStatus.OFF),
        (result(ScanStatus.NOT_APPLICABLE), GateStatus.NOT_APPLICABLE),
    ],
)
def test_without_findings_a_gate_stands_as_its_scanner_does(of: ScanResult, status: GateStatus) -> None:
    assert only_gate(of).status is status
    accepted = only_gate(of, accepted={"bandit"}).status
    assert accepted is (GateStatus.ACCEPTED if status is GateStatus.INCOMPLETE else status)
    assert only_gate(of, accepted={"semgrep"}).status is status


@pytest.mark.parametrize("status", ScanStatus)
def test_a_finding_fails_however_its_scanner_ended_and_whatever_was_accepted(status: ScanStatus) -> None:
    assert only_gate(result(status), [finding()], accepted={"bandit"}).status is GateStatus.FAILED


def test_a_gate_says_why_it_is_not_complete() -> None:
    unseen = (Unseen("b.py", "not UTF-8"), Unseen("c.py", "too large"))
    gate = only_gate(result(unseen=unseen, problems=("a rule did not load",), seen=()))
    assert gate.detail == "a rule did not load; 2 not looked at, such as b.py (not UTF-8)"
    assert gate.value == "-"
    assert (
        only_gate(result(ScanStatus.OFF, notes=("set it in the configuration",))).detail
        == "set it in the configuration"
    )
    assert only_gate(result(notes=("by the way",))).detail == ""


def test_findings_of_a_scanner_that_is_not_in_the_run_are_not_lost() -> None:
    severe, harmless = finding(scanner="ghost"), finding(Severity.LOW, "spirit")
    gates = gates_of(result(), findings=[severe, harmless])
    assert [(gate.name, gate.status) for gate in gates] == [
        ("bandit", GateStatus.PASSED),
        ("ghost", GateStatus.FAILED),
        ("spirit", GateStatus.INCOMPLETE),
    ]


# --- measures ---


def measured(*measures: Measure, **changes: object) -> ScanResult:
    return result(ScanStatus.COMPLETE, "coverage", measures=measures, **changes)


def test_each_figure_is_a_gate() -> None:
    gates = gates_of(measured(Measure("lines", 79.96, 80), Measure("branches", 80, 80)))
    assert [(gate.name, gate.scanner, gate.status, gate.value, gate.limit) for gate in gates] == [
        ("lines", "coverage", GateStatus.FAILED, "79.9 %", "at least 80 %"),
        ("branches", "coverage", GateStatus.PASSED, "80.0 %", "at least 80 %"),
    ]


def test_a_figure_that_was_not_measured_is_incomplete() -> None:
    of = measured(Measure("lines", None, 80), problems=("no data",))
    (gate,) = gates_of(of)
    assert (gate.status, gate.value, gate.detail) == (GateStatus.INCOMPLETE, "not measured", "no data")
    (accepted,) = gates_of(of, accepted={"coverage"})
    assert accepted.status is GateStatus.ACCEPTED


@pytest.mark.parametrize("accepted", [(), ("coverage",)])
def test_figures_that_hold_do_not_hide_what_was_not_seen(accepted: Collection[str]) -> None:
    of = measured(Measure("lines", 90, 80), unseen=(Unseen("b.py", "no data"),))
    lines, whole = gates_of(of, accepted=accepted)
    assert lines.status is GateStatus.PASSED
    assert whole.name == "coverage"
    assert whole.status is (GateStatus.ACCEPTED if accepted else GateStatus.INCOMPLETE)
    assert whole.detail == "1 not looked at, such as b.py (no data)"


def test_a_scanner_that_measures_may_find_as_well() -> None:
    of = measured(Measure("lines", 90, 80))
    gates = gates_of(of, findings=[finding(scanner="coverage", category=Category.COVERAGE)])
    assert [(gate.name, gate.status) for gate in gates] == [
        ("lines", GateStatus.PASSED),
        ("coverage", GateStatus.FAILED),
    ]
    assert len(gates_of(of, findings=[finding(Severity.LOW, "coverage")])) == 1


def figure(value: float, limit: float, comparison: Comparison = Comparison.AT_LEAST) -> str:
    (gate,) = gates_of(measured(Measure("lines", value, limit, comparison, unit="")))
    return gate.value


@pytest.mark.parametrize(
    ("value", "limit", "comparison", "shown"),
    [
        (79.96, 80, Comparison.AT_LEAST, "79.9"),
        (99.99, 80, Comparison.AT_LEAST, "99.9"),
        (100, 80, Comparison.AT_LEAST, "100.0"),
        (32.3, 32.3, Comparison.AT_LEAST, "32.3"),
        (80.26, 80.25, Comparison.AT_LEAST, "80.26"),
        (80.24, 80.25, Comparison.AT_LEAST, "80.2"),
        (0.04, 0, Comparison.AT_MOST, "0.1"),
        (10.04, 10, Comparison.AT_MOST, "10.1"),
        (9.96, 9.97, Comparison.AT_MOST, "9.96"),
        (0, 0, Comparison.AT_MOST, "0.0"),
        (1e300, 10, Comparison.AT_MOST, "1e+300"),
        (math.inf, 10, Comparison.AT_MOST, "inf"),
        (math.nan, 80, Comparison.AT_LEAST, "nan"),
    ],
)
def test_a_figure_is_cut_off_on_its_bad_side(value: float, limit: float, comparison: Comparison, shown: str) -> None:
    assert figure(value, limit, comparison) == shown


_FIGURE = st.one_of(st.floats(-200, 200), st.floats(), st.integers(-200, 2000).map(lambda tenth: tenth / 10))


@given(value=_FIGURE, limit=st.one_of(st.integers(0, 100), st.floats(0, 100)), comparison=st.sampled_from(Comparison))
def test_a_figure_never_reads_better_than_it_is(value: float, limit: float, comparison: Comparison) -> None:
    measure = Measure("lines", value, limit, comparison)
    read = float(figure(value, limit, comparison))
    assert replace(measure, value=read).holds is measure.holds
    if abs(value) < 1e9:
        assert read <= value if comparison is Comparison.AT_LEAST else read >= value


# --- the verdict ---


def gate(status: GateStatus, name: str = "bandit") -> Gate:
    return Gate(name, name, status, "3 at or over high", "0 at or over high")


@pytest.mark.parametrize(
    ("statuses", "expected", "sentence"),
    [
        ([], Verdict.INCOMPLETE, NOTHING_SEEN),
        (["OFF", "NOT_APPLICABLE"], Verdict.INCOMPLETE, NOTHING_SEEN),
        (["ACCEPTED"], Verdict.PASSED, "Passed: 0 of 1 gates passed. Accepted as incomplete: g0."),
        (["PASSED", "OFF"], Verdict.PASSED, "Passed: 1 of 1 gates passed."),
        (["PASSED", "ACCEPTED"], Verdict.PASSED, "Passed: 1 of 2 gates passed. Accepted as incomplete: g1."),
        (
            ["PASSED", "INCOMPLETE", "ACCEPTED"],
            Verdict.INCOMPLETE,
            "Incomplete: nothing failed, but g1 did not see everything.",
        ),
        (["PASSED", "FAILED"], Verdict.FAILED, "Failed: 1 of 2 gates failed: g1 (3 at or over high)."),
        (
            ["FAILED", "INCOMPLETE"],
            Verdict.FAILED,
            "Failed: 1 of 2 gates failed: g0 (3 at or over high). Not everything was seen: g1.",
        ),
    ],
)
def test_the_answer_and_its_sentence(statuses: list[str], expected: Verdict, sentence: str) -> None:
    gates = [gate(GateStatus[status], f"g{index}") for index, status in enumerate(statuses)]
    assert verdict(gates) is expected
    assert headline(expected, gates) == sentence


def test_a_scanner_that_found_something_and_did_not_see_everything_is_named_for_both() -> None:
    found = Finding("bandit", "B602", Severity.HIGH, "a flaw")
    partly = result(ScanStatus.INCOMPLETE, seen=("a.py",), unseen=(Unseen("b.py", "does not parse"),))
    gates = judge([partly], [found], Severity.HIGH, ())
    assert headline(Verdict.FAILED, gates).endswith("(1 at or over high). Not everything was seen: bandit.")


@pytest.mark.parametrize("seen", [(), ("a.py",)])
def test_what_is_accepted_passes_only_when_something_was_seen(seen: tuple[str, ...]) -> None:
    partly = result(ScanStatus.INCOMPLETE, seen=seen, unseen=(Unseen("b.py", "does not parse"),))
    gates = gates_of(partly, accepted={"bandit"})
    assert verdict(gates) is (Verdict.PASSED if seen else Verdict.INCOMPLETE)


def test_an_interrupted_run_says_so_and_claims_nothing_it_has_not_seen() -> None:
    gates = [gate(GateStatus.PASSED)]
    assert verdict(gates, interrupted=True) is Verdict.INCOMPLETE
    assert headline(Verdict.INCOMPLETE, gates, interrupted=True) == ("Interrupted. Incomplete: nothing failed so far.")


def test_exit_codes() -> None:
    assert [each.exit_code for each in Verdict] == [0, 1, 3]


_RESULTS = st.lists(
    st.builds(
        result,
        st.sampled_from(ScanStatus),
        st.sampled_from(["bandit", "semgrep", "coverage"]),
        seen=st.sampled_from([(), ("a.py",)]),
        unseen=st.sampled_from([(), (), (Unseen("b.py", "why"),)]),
        problems=st.sampled_from([(), (), ("oops",)]),
        measures=st.lists(
            st.builds(Measure, st.just("lines"), st.sampled_from([None, 70.0, 90.0]), st.just(80.0)), max_size=2
        ).map(tuple),
    ),
    max_size=3,
    unique_by=lambda made: made.scanner,
)
_FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from(Severity),
        st.sampled_from(["bandit", "semgrep", "coverage", "ghost"]),
    ),
    max_size=3,
)


@given(
    results=_RESULTS,
    findings=_FINDINGS,
    fail_on=st.sampled_from([each for each in Severity if each is not Severity.UNKNOWN]),
    accepted=st.sets(st.sampled_from(["bandit", "semgrep", "coverage", "ghost"])),
    interrupted=st.booleans(),
)
def test_green_means_that_everything_was_looked_at_and_nothing_failed(
    results: list[ScanResult],
    findings: list[Finding],
    fail_on: Severity,
    accepted: set[str],
    interrupted: bool,
) -> None:
    gates = gates_of(*results, findings=findings, fail_on=fail_on, accepted=accepted)
    answer = verdict(gates, interrupted=interrupted)
    sentence = headline(answer, gates, interrupted=interrupted)
    severe = any(found.severity.rank >= fail_on.rank for found in findings)
    missed = any(measure.holds is False for each in results for measure in each.measures)
    unsure = [
        each.scanner
        for each in results
        if each.unseen
        or each.problems
        or each.status in {ScanStatus.ERROR, ScanStatus.INCOMPLETE}
        or any(measure.holds is None for measure in each.measures)
    ]
    looked = any(each.seen for each in results if each.status is not ScanStatus.OFF)
    assert (answer is Verdict.FAILED) == (severe or missed)
    if answer is Verdict.PASSED:
        assert not interrupted
        assert set(unsure) <= accepted
        assert looked or any(measure.holds for each in results for measure in each.measures)
    assert sentence.startswith("Interrupted. " if interrupted else answer.value.capitalize())
    assert {each.scanner for each in gates} >= {each.scanner for each in results}
