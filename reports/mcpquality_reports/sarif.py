"""SARIF 2.1.0 (OASIS), one run a scanner, as GitHub's code scanning and other readers take it.

The demands are GitHub's "SARIF support for code scanning": rules with short and full description, help as
text and Markdown, at most 20 tags and a `security-severity`; results with a message, four coordinates of the
region and `primaryLocationLineHash`; relative, percent-encoded paths.

A scanner that did not see everything has `executionSuccessful: false` and one notification for each problem
and each thing it did not see. Scanners that are off have no run: a run without results would close their
alerts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from mcpquality_reports import digest, fenced
from mcpquality_reports.documents import Json, document
from mcpquality_reports.text import one_line, safe_url, shorten, visible
from mcpquality_scanners import severity as scales
from mcpquality_scanners.findings import Category, Finding, Location, Region, ScanResult, ScanStatus, Severity
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.remediation import Remediation
from mcpquality_scanners.results import Gate, GateStatus, Results, Verdict

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_ABOUT = "https://pytest-mcpquality.readthedocs.io"

_LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.UNKNOWN: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}

_SCORES: Mapping[Severity, float] = {
    # GitHub's bands: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low. The middle of
    # each band, for findings without a CVSS score of their own; unknown stands with high, as at the gate.
    Severity.CRITICAL: 9.5,
    Severity.HIGH: 8.0,
    Severity.UNKNOWN: 8.0,
    Severity.MEDIUM: 5.5,
    Severity.LOW: 2.0,
    Severity.INFO: 0.1,
}

_PRECISIONS = {"high": "high", "medium": "medium", "low": "low"}

_MOST_TAGS = 20
_MOST_CHARACTERS = 1000
"""Of a rule's descriptions: GitHub takes 1,024."""

_MOST_DOCUMENTATION = 5000
"""Characters of what a documentation service says."""

_LONGEST_PATH = 4096

_OTHER = "mcpquality"
"""Name of the run that holds the verdict when no scanner has one."""


class SarifReport:
    """The full SARIF log: what counts, what is suppressed, and what was not seen."""

    name = "sarif"
    suffix = ".sarif"

    def render(self, results: Results, sources: ReadLines) -> str:
        """See `Report.render`."""
        findings = by_scanner([*results.findings, *results.suppressed])
        runs = [run(scan, findings.get(scan.scanner, []), results, sources) for scan in scans_to_show(results)]
        return log(runs, results)


REPORT = SarifReport()


def log(runs: list[Json], results: Results) -> str:
    """The whole log of these runs."""
    return document({"$schema": _SCHEMA, "version": "2.1.0", "runs": runs, "properties": _summary(results)}, levels=4)


def scans_to_show(results: Results) -> list[ScanResult]:
    """The scanners that get a run: all that had something to do or to say."""
    findings = by_scanner([*results.findings, *results.suppressed])
    known = {scan.scanner for scan in results.scanners}
    shown = [scan for scan in results.scanners if scan.status is not ScanStatus.OFF or scan.scanner in findings]
    # Findings and gates of a scanner that has no result must not get lost, nor a verdict without any run.
    unknown = (findings.keys() | {gap.scanner for gap in digest.gaps(results)}) - known
    shown += [ScanResult(name, ScanStatus.ERROR) for name in sorted(unknown)]
    return shown or [ScanResult(_OTHER, _own_status(results))]


def _own_status(results: Results) -> ScanStatus:
    return ScanStatus.INCOMPLETE if results.verdict is Verdict.INCOMPLETE else ScanStatus.COMPLETE


def by_scanner(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings of each scanner, in their order."""
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.scanner, []).append(finding)
    return grouped


def _summary(results: Results) -> Json:
    commit = results.commit
    return {
        "mcpquality": {
            "version": results.environment.mcpquality,
            "verdict": results.verdict.value,
            "headline": results.headline,
            "interrupted": results.interrupted,
            "failOn": results.fail_on.value,
            "gates": [_gate(gate) for gate in results.gates],
            "off": [scan.scanner for scan in results.scanners if scan.status is ScanStatus.OFF],
            "weakenedSettings": list(results.weakened),
            "target": results.target,
            "commit": {"sha": commit.sha, "branch": commit.branch, "dirty": commit.dirty} if commit else None,
        }
    }


def _gate(gate: Gate) -> Json:
    return {
        "name": gate.name,
        "scanner": gate.scanner,
        "status": gate.status.value,
        "value": gate.value,
        "limit": gate.limit,
        "detail": gate.detail,
    }


def run(scan: ScanResult, findings: list[Finding], results: Results, sources: ReadLines) -> Json:
    """What one scanner has to say, with these of its findings."""
    groups = sorted(digest.groups(findings), key=lambda group: group.rule)
    numbers = {group.rule: index for index, group in enumerate(groups)}
    said = digest.remediation(results)
    driver: Json = {
        "name": one_line(scan.scanner) or "unnamed",
        "informationUri": _ABOUT,
        "rules": [_rule(group, said.get((group.scanner, group.rule))) for group in groups],
    }
    if scan.version:
        driver["version"] = one_line(scan.version)
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"mcpquality/{one_line(scan.scanner)}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(scan, results)],
        "results": [_result(finding, numbers[finding.rule], sources) for finding in findings],
        "properties": {"status": scan.status.value, "filesSeen": len(scan.seen), "notes": list(scan.notes)},
    }


# What went wrong
# -------------------------------------------------------------------------------------------------


def _invocation(scan: ScanResult, results: Results) -> Json:
    notifications = list(_notifications(scan, results))
    missed = scan.status in (ScanStatus.INCOMPLETE, ScanStatus.ERROR) or scan.problems or scan.unseen
    return {
        "executionSuccessful": not missed and not results.interrupted,
        "startTimeUtc": results.started,
        "toolExecutionNotifications": notifications,
        "properties": {
            "seconds": scan.seconds,
            "commands": [
                {"argv": list(one.argv), "exitCode": one.exit_code, "seconds": one.seconds} for one in scan.commands
            ],
        },
    }


def _notifications(scan: ScanResult, results: Results) -> Iterable[Json]:
    if results.interrupted:
        yield notification("interrupted", "The run was interrupted: not everything was looked at.", "error")
    if scan.status in (ScanStatus.INCOMPLETE, ScanStatus.ERROR):
        yield notification("status", f"{scan.scanner} did not see everything: {scan.status.value}.", "error")
    for problem in scan.problems:
        yield notification("problem", problem, "error")
    for item in scan.unseen:
        yield notification("not-seen", f"Not seen: {one_line(item.name)}: {item.reason}", "warning")
    for gate in results.gates:
        if gate.scanner == scan.scanner and gate.status not in (GateStatus.PASSED, GateStatus.NOT_APPLICABLE):
            level = "error" if gate.status in (GateStatus.FAILED, GateStatus.INCOMPLETE) else "note"
            yield notification("gate", _gate_sentence(gate), level)


def _gate_sentence(gate: Gate) -> str:
    detail = f" ({gate.detail})" if gate.detail else ""
    return f"Gate {gate.name}: {gate.status.value}: {gate.value}, limit: {gate.limit}{detail}"


def notification(kind: str, text: str, level: str) -> Json:
    """A sentence about how the run went; `level` is SARIF's."""
    return {"descriptor": {"id": f"mcpquality/{kind}"}, "level": level, "message": {"text": _words(text)}}


# Rules
# -----------------------------------------------------------------------------------------------------------


def _rule(group: digest.RuleGroup, said: Remediation | None) -> Json:
    head = group.head
    links = [link for link in group.references if safe_url(link)]
    rule: Json = {
        "id": one_line(group.rule) or "unnamed",
        "shortDescription": {"text": _sentence(group.title)},
        "fullDescription": {"text": _sentence(head.message if head.title else group.title)},
        "help": _help(group, links, said),
        "defaultConfiguration": {"level": _LEVELS[group.severity]},
        "properties": _rule_properties(group),
    }
    if links:
        rule["helpUri"] = links[0]
    return rule


def _rule_properties(group: digest.RuleGroup) -> Json:
    properties: Json = {"tags": _tags(group.head)}
    precision = _PRECISIONS.get(group.head.confidence.value)
    if precision:
        properties["precision"] = precision
    if group.head.category is not Category.COVERAGE:
        properties["security-severity"] = f"{max(map(_score, group.findings)):.1f}"
    return properties


def _score(finding: Finding) -> float:
    """The finding's own CVSS score when that agrees with its severity; else the middle of its band."""
    rated = scales.by_vector(finding.native_severity) if finding.native_severity else None
    if rated and rated[1] is finding.severity and rated[0] > 0:
        # GitHub calls critical what is over 9.0; CVSS does from 9.0 on.
        return max(rated[0], 9.1) if finding.severity is Severity.CRITICAL else rated[0]
    return _SCORES[finding.severity]


def _tags(finding: Finding) -> list[str]:
    kind = [] if finding.category is Category.COVERAGE else ["security"]
    cwe = [f"external/cwe/cwe-{number:03d}" for number in finding.cwe]
    names = [one_line(alias, 100) for alias in finding.aliases]
    return list(dict.fromkeys([*kind, finding.category.value, *cwe, *names]))[:_MOST_TAGS]


def _help(group: digest.RuleGroup, links: list[str], said: Remediation | None) -> Json:
    fetched = said if said and said.source.is_documentation else None
    advice = group.fix or (said.text if said else "")
    fix = shorten(visible(advice)) or "No advice was given with this rule; see what it says and its references."
    text = [fix, "References:\n" + "\n".join(f"- {link}" for link in links) if links else ""]
    markdown = [
        "" if fetched and not group.fix else _escaped(fix),
        "**References**\n\n" + "\n".join(f"- <{link}>" for link in links) if links else "",
        f"**Documentation** from {_escaped(one_line(digest.origin(fetched)))}" if fetched else "",
        _documentation(fetched) if fetched else "",
    ]
    return {"text": "\n\n".join(filter(None, text)), "markdown": "\n\n".join(filter(None, markdown))}


def _documentation(said: Remediation) -> str:
    """What a documentation service says: code as code, and everything else as it is, without a meaning."""
    words = visible(shorten(said.text, _MOST_DOCUMENTATION))
    shown = (fenced.block(part) if is_code else _escaped(part.strip()) for is_code, part in fenced.parts(words))
    return "\n\n".join(filter(None, shown))


def _escaped(text: str) -> str:
    """Plain text as Markdown that shows exactly it: no link, image or markup in it comes to life."""
    return re.sub(r"([\\`*_{}\[\]<>()#+\-.!|~&:@])", r"\\\1", text)


def _sentence(text: str) -> str:
    words = one_line(text, _MOST_CHARACTERS - 60).strip() or "No description"
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _words(text: str) -> str:
    return shorten(visible(text)).strip() or "No message was given."


# Results
# ---------------------------------------------------------------------------------------------------------


def _result(finding: Finding, rule: int, sources: ReadLines) -> Json:
    suppression = finding.suppression
    result: Json = {
        "ruleId": one_line(finding.rule) or "unnamed",
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _words(finding.message)},
        "locations": [_location(finding, sources)],
        "partialFingerprints": {"primaryLocationLineHash": finding.fingerprint or _fingerprint(finding)},
        "properties": _result_properties(finding),
    }
    if suppression:
        kind = "inSource" if suppression.line else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": _words(suppression.reason)}]
    return result


def _result_properties(finding: Finding) -> Json:
    properties: Json = {
        "severity": finding.severity.value,
        "nativeSeverity": finding.native_severity,
        "confidence": finding.confidence.value,
        "alsoFoundBy": list(finding.also_found_by),
    }
    if finding.subject:
        about = finding.subject
        properties["subject"] = {"server": about.server, "kind": about.kind, "name": about.name}
    if finding.package:
        package = finding.package
        properties["package"] = {
            "name": package.name,
            "installed": package.installed,
            "fixed": list(package.fixed),
        }
    return properties


def _fingerprint(finding: Finding) -> str:
    place = finding.location.path if finding.location else ""
    identity = f"{finding.scanner}\0{finding.rule}\0{place}\0{finding.message}"
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _location(finding: Finding, sources: ReadLines) -> Json:
    # GitHub refuses a whole file for one result without a place, so that such a finding gets one that says
    # what it is about and is no file.
    location = finding.location or Location(f"{finding.scanner}/{finding.package.name if finding.package else 'run'}")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(location.path)},
            "region": _region(location, sources if finding.location and location.region else None),
        }
    }


def _uri(path: str) -> str:
    """A relative path as a URI reference: the bytes it has on disk, percent-encoded."""
    # Neither a lone surrogate that stands for no byte nor a longer path can come from a file system.
    named = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\N{REPLACEMENT CHARACTER}", path[:_LONGEST_PATH])
    steps = [step for step in named.split("/") if step not in ("", ".")]
    return "/".join(quote(step, safe="", errors="surrogateescape") for step in steps) or "."


def _region(location: Location, sources: ReadLines | None) -> Json:
    """Four coordinates, always: from the first column to the end of the line where the tool gave none."""
    region = location.region or Region(1)
    start_line = max(region.start_line, 1)
    end_line = max(region.end_line, start_line)
    start_column = max(region.start_column, 1)
    end_column = region.end_column or _line_end(location.path, end_line, sources)
    if end_line == start_line:
        end_column = max(end_column, start_column + 1)
    return {
        "startLine": start_line,
        "startColumn": start_column,
        "endLine": end_line,
        "endColumn": max(end_column, 1),
    }


def _line_end(path: str, line: int, sources: ReadLines | None) -> int:
    lines = sources(path) if sources else None
    return len(lines[line - 1]) + 1 if lines and line <= len(lines) else 1
