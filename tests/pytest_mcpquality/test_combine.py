from __future__ import annotations

from dataclasses import replace

import pytest

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import FileCoverage, ScanResult, ScanStatus, Severity, Unseen
from mcpquality_scanners.remediation import RemediationSource
from mcpquality_scanners.results import Commit, Gate, GateStatus, Results, Verdict
from pytest_mcpquality.combine import combine
from tests.reports import samples


def part(target: str, results: Results | None = None) -> Results:
    return replace(results or samples.passing(), target=target)


def test_one_run_stays_as_it_is_and_none_is_an_error() -> None:
    assert combine([samples.compared()]) == samples.compared()
    with pytest.raises(UsageError, match="no results"):
        combine([])


@pytest.mark.parametrize(
    ("others", "verdict"),
    [
        ([samples.passing()], Verdict.PASSED),
        ([samples.incomplete()], Verdict.INCOMPLETE),
        ([samples.failing()], Verdict.FAILED),
        ([samples.failing(), samples.incomplete()], Verdict.FAILED),
    ],
)
def test_the_worst_verdict_holds_in_any_order(others: list[Results], verdict: Verdict) -> None:
    runs = [samples.passing(), *others]
    assert combine(runs).verdict is verdict
    assert combine(runs[::-1]).verdict is verdict


def test_a_verdict_that_the_gates_do_not_bear_out_is_not_believed() -> None:
    liar = replace(samples.incomplete(), verdict=Verdict.PASSED, interrupted=False)
    assert combine([samples.passing(), liar]).verdict is Verdict.INCOMPLETE


def test_a_run_that_is_worse_than_its_gates_stays_so() -> None:
    broken = replace(samples.passing(), verdict=Verdict.INCOMPLETE)
    assert combine([samples.passing(), broken]).verdict is Verdict.INCOMPLETE
    assert combine([samples.passing(), replace(samples.passing(), interrupted=True)]).interrupted


def test_paths_of_different_targets_get_the_target_in_front() -> None:
    both = combine([part("services/a", samples.failing()), part("services/b", samples.failing())])
    paths = {finding.location.path for finding in both.findings if finding.location}
    assert {"services/a/src/weather/server.py", "services/b/src/weather/server.py"} <= paths
    assert len(both.findings) == 2 * len(samples.failing().findings)
    assert len({finding.fingerprint for finding in both.findings}) == len(both.findings)
    semgrep = next(scan for scan in both.scanners if scan.scanner == "semgrep")
    assert "services/b/src/weather/server.py" in semgrep.seen
    assert Unseen("services/a/src/weather/legacy.py", "does not parse (line 3)") in semgrep.unseen


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (".", "src/weather/settings.py"),
        ("./a/", "a/src/weather/settings.py"),
        ("/home/someone/a", "a/src/weather/settings.py"),
        ("../a", "a/src/weather/settings.py"),
        ("..", "src/weather/settings.py"),
    ],
)
def test_targets_elsewhere_give_only_their_name(target: str, path: str) -> None:
    run = replace(samples.failing(), findings=(samples.SECRET,), suppressed=())
    both = combine([part(target, run), part("other")])
    assert [one.location.path for one in both.findings if one.location] == [path]


def test_the_same_run_twice_says_everything_once() -> None:
    both = combine([samples.failing(), samples.failing()])
    assert both.findings == samples.failing().findings
    assert both.suppressed == tuple(sorted(samples.failing().suppressed, key=lambda one: one.sort_key))
    assert both.gates == samples.failing().gates
    assert both.files == samples.failing().files


def test_gates_of_one_name_are_told_apart() -> None:
    failed = Gate("bandit", "bandit", GateStatus.FAILED, "1", "0")
    other = replace(samples.passing(), gates=(failed,), verdict=Verdict.FAILED)
    names = [gate.name for gate in combine([part("a"), part("b", other)]).gates]
    assert names == ["bandit (a)", "bandit (b)"]
    names = [gate.name for gate in combine([part("a"), part("a", other)]).gates]
    assert names == ["bandit (a #1)", "bandit (a #2)"]


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ((ScanStatus.COMPLETE, ScanStatus.OFF), ScanStatus.COMPLETE),
        ((ScanStatus.NOT_APPLICABLE, ScanStatus.OFF), ScanStatus.NOT_APPLICABLE),
        ((ScanStatus.COMPLETE, ScanStatus.INCOMPLETE), ScanStatus.INCOMPLETE),
        ((ScanStatus.ERROR, ScanStatus.COMPLETE), ScanStatus.ERROR),
    ],
)
def test_one_result_for_each_scanner_with_the_worst_status(
    statuses: tuple[ScanStatus, ScanStatus], status: ScanStatus
) -> None:
    scans = [ScanResult("x", one, version=f"{n}.0", seconds=1.0) for n, one in enumerate(statuses)]
    (made,) = combine([replace(samples.passing(), scanners=(scan,)) for scan in scans]).scanners
    assert (made.status, made.version, made.seconds) == (status, "0.0, 1.0", 2.0)


def test_coverage_of_both_is_kept() -> None:
    scan = ScanResult("coverage", ScanStatus.COMPLETE, coverage=(FileCoverage("x.py", (1, 2)),))
    run = replace(samples.passing(), scanners=(scan,))
    (made,) = combine([part("a", run), part("b", run)]).scanners
    assert [file.path for file in made.coverage] == ["a/x.py", "b/x.py"]


def test_the_strictest_threshold_holds() -> None:
    strict = replace(samples.passing(), fail_on=Severity.LOW)
    assert combine([samples.passing(), strict]).fail_on is Severity.LOW


def test_different_commits_are_said() -> None:
    one, other = (replace(samples.passing(), commit=Commit(letter * 40, "main")) for letter in "ab")
    both = combine([one, other])
    assert both.commit is None
    assert f"{'a' * 12}, {'b' * 12}" in both.weakened[-1]
    assert combine([one, one]).commit == one.commit
    assert "no commit" in combine([one, samples.passing()]).weakened[-1]


def test_figures_are_added_up_where_the_files_are_others() -> None:
    both = combine([part("a", samples.failing()), part("b", samples.failing())])
    assert both.files.listed == 62
    assert both.files.excluded == (("exclude: vendor/**", 28),)
    assert both.target == "a, b"
    assert both.environment == samples.ENVIRONMENT


def test_the_best_advice_of_all_runs_is_kept_for_each_rule() -> None:
    old = samples.REMEDIATION
    fresh = replace(old, source=RemediationSource.CONTEXT7, retrieved="2026-11-20T08:00:00Z")
    other = replace(old, rule="another")
    one, two = replace(samples.passing(), remediation=(old, other)), replace(samples.failing(), remediation=(fresh,))
    for runs in ([one, two], [two, one]):
        assert set(combine(runs).remediation) == {fresh, other}
