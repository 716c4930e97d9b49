from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_reports import comparison
from mcpquality_scanners.findings import Finding, Location, Package, ScanResult, ScanStatus, Severity, Unseen
from mcpquality_scanners.results import FileSummary, Results
from tests.reports import samples

FOUND = replace(samples.PATH_TRAVERSAL, scanner="bandit", fingerprint="one", location=samples.at("src/a.py", 3))
OTHER = replace(FOUND, fingerprint="two", location=samples.at("src/b.py", 9))
COMPLETE = ScanResult("bandit", ScanStatus.COMPLETE, seen=("src/a.py", "src/b.py"))


def run(*findings: Finding, scan: ScanResult = COMPLETE, suppressed: tuple[Finding, ...] = ()) -> Results:
    return replace(samples.passing(), findings=findings, suppressed=suppressed, scanners=(scan,))


def test_new_fixed_and_unchanged() -> None:
    moved = replace(FOUND, location=samples.at("src/a.py", 77))
    third = replace(FOUND, fingerprint="three", location=samples.at("src/a.py", 5))
    made = comparison.compare(run(moved, third), run(FOUND, OTHER))
    assert (made.new, made.unchanged, made.fixed, made.unclear) == (("three",), 1, (OTHER,), ())
    assert (made.suppressed, made.blind) == (0, ())
    results = comparison.compared(run(moved, third), run(FOUND, OTHER))
    assert list(map(comparison.is_new(results), results.findings)) == [False, True]


def test_the_same_results_have_no_news() -> None:
    made = comparison.compare(samples.failing(), samples.failing())
    assert (made.new, made.unchanged, made.fixed, made.unclear, made.suppressed) == ((), 17, (), (), 0)
    assert made.blind == ()


def test_what_was_compared_with_is_named() -> None:
    made = comparison.compare(samples.failing(), samples.earlier())
    before = samples.earlier()
    assert (made.started, made.commit, made.verdict, made.gates) == (
        before.started,
        before.commit,
        before.verdict,
        before.gates,
    )


@pytest.mark.parametrize(
    "scan",
    [
        ScanResult("other", ScanStatus.COMPLETE, seen=("src/a.py",)),
        replace(COMPLETE, status=ScanStatus.OFF, seen=()),
        replace(COMPLETE, status=ScanStatus.ERROR),
        replace(COMPLETE, status=ScanStatus.INCOMPLETE, seen=("src/b.py",)),
        replace(COMPLETE, unseen=(Unseen("src/a.py", "does not parse"),)),
        replace(COMPLETE, seen=("src/b.py",), problems=("It crashed.",)),
    ],
)
def test_nothing_is_fixed_where_nobody_looked(scan: ScanResult) -> None:
    made = comparison.compare(run(scan=scan), run(FOUND))
    assert (made.fixed, made.unclear) == ((), (FOUND,))


@pytest.mark.parametrize(
    "scan",
    [
        COMPLETE,
        replace(COMPLETE, seen=("src/b.py",)),  # the file was deleted
        replace(COMPLETE, status=ScanStatus.NOT_APPLICABLE, seen=()),  # with all there was to look at
        replace(COMPLETE, status=ScanStatus.INCOMPLETE, unseen=(Unseen("src/b.py", "does not parse"),)),
    ],
)
def test_it_is_fixed_where_somebody_looked(scan: ScanResult) -> None:
    assert comparison.compare(run(scan=scan), run(FOUND)).fixed == (FOUND,)


def test_a_file_that_was_left_out_since_is_not_fixed() -> None:
    now = replace(
        run(scan=replace(COMPLETE, seen=("src/b.py",))), files=FileSummary(1, "git", (("exclude: src/a*", 1),))
    )
    before = replace(run(FOUND), files=FileSummary(2, "git"))
    assert comparison.compare(now, before).unclear == (FOUND,)
    assert comparison.compare(replace(now, scanners=(COMPLETE,)), before).fixed == (FOUND,)


def test_a_dependency_counts_as_fixed_only_after_a_complete_audit() -> None:
    advisory = replace(FOUND, package=Package("requests", "1"))
    incomplete = replace(COMPLETE, unseen=(Unseen("requests", "no answer"),))
    assert comparison.compare(run(scan=incomplete), run(advisory)).unclear == (advisory,)
    assert comparison.compare(run(), run(advisory)).fixed == (advisory,)


def test_what_is_suppressed_since_is_neither_fixed_nor_unclear() -> None:
    made = comparison.compare(run(suppressed=(FOUND,)), run(FOUND))
    assert (made.fixed, made.unclear, made.suppressed) == ((), (), 1)


def test_what_counts_again_after_a_suppression_is_new() -> None:
    assert comparison.compare(run(FOUND), run(suppressed=(FOUND,))).new == ("one",)


def test_scanners_that_were_blind_before_are_named() -> None:
    incomplete = replace(COMPLETE, unseen=(Unseen("src/a.py", "does not parse"),))
    off = replace(COMPLETE, status=ScanStatus.OFF, seen=())
    for scan in (incomplete, off, ScanResult("other", ScanStatus.COMPLETE)):
        assert comparison.compare(run(FOUND), run(scan=scan)).blind == ("bandit",)
    assert comparison.compare(run(), run(scan=off)).blind == ()
    assert comparison.compare(run(FOUND), run(FOUND, scan=incomplete)).blind == ()


def test_one_thing_told_by_another_scanner_is_unchanged() -> None:
    by_semgrep = replace(
        FOUND, scanner="semgrep", rule="r", also_found_by=("bandit:mcp-path-traversal",), fingerprint="s"
    )
    made = comparison.compare(run(FOUND, OTHER), run(by_semgrep))
    assert (made.new, made.unchanged, made.fixed, made.unclear) == (("two",), 1, (), ())
    again = comparison.compare(run(by_semgrep), run(FOUND))
    assert (again.new, again.unchanged) == ((), 1)
    elsewhere = replace(by_semgrep, location=Location("src/c.py"))
    assert comparison.compare(run(FOUND), run(elsewhere)).new == ("one",)


def test_findings_without_a_fingerprint_are_known_by_their_words() -> None:
    bare = replace(FOUND, fingerprint="")
    made = comparison.compare(run(bare, replace(bare, message="other")), run(bare))
    assert (len(made.new), made.unchanged) == (1, 1)


FINDINGS = st.lists(
    st.builds(
        lambda name, severity: replace(FOUND, fingerprint=name, severity=severity),
        st.sampled_from("abc"),
        st.sampled_from(Severity),
    ),
    max_size=6,
)


@given(FINDINGS, FINDINGS, FINDINGS)
def test_every_finding_is_counted_once(now: list[Finding], then: list[Finding], suppressed: list[Finding]) -> None:
    made = comparison.compare(run(*now, suppressed=tuple(suppressed)), run(*then))
    assert len(made.new) + made.unchanged == len(now)
    assert made.unchanged + len(made.fixed) + len(made.unclear) + made.suppressed == len(then)
