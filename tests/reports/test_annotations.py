from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mcpquality_reports.annotations import REPORT
from mcpquality_reports.base import no_sources
from mcpquality_scanners.findings import Finding, Location, Region, Severity
from mcpquality_scanners.results import Results
from tests.reports import hostile, samples

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def lines(results: Results) -> list[str]:
    return REPORT.render(results, no_sources).splitlines()


def of(finding: Finding) -> str:
    return lines(replace(samples.failing(), findings=(finding,)))[-1]


@pytest.mark.parametrize("results", [samples.failing(), hostile.results()], ids=["failing", "hostile"])
def test_at_most_ten_of_a_level_and_a_count_of_the_others(results: Results) -> None:
    made = [COMMAND.fullmatch(line) for line in lines(results)]
    levels = [match[1] for match in made if match]
    assert max(levels.count(level) for level in ("error", "warning", "notice")) <= 10
    assert sum(match is None for match in made) == 1
    assert re.fullmatch(r"mcpquality: \d+ annotations left out: GitHub shows 10 of a level\.", lines(results)[-1])


def test_the_verdict_is_first_and_never_left_out() -> None:
    crowd = tuple(replace(samples.SECRET, message=str(number)) for number in range(50))
    first, second, *_ = lines(replace(samples.failing(), findings=crowd))
    assert first.startswith("::error title=mcpquality::FAILED: ")
    assert second == "::error title=mcpquality%3A not everything was seen::semgrep (incomplete)"


def test_a_green_run_has_one_notice_and_an_incomplete_one_an_error() -> None:
    assert lines(samples.passing()) == ["::notice title=mcpquality::PASSED: The only gate passed"]
    assert lines(samples.incomplete())[0].startswith("::error title=mcpquality::INCOMPLETE")


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (None, ""),
        (Location("a.py"), "file=a.py,"),
        (Location("a.py", Region(3)), "file=a.py,line=3,"),
        (Location("a.py", Region(3, 5, 3, 9)), "file=a.py,line=3,col=5,"),
        (Location("a.py", Region(3, 5, 8, 9)), "file=a.py,line=3,endLine=8,"),
        (Location("a,b:c%.py", Region(0)), "file=a%2Cb%3Ac%25.py,"),
        (Location("a\n::error::x", Region(1)), "file=a\\n%3A%3Aerror%3A%3Ax,line=1,"),
    ],
)
def test_places(location: Location | None, place: str) -> None:
    assert of(replace(samples.SECRET, location=location)).startswith(f"::error {place}title=high%3A")


def test_messages_are_escaped_as_the_runner_reads_them() -> None:
    line = of(replace(samples.SECRET, message="100%\r\n::stop-commands::x ##[error]y \x1b[31m"))
    assert line.endswith("::100%25%0A::stop-commands::x # #[error]y \\x1b[31m")


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.UNKNOWN, "error"), (Severity.MEDIUM, "warning"), (Severity.INFO, "notice")],
)
def test_levels(severity: Severity, level: str) -> None:
    assert of(replace(samples.SECRET, severity=severity)).startswith(f"::{level} ")


def test_a_finding_about_a_server_names_it() -> None:
    assert of(samples.SHADOWED_TOOL).endswith("%0Aserver weather, tool forecast")
