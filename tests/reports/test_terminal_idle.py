"""Scanners that did not run take one line of the terminal report, unless everything is asked for."""

from __future__ import annotations

from dataclasses import replace

from mcpquality_reports.base import no_sources
from mcpquality_reports.terminal import Detail, TerminalReport
from mcpquality_scanners.findings import ScanResult, ScanStatus
from mcpquality_scanners.results import Gate, GateStatus, Results
from tests.reports import samples

NAMES = ("gitleaks", "trivy")


def with_idle(status: ScanStatus, gate: GateStatus, problems: tuple[str, ...] = ()) -> Results:
    results = samples.passing()
    scans = tuple(ScanResult(name, status, problems=problems) for name in NAMES)
    gates = tuple(Gate(name, name, gate, "-", "0 at or over high") for name in NAMES)
    return replace(results, scanners=(*results.scanners, *scans), gates=(*results.gates, *gates))


def shown(results: Results, detail: Detail = Detail.NORMAL) -> list[str]:
    return TerminalReport(detail, width=200).render(results, no_sources).splitlines()


def test_they_share_a_line_and_have_no_gate() -> None:
    lines = shown(with_idle(ScanStatus.NOT_APPLICABLE, GateStatus.NOT_APPLICABLE))
    (line,) = (line for line in lines if "trivy" in line)
    assert line.startswith("Not applicable: ")
    assert line.endswith("gitleaks, trivy")
    lines = shown(with_idle(ScanStatus.OFF, GateStatus.OFF))
    assert any(line.startswith("Off: ") and line.endswith("gitleaks, trivy") for line in lines)


def test_everything_is_shown_when_it_is_asked_for() -> None:
    lines = shown(with_idle(ScanStatus.OFF, GateStatus.OFF), Detail.VERBOSE)
    assert len([line for line in lines if "trivy" in line]) == 2


def test_one_with_a_problem_is_never_folded_away() -> None:
    lines = shown(with_idle(ScanStatus.NOT_APPLICABLE, GateStatus.INCOMPLETE, ("asked for, and nothing to do",)))
    assert not any(line.startswith("Not applicable: ") and "trivy" in line for line in lines)
    assert any(line.startswith("incomplete") and "trivy" in line for line in lines)
