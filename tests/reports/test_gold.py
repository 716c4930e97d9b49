"""Each format against a file that was looked at by a person.

After a change that is meant: `MCPQUALITY_REGENERATE=1 python -m pytest tests/reports/test_gold.py`, and read
the difference in git before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcpquality_reports import base
from mcpquality_reports.terminal import Detail, TerminalReport
from tests.reports import samples

GOLD = Path(__file__).with_name("gold")


@pytest.mark.parametrize(
    ("file", "report"),
    [
        ("failing.txt", TerminalReport()),
        ("failing-quiet.txt", TerminalReport(Detail.QUIET)),
        ("failing-verbose.txt", TerminalReport(Detail.VERBOSE)),
        ("failing.json", base.load("json")),
        ("failing.sarif", base.load("sarif")),
        ("failing.html", base.load("html")),
    ],
)
def test_a_failing_run(file: str, report: base.Report) -> None:
    compare(GOLD / file, report.render(samples.failing(), samples.read_lines))


@pytest.mark.parametrize("name", sorted(base.BUILT_IN))
def test_an_incomplete_run(name: str) -> None:
    report = base.load(name)
    compare(GOLD / f"incomplete{report.suffix}", report.render(samples.incomplete(), samples.read_lines))


def compare(gold: Path, rendered: str) -> None:
    if os.environ.get("MCPQUALITY_REGENERATE"):
        gold.parent.mkdir(exist_ok=True)
        base.write(gold, rendered)
    assert rendered == gold.read_bytes().decode("utf-8")
