"""What several formats say about results, worked out once: counts, groups, and what was not seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mcpquality_reports.text import count
from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus, Severity, Unseen
from mcpquality_scanners.remediation import Remediation, RemediationSource
from mcpquality_scanners.results import Gate, GateStatus, Results, RunComparison

SERVER = "mcp:"
"""What the names of results that are about MCP servers start with."""

_VERDICT_WORD = re.compile(r"^(?:Interrupted\. )?(?:Passed|Failed|Incomplete): ")


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """All findings of one rule of one scanner, or of all MCP servers, worst first; `head` is the first of them."""

    scanner: str
    rule: str
    findings: tuple[Finding, ...]

    @property
    def head(self) -> Finding:
        """The worst finding, whose title and advice stand for the rule."""
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        """The worst severity in the group."""
        return self.head.severity

    @property
    def title(self) -> str:
        """The rule's short name, or its id where it has none; never empty."""
        return self.head.title or self.rule or "(unnamed rule)"

    @property
    def fix(self) -> str:
        """How to put it right: the first advice that any of the findings carries, or empty."""
        return next((finding.fix for finding in self.findings if finding.fix), "")

    @property
    def references(self) -> tuple[str, ...]:
        """The links of all findings, each once, in their order."""
        return tuple(dict.fromkeys(link for finding in self.findings for link in finding.references))


@dataclass(frozen=True, slots=True)
class Gap:
    """A scanner that did not see everything, and what that is; `accepted` when somebody said it may be so."""

    scanner: str
    status: str
    accepted: bool
    problems: tuple[str, ...]
    unseen: tuple[Unseen, ...]

    def by_reason(self) -> Mapping[str, tuple[str, ...]]:
        """The names of what was not seen under each reason, both in the order they were given."""
        reasons: dict[str, list[str]] = {}
        for item in self.unseen:
            reasons.setdefault(item.reason, []).append(item.name)
        return {reason: tuple(names) for reason, names in reasons.items()}


def by_severity(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings of each severity, worst first, zeros included."""
    found = Counter(finding.severity for finding in findings)
    return {severity: found[severity] for severity in Severity}


def family(scanner: str) -> str:
    """The scanner's name; of a result about an MCP server what all of these share, since their rules are one."""
    return SERVER.rstrip(":") if scanner.startswith(SERVER) else scanner


def groups(findings: Iterable[Finding]) -> list[RuleGroup]:
    """The findings by rule: the worst rule first, then the most frequent, then by name."""
    rules: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        rules.setdefault((family(finding.scanner), finding.rule), []).append(finding)
    made = [RuleGroup(*key, tuple(sorted(found, key=lambda one: one.sort_key))) for key, found in rules.items()]
    return sorted(made, key=_worst_first)


def scope(results: Results) -> str:
    """What the run was about: `12 files`, `3 servers`, or both."""
    servers = len(servers_of(results))
    parts = [count(results.files.listed, "file")] if results.files.source or not servers else []
    return " and ".join([*parts, *([count(servers, "server")] if servers else [])])


def servers_of(results: Results) -> list[ScanResult]:
    """The results that are about MCP servers, those that were switched off left out."""
    return [scan for scan in results.scanners if scan.scanner.startswith(SERVER) and scan.status is not ScanStatus.OFF]


def remediation(results: Results) -> Mapping[tuple[str, str], Remediation]:
    """What is said about how to put a rule right, by scanner and rule; the first where a document holds several."""
    return {(one.scanner, one.rule): one for one in reversed(results.remediation)}


def origin(one: Remediation) -> str:
    """Who says how to put it right, and as of when; foreign words in it are as they came."""
    match one.source:
        case RemediationSource.CONTEXT7 | RemediationSource.STALE:
            since = f", fetched {one.retrieved}" if one.retrieved else ""
            old = "; the service could not be asked again, this is an older answer"
            return f"Context7: {one.library}{since}{old if one.source is RemediationSource.STALE else ''}"
        case RemediationSource.OWN_HELP:
            return "mcpquality's own help for the rule"
        case RemediationSource.TOOL:
            return f"what {one.scanner} itself says"
        case RemediationSource.CWE:
            return "mcpquality's own help for the weakness (CWE)"
        case RemediationSource.ADVISORY:
            return "the advisory"


def change(comparison: RunComparison) -> str:
    """What changed since an earlier run, in numbers: `2 new, 1 fixed, 12 unchanged`."""
    parts = [f"{len(comparison.new):,} new", f"{len(comparison.fixed):,} fixed", f"{comparison.unchanged:,} unchanged"]
    if comparison.unclear:
        parts.append(f"{len(comparison.unclear):,} not looked for again")
    if comparison.suppressed:
        parts.append(f"{comparison.suppressed:,} suppressed since")
    return ", ".join(parts)


def _worst_first(group: RuleGroup) -> tuple[object, ...]:
    # Unknown counts as high at the gate but is shown behind it: what is known to be bad comes first.
    order = list(Severity).index(group.severity)
    return (order, -len(group.findings), group.scanner, group.rule)


def gaps(results: Results) -> list[Gap]:
    """Every scanner that did not see everything, in their order.

    A scanner is in it for its status, and also for any problem or anything unseen that it names under another
    status: the two must never contradict each other in silence. So is a scanner that has a gate and no
    result.
    """
    known = {scan.scanner for scan in results.scanners}
    missing = dict.fromkeys(
        gate.scanner for gate in results.gates if gate.scanner not in known and _expects_result(gate)
    )
    return [_gap(scan, results) for scan in results.scanners if _has_gap(scan)] + [
        Gap(name, "no result", _accepted(name, results), ("It ended without a result.",), ()) for name in missing
    ]


def _expects_result(gate: Gate) -> bool:
    return gate.status not in (GateStatus.OFF, GateStatus.NOT_APPLICABLE)


def _has_gap(scan: ScanResult) -> bool:
    return bool(scan.problems or scan.unseen) or scan.status in (ScanStatus.INCOMPLETE, ScanStatus.ERROR)


def _gap(scan: ScanResult, results: Results) -> Gap:
    return Gap(scan.scanner, scan.status.value, _accepted(scan.scanner, results), scan.problems, scan.unseen)


def _accepted(scanner: str, results: Results) -> bool:
    # A scanner may have several gates: one that is accepted does not speak for another that is not.
    stands = {gate.status for gate in results.gates if gate.scanner == scanner}
    return GateStatus.ACCEPTED in stands and GateStatus.INCOMPLETE not in stands


def over_threshold(results: Results) -> list[Finding]:
    """The findings that fail the run: at or over the threshold."""
    return [finding for finding in results.findings if finding.severity.rank >= results.fail_on.rank]


def sentence(results: Results) -> str:
    """The headline without the verdict's word, for readers who see that beside it; empty when there is none."""
    return _VERDICT_WORD.sub("", results.headline, count=1)


def verdict_sentence(results: Results) -> str:
    """The verdict as a word and as a sentence; an interrupted run says so."""
    word, why = results.verdict.value.upper(), sentence(results)
    whole = f"{word}: {why}" if why else word
    return f"{whole} (interrupted before it was done)" if results.interrupted else whole
