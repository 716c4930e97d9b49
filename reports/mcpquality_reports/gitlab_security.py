"""GitLab's security reports of format 15: SAST, dependency scanning and secret detection.

A report holds the findings of one kind. When one of their scanners did not see everything, the scan's status is
`failure`: GitLab would take the absence of findings for their being fixed.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mcpquality_reports import digest, markup
from mcpquality_reports.documents import Json, document
from mcpquality_reports.ecosystems import ecosystem
from mcpquality_reports.gitlab_common import path_of
from mcpquality_reports.text import one_line, safe_url, shorten, visible
from mcpquality_scanners.findings import Category, Finding, Severity
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results

VERSION = "15.0.7"

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://pytest-mcpquality.readthedocs.io/gitlab")
_SEVERITIES: Mapping[Severity, str] = {
    Severity.CRITICAL: "Critical",
    Severity.HIGH: "High",
    Severity.UNKNOWN: "Unknown",
    Severity.MEDIUM: "Medium",
    Severity.LOW: "Low",
    Severity.INFO: "Info",
}
_MANAGERS = {"pypi": "pip", "npm": "npm"}
_LONGEST_NAME = 200  # GitLab takes 255, and shortening adds a few words
_LONGEST_SOLUTION = 1_000  # of 7,000, each character of which may take six as an entity
_MOST_MESSAGES = 200
_EPOCH = "1970-01-01T00:00:00"
_NO_COMMIT = "0" * 40


@dataclass(frozen=True, slots=True)
class GitLabReport:
    """The report of one kind: GitLab's name for it, and the categories of findings that belong into it."""

    kind: str
    categories: frozenset[Category]

    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - shows no code
        """See `Report.render`."""
        own = [finding for finding in results.findings if finding.category in self.categories]
        whole: Json = {
            "version": VERSION,
            "scan": _scan(self.kind, results),
            "vulnerabilities": [self._vulnerability(finding, results, n) for n, finding in enumerate(own)],
        }
        if self.kind == "dependency_scanning":
            whole["dependency_files"] = _dependency_files(own)
        return document(whole)

    def _vulnerability(self, finding: Finding, results: Results, number: int) -> Json:
        entry: Json = {
            "id": _id(finding, number),
            "category": self.kind,
            "name": one_line(finding.title or finding.rule, _LONGEST_NAME) or "unnamed",
            "description": markup.block(finding.message).strip() or "No message was given.",
            "severity": _SEVERITIES[finding.severity],
            "scanner": {"id": _name(finding.scanner), "name": _name(finding.scanner)},
            "identifiers": list(_identifiers(finding)),
            "location": self._location(finding, results),
        }
        if finding.fix:
            entry["solution"] = markup.block(finding.fix, _LONGEST_SOLUTION).strip()
        links = [link for link in map(safe_url, finding.references) if link]
        if links:
            entry["links"] = [{"url": link} for link in links]
        return entry

    def _location(self, finding: Finding, results: Results) -> Json:
        place: Json = {"file": path_of(finding.location) or "mcpquality"}
        region = finding.location.region if finding.location else None
        if self.kind == "dependency_scanning":
            package = finding.package
            return {
                "file": place["file"],
                "dependency": {
                    "package": {"name": one_line(package.name) if package else "unknown"},
                    "version": one_line(package.installed) if package else "unknown",
                },
            }
        if region:
            place["start_line"] = max(region.start_line, 1)
            place["end_line"] = max(region.end_line, region.start_line, 1)
        if self.kind == "secret_detection":
            place["commit"] = {"sha": one_line(results.commit.sha) if results.commit else _NO_COMMIT}
        return place


SAST = GitLabReport("sast", frozenset({Category.CODE, Category.MCP}))
DEPENDENCY = GitLabReport("dependency_scanning", frozenset({Category.DEPENDENCY}))
SECRET = GitLabReport("secret_detection", frozenset({Category.SECRET}))


def _scan(kind: str, results: Results) -> Json:
    version = one_line(results.environment.mcpquality, 100) or "unknown"
    tool: Json = {
        "id": "mcpquality",
        "name": "mcpquality",
        "url": "https://pytest-mcpquality.readthedocs.io",
        "version": version,
        "vendor": {"name": "pytest-mcpquality"},
    }
    start, end = _times(results)
    messages = list(_messages(results))
    return {
        "analyzer": tool,
        "scanner": tool,
        "type": kind,
        "start_time": start,
        "end_time": end,
        "status": "failure" if messages else "success",
        "messages": messages[:_MOST_MESSAGES],
    }


def _times(results: Results) -> tuple[str, str]:
    """Start and end as GitLab has them: UTC, without saying so."""
    try:
        start = datetime.fromisoformat(results.started).astimezone(UTC)
        end = start + timedelta(seconds=results.seconds)
    except (ValueError, OverflowError):
        return _EPOCH, _EPOCH
    first, last = (each.strftime("%Y-%m-%dT%H:%M:%S") for each in (start, end))
    return first.zfill(19), last.zfill(19)


def _messages(results: Results) -> Iterator[Json]:
    """What was not seen. It concerns every kind: nobody can tell which findings are missing."""
    if results.interrupted:
        yield {"level": "fatal", "value": "The run was interrupted: not everything was looked at."}
    for gap in digest.gaps(results):
        names = [f"{one_line(item.name)} ({one_line(item.reason)})" for item in gap.unseen[:5]]
        more = [f"{len(gap.unseen) - 5:,} more"] if len(gap.unseen) > len(names) else []
        what = "; ".join([*(shorten(visible(problem), 500) for problem in gap.problems[:5]), *names, *more])
        yield {"level": "warn", "value": f"{one_line(gap.scanner)}: {gap.status}: {what or 'no reason was given'}"}


def _id(finding: Finding, number: int) -> str:
    place = f"{path_of(finding.location)}\0{finding.location and finding.location.region}"
    parts = (finding.scanner, finding.rule, place, finding.fingerprint, finding.message, str(number))
    text = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return str(uuid.uuid5(_NAMESPACE, text))


def _name(scanner: str) -> str:
    return one_line(scanner, 100) or "unnamed"


def _identifiers(finding: Finding) -> Iterator[Json]:
    """The rule first: GitLab takes the first identifier for what the finding is."""
    rule = one_line(finding.rule, _LONGEST_NAME) or "unnamed"
    yield {"type": f"{_name(finding.scanner)}_rule_id", "name": rule, "value": rule}
    for alias in dict.fromkeys(one_line(name, 100) for name in finding.aliases if name):
        kind = alias.partition("-")[0].lower()
        yield {"type": kind if re.fullmatch("cve|ghsa|osv", kind) else "advisory", "name": alias, "value": alias}
    for number in finding.cwe:
        url = f"https://cwe.mitre.org/data/definitions/{number}.html"
        yield {"type": "cwe", "name": f"CWE-{number}", "value": str(number), "url": url}


def _dependency_files(findings: list[Finding]) -> list[Json]:
    """The files that name vulnerable packages, and these; the others are not known here."""
    files: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for finding in findings:
        if finding.package:
            key = (one_line(finding.package.name), one_line(finding.package.installed))
            manager = _MANAGERS.get(ecosystem(finding), "unknown")
            files.setdefault((path_of(finding.location) or "mcpquality", manager), {})[key] = None
    return [
        {
            "path": path,
            "package_manager": manager,
            "dependencies": [{"package": {"name": name}, "version": version} for name, version in packages],
        }
        for (path, manager), packages in files.items()
    ]
