"""SARIF within the limits of GitHub's code scanning, which drops what is beyond them in silence or refuses the file.

Of a run with more results than it keeps, GitHub keeps others than the worst, so that we choose; a file that is
too large is refused as a whole. What does not fit is named in the run it is missing from. Suppressed findings
stay out: GitHub would show them as open alerts.
"""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import cast

from mcpquality_reports import sarif
from mcpquality_reports.documents import Json
from mcpquality_reports.text import count
from mcpquality_scanners.findings import ScanResult, ScanStatus
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results

MOST_RUNS = 20
MOST_RESULTS = 5_000
"""Of a run: those that GitHub keeps."""

MOST_NOTIFICATIONS = 500
"""Of a run, ours: nobody reads more, and each makes the file larger."""

MOST_BYTES = 9_900_000
"""Of the file packed by gzip; GitHub's limit is 10 MB."""


class GitHubSarifReport:
    """The SARIF log for uploading to GitHub."""

    def render(self, results: Results, sources: ReadLines) -> str:
        """See `Report.render`."""
        counting, most = replace(results, suppressed=()), MOST_RESULTS
        text = _rendered(counting, sources, most)
        while most > 1 and len(gzip.compress(text.encode("ascii"), mtime=0)) > MOST_BYTES:
            most //= 2
            text = _rendered(counting, sources, most)
        return text


REPORT = GitHubSarifReport()


def _rendered(results: Results, sources: ReadLines, most: int) -> str:
    findings = sarif.by_scanner(results.findings)
    scans = sorted(sarif.scans_to_show(results), key=lambda scan: _last(scan, scan.scanner in findings))
    shown = [scan for scan in sarif.scans_to_show(results) if scan in scans[:MOST_RUNS]]
    runs: list[Json] = []
    for scan in shown:
        found = findings.get(scan.scanner, [])
        run = sarif.run(scan, found[:most], results, sources)
        if len(found) > most:
            _tell(run, f"{count(len(found) - most, 'finding')} more, none of them worse: see another report.")
        _cut_notifications(run)
        runs.append(run)
    if len(scans) > len(shown):
        names = ", ".join(scan.scanner for scan in scans[MOST_RUNS:])
        _tell(runs[0], f"GitHub takes {MOST_RUNS} runs; not in this file: {names}. See another report.")
    return sarif.log(runs, results)


def _last(scan: ScanResult, has_findings: bool) -> int:
    """Which runs go when there are too many: those with nothing to say first."""
    return 0 if has_findings else 1 if scan.status in (ScanStatus.INCOMPLETE, ScanStatus.ERROR) else 2


def _notifications(run: Json) -> list[Json]:
    (invocation,) = cast("list[Json]", run["invocations"])
    return cast("list[Json]", invocation["toolExecutionNotifications"])


def _tell(run: Json, sentence: str) -> None:
    _notifications(run).insert(0, sarif.notification("left-out", sentence, "warning"))


def _cut_notifications(run: Json) -> None:
    told = _notifications(run)
    if len(told) > MOST_NOTIFICATIONS:
        left = len(told) - MOST_NOTIFICATIONS
        del told[MOST_NOTIFICATIONS:]
        told.append(sarif.notification("left-out", f"{left:,} more such sentences: see another report.", "warning"))
