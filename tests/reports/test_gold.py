"""Each format against a file that was looked at by a person.

After a change that is meant: `MCPQUALITY_REGENERATE=1 python -m pytest tests/reports/test_gold.py`, and read
the difference in git before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcpquality_reports import base
from mcpquality_reports.registry import BUILT_IN
from mcpquality_reports.terminal import Detail, TerminalReport
from tests.reports import samples

GOLD = Path(__file__).with_name("gold")


@pytest.mark.parametrize(
    ("file", "report"),
    [
        ("failing.txt", TerminalReport()),
        ("failing-quiet.txt", TerminalReport(Detail.QUIET)),
        ("failing-verbose.txt", TerminalReport(Detail.VERBOSE)),
        *((f"failing-{format_.file}", format_.load()) for format_ in BUILT_IN if format_.name != "terminal"),
    ],
)
def test_a_failing_run(file: str, report: base.Report) -> None:
    compare(GOLD / file, report.render(samples.failing(), samples.read_lines))


@pytest.mark.parametrize("format_", BUILT_IN, ids=lambda format_: str(format_.name))
def test_an_incomplete_run(format_: base.Format) -> None:
    report = format_.load()
    compare(GOLD / f"incomplete-{format_.file}", report.render(samples.incomplete(), samples.read_lines))


def compare(gold: Path, rendered: str) -> None:
    if os.environ.get("MCPQUALITY_REGENERATE"):
        gold.parent.mkdir(exist_ok=True)
        base.write(gold, rendered)
    assert rendered == gold.read_bytes().decode("utf-8")
