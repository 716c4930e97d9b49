"""Results without anything that looks like a secret, whatever the scanners have passed on.

Every report is made from what comes out of here: the JSON document too, from which the others are made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from mcpquality_reports.redaction import redacted
from mcpquality_scanners.findings import Finding, ScanResult, Suppression
from mcpquality_scanners.remediation import Remediation
from mcpquality_scanners.results import Gate, Results, RunComparison

_hidden = lru_cache(maxsize=4096)(redacted)  # messages of one rule are mostly the same


def without_secrets(results: Results) -> Results:
    """The results with secrets hidden in every sentence; names, ids and places stay as they are."""
    return replace(
        results,
        headline=_hidden(results.headline),
        gates=_gates(results.gates),
        scanners=tuple(map(_scan, results.scanners)),
        findings=_findings(results.findings),
        suppressed=_findings(results.suppressed),
        weakened=_texts(results.weakened),
        remediation=tuple(map(_remediation, results.remediation)),
        comparison=_comparison(results.comparison) if results.comparison else None,
    )


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(_hidden, texts))


def _gates(gates: Iterable[Gate]) -> tuple[Gate, ...]:
    return tuple(replace(gate, value=_hidden(gate.value), detail=_hidden(gate.detail)) for gate in gates)


def _findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(map(_finding, findings))


def _finding(finding: Finding) -> Finding:
    return replace(
        finding,
        message=_hidden(finding.message),
        title=_hidden(finding.title),
        native_severity=_hidden(finding.native_severity),
        fix=_hidden(finding.fix),
        references=_texts(finding.references),
        suppression=_suppression(finding.suppression),
    )


def _suppression(suppression: Suppression | None) -> Suppression | None:
    return suppression and replace(suppression, reason=_hidden(suppression.reason))


def _scan(scan: ScanResult) -> ScanResult:
    return replace(
        scan,
        problems=_texts(scan.problems),
        notes=_texts(scan.notes),
        unseen=tuple(replace(item, name=_hidden(item.name), reason=_hidden(item.reason)) for item in scan.unseen),
        commands=tuple(replace(command, argv=_texts(command.argv)) for command in scan.commands),
    )


def _remediation(remediation: Remediation) -> Remediation:
    return replace(
        remediation,
        title=_hidden(remediation.title),
        text=_hidden(remediation.text),
        url=_hidden(remediation.url),
    )


def _comparison(comparison: RunComparison) -> RunComparison:
    return replace(
        comparison,
        gates=_gates(comparison.gates),
        fixed=_findings(comparison.fixed),
        unclear=_findings(comparison.unclear),
    )
