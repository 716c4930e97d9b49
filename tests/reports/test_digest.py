from __future__ import annotations

from dataclasses import replace

import pytest

from mcpquality_reports import digest
from mcpquality_scanners.findings import ScanResult, ScanStatus, Severity, Unseen
from mcpquality_scanners.results import Gate, GateStatus, Results
from tests.reports import samples


def with_scan(scan: ScanResult, *gates: Gate) -> Results:
    return replace(samples.passing(), scanners=(scan,), gates=gates)


def gate(status: GateStatus, scanner: str = "bandit", name: str = "bandit") -> Gate:
    return Gate(name, scanner, status, "0", "at most 0")


def test_rules_stand_worst_first_then_most_frequent() -> None:
    rules = [(group.severity, group.rule) for group in digest.groups(samples.failing().findings)]
    assert rules == [
        (Severity.CRITICAL, "PYSEC-2018-28"),
        (Severity.CRITICAL, "mcp-command-injection"),
        (Severity.HIGH, "aws-access-key"),
        (Severity.HIGH, "mcp-path-traversal"),
        (Severity.MEDIUM, "PYSEC-2023-74"),
        (Severity.LOW, "B101"),
    ]
    few = replace(samples.WEAK_ASSERTS[0], rule="A000")
    assert [group.rule for group in digest.groups((few, *samples.WEAK_ASSERTS))] == ["B101", "A000"]


def test_a_rule_is_as_severe_as_its_worst_finding_and_keeps_any_advice() -> None:
    mild = replace(
        samples.PATH_TRAVERSAL, severity=Severity.LOW, fix="Do this.", references=("https://a/", "https://b/")
    )
    grave = replace(samples.PATH_TRAVERSAL, severity=Severity.HIGH, fix="", title="", references=("https://b/",))
    (group,) = digest.groups((mild, grave))
    assert (group.severity, group.title, group.fix) == (Severity.HIGH, "mcp-path-traversal", "Do this.")
    assert group.references == ("https://b/", "https://a/")


def test_the_same_rule_of_two_scanners_is_two_rules() -> None:
    assert len(digest.groups((samples.SECRET, replace(samples.SECRET, scanner="other")))) == 2


def test_no_gap_when_everything_was_seen() -> None:
    assert digest.gaps(samples.passing()) == []


@pytest.mark.parametrize(
    "scan",
    [
        ScanResult("bandit", ScanStatus.INCOMPLETE),
        ScanResult("bandit", ScanStatus.ERROR),
        ScanResult("bandit", ScanStatus.COMPLETE, unseen=(Unseen("a.py", "too large"),)),
        ScanResult("bandit", ScanStatus.COMPLETE, problems=("It crashed.",)),
        ScanResult("bandit", ScanStatus.NOT_APPLICABLE, problems=("It was asked for and has nothing to look at.",)),
        ScanResult("bandit", ScanStatus.OFF, unseen=(Unseen("a.py", "too large"),)),
    ],
)
def test_whatever_was_not_seen_is_a_gap_under_any_status(scan: ScanResult) -> None:
    assert [gap.scanner for gap in digest.gaps(with_scan(scan, gate(GateStatus.PASSED)))] == ["bandit"]


def test_a_gate_without_a_result_is_a_gap() -> None:
    results = replace(samples.passing(), scanners=(), gates=(gate(GateStatus.PASSED), gate(GateStatus.OFF, "snyk")))
    assert [(gap.scanner, gap.status) for gap in digest.gaps(results)] == [("bandit", "no result")]


@pytest.mark.parametrize(
    ("gates", "accepted"),
    [
        ((GateStatus.ACCEPTED,), True),
        ((GateStatus.INCOMPLETE,), False),
        ((GateStatus.ACCEPTED, GateStatus.INCOMPLETE), False),
        ((GateStatus.ACCEPTED, GateStatus.FAILED), True),
        ((), False),
    ],
)
def test_accepted_only_when_no_gate_is_still_incomplete(gates: tuple[GateStatus, ...], *, accepted: bool) -> None:
    scan = ScanResult("bandit", ScanStatus.INCOMPLETE)
    (gap,) = digest.gaps(with_scan(scan, *map(gate, gates)))
    assert gap.accepted is accepted


def test_unseen_by_reason_keeps_every_name() -> None:
    (gap,) = digest.gaps(samples.failing())
    reasons = gap.by_reason()
    assert list(reasons) == ["does not parse (line 3)", "larger than 5,000,000 bytes"]
    assert sum(map(len, reasons.values())) == 12


def test_over_threshold_counts_unknown_as_high() -> None:
    unknown = replace(samples.PATH_TRAVERSAL, severity=Severity.UNKNOWN)
    results = replace(samples.failing(), findings=(unknown, *samples.WEAK_ASSERTS))
    assert digest.over_threshold(results) == [unknown]


def test_the_verdict_sentence() -> None:
    assert digest.verdict_sentence(samples.passing()) == "PASSED: The only gate passed"
    assert digest.verdict_sentence(replace(samples.passing(), headline="")) == "PASSED"
    assert digest.verdict_sentence(samples.incomplete()).endswith("(interrupted before it was done)")
