"""GitLab's Code Quality report: one list, which the widget of a merge request compares with the target branch's."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping

from mcpquality_reports import digest
from mcpquality_reports.documents import Json, document
from mcpquality_reports.gitlab_common import path_of
from mcpquality_reports.text import one_line, shorten, visible
from mcpquality_scanners.findings import Finding, Severity
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import GateStatus, Results

_SEVERITIES: Mapping[Severity, str] = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.UNKNOWN: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}
_RUN = "mcpquality"
"""In place of a file for what belongs to none: the report knows no place without a path."""


class CodeQualityReport:
    """Findings, worst first, and one entry for each gate that is not green for another reason."""

    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - shows no code
        """See `Report.render`."""
        entries = [_finding(finding) for finding in results.findings] + _gates(results)
        return document(_distinct(entries))


REPORT = CodeQualityReport()


def _finding(finding: Finding) -> Json:
    region = finding.location.region if finding.location else None
    return {
        "description": shorten(visible(finding.message)).strip() or one_line(finding.title) or "No message was given.",
        "check_name": one_line(f"{finding.scanner}:{finding.rule}"),
        "fingerprint": finding.fingerprint or _hash(finding.scanner, finding.rule, finding.message),
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": path_of(finding.location) or _RUN,
            "lines": {"begin": max(region.start_line, 1) if region else 1},
        },
    }


def _gates(results: Results) -> list[Json]:
    """What is not green and has no finding to show it: coverage under its limit, and what was not seen."""
    named = {finding.scanner for finding in digest.over_threshold(results)}
    return [
        {
            "description": f"{one_line(gate.name)}: {gate.status.value}: {one_line(gate.value)}, limit: "
            f"{one_line(gate.limit)}. {one_line(gate.detail)}".rstrip(),
            "check_name": one_line(f"{_RUN}:{gate.name}"),
            "fingerprint": _hash("gate", gate.scanner, gate.name),
            "severity": "critical",
            "location": {"path": _RUN, "lines": {"begin": 1}},
        }
        for gate in results.gates
        if gate.status is GateStatus.INCOMPLETE or (gate.status is GateStatus.FAILED and gate.scanner not in named)
    ]


def _distinct(entries: list[Json]) -> list[Json]:
    """GitLab keeps one entry of a fingerprint: those that share one are numbered."""
    seen = Counter[object]()
    for entry in entries:
        own = entry["fingerprint"]
        seen[own] += 1
        if seen[own] > 1:
            entry["fingerprint"] = _hash(str(own), str(seen[own]))
    return entries


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
