from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mcpquality_reports.base import no_sources
from mcpquality_reports.markdown import COMMENT, MARKER, SUMMARY, MarkdownReport, comment
from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus, Severity, Unseen
from mcpquality_scanners.results import Gate, GateStatus, Results
from tests.reports import hostile, samples

LIMITS = [(SUMMARY, 1024 * 1024), (COMMENT, 65_536)]


def many(number: int, *, rules: int = 5_000) -> Results:
    """A run with that many findings and that many rules."""
    found = tuple(
        replace(samples.SECRET, rule=f"rule-{index % rules}", message="é" * 300, fix="Do `this`. " * 100)
        for index in range(number)
    )
    return replace(samples.failing(), findings=found)


@pytest.mark.parametrize(("report", "limit"), LIMITS)
@pytest.mark.parametrize("make", [hostile.results, lambda: many(20_000), lambda: many(20_000, rules=1)])
def test_the_page_is_within_its_limit_and_still_whole(
    report: MarkdownReport, limit: int, make: Callable[[], Results]
) -> None:
    page = report.render(make(), no_sources)
    assert len(page.encode()) <= limit
    assert page.count("<details>") == page.count("</details>")
    assert page.count("<code>") == page.count("</code>")
    assert "mcpquality: failed" in page


def test_what_does_not_fit_is_counted() -> None:
    page = COMMENT.render(many(20_000), no_sources)
    assert "**Not shown here, for want of room:**" in page
    shown = page.count("(detect-secrets): 4 places")
    assert f"{20_000 - 4 * shown:,} findings of {5_000 - shown:,} rules, the worst of them high" in page


def test_the_worst_is_kept_when_there_is_no_room_for_all() -> None:
    worst = replace(samples.SECRET, rule="the-worst", severity=Severity.CRITICAL)
    page = COMMENT.render(replace(many(20_000), findings=(*many(20_000).findings, worst)), no_sources)
    assert "the-worst" in page


def test_hundreds_of_gates_and_gaps_leave_room_for_those_that_matter() -> None:
    gates = tuple(Gate(f"gate {n}", "x", GateStatus.PASSED, "v" * 500, "l" * 500) for n in range(500))
    failed = Gate("the failed one", "x", GateStatus.FAILED, "1", "0")
    scans = tuple(
        ScanResult(f"s{n}", ScanStatus.ERROR, problems=("p" * 900,) * 30, unseen=(Unseen("u" * 900, "r" * 900),) * 30)
        for n in range(100)
    )
    page = COMMENT.render(replace(samples.failing(), gates=(*gates, failed), scanners=scans), no_sources)
    assert len(page.encode()) <= 65_536
    assert page.index("the failed one") < page.index("gate 0")
    assert "461 more gates" in page or "491 more gates" in page
    assert "Not seen" in page
    assert "<b>s0</b>: error" in page


def test_words_that_swell_as_entities_cost_no_part_that_is_always_there() -> None:
    bad = "@" * 5_000
    gates = tuple(Gate(bad, bad, GateStatus.FAILED, bad, bad) for _ in range(60))
    scans = tuple(ScanResult(f"{n}{bad}", ScanStatus.ERROR, problems=(bad,) * 30) for n in range(60))
    results = replace(samples.failing(), headline=bad, gates=gates, scanners=scans, weakened=(bad,) * 60, target=bad)
    page = COMMENT.render(results, no_sources)
    assert len(page.encode()) <= 65_536
    for part in ("mcpquality: failed", "more gates", "Not seen", "Settings that look at less"):
        assert part in page


def test_the_comment_starts_with_its_marker_and_the_summary_has_none() -> None:
    assert COMMENT.render(samples.passing(), no_sources).startswith(f"{MARKER}\n")
    assert comment("<!-- own -->").render(samples.passing(), no_sources).startswith("<!-- own -->\n")
    assert "<!--" not in SUMMARY.render(hostile.results(), no_sources)


def test_no_words_of_others_can_bring_the_marker() -> None:
    planted: Finding = replace(samples.SECRET, message=MARKER, title=MARKER)
    page = COMMENT.render(replace(samples.failing(), findings=(planted,), headline=MARKER), no_sources)
    assert page.count(MARKER) == 1


@pytest.mark.parametrize(
    ("make", "sign"), [(samples.passing, "✅"), (samples.failing, "❌"), (samples.incomplete, "⚠️")]
)
def test_the_verdict_comes_first(make: Callable[[], Results], sign: str) -> None:
    results = make()
    assert SUMMARY.render(results, no_sources).startswith(f"## {sign} mcpquality: {results.verdict.value}\n")


def test_an_incomplete_run_names_what_it_did_not_see() -> None:
    page = SUMMARY.render(samples.incomplete(), no_sources)
    assert "was interrupted" in page
    assert "<code>src/old.py</code>: is Python 2" in page
    assert "Problem: semgrep was ended by signal 11: run it again" in page
    assert "✅" not in page


def test_what_changed_since_an_earlier_run() -> None:
    page = SUMMARY.render(samples.compared(), no_sources)
    assert "3 new, 1 fixed, 15 unchanged" in page
    assert ", 1 new</summary>" in page


def test_a_finding_about_a_server_says_which_tool() -> None:
    assert "<code>server weather, tool forecast</code>" in SUMMARY.render(samples.compared(), no_sources)


def test_suppressed_findings_say_why() -> None:
    page = SUMMARY.render(samples.failing(), no_sources)
    assert "Suppressed: 2 findings" in page
    assert "fixtures of the tests hold no real secrets" in page


def test_a_run_without_gates_says_so() -> None:
    idle = tuple(replace(gate, status=GateStatus.OFF) for gate in samples.failing().gates)
    page = SUMMARY.render(replace(samples.passing(), gates=idle), no_sources)
    assert "| Status |" not in page
    assert f"Off: {idle[0].name}" in page
    assert "There was no gate." in SUMMARY.render(replace(samples.passing(), gates=()), no_sources)
