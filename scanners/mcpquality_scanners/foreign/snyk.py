"""Snyk Open Source (`snyk test`): known vulnerabilities of packages of many ecosystems.

Exit codes: 0 nothing found, 1 found, 2 failed, 3 no project to look at. A project among several that failed shows
as words on standard error alone. Snyk tells its service which packages a project uses, and needs an account: a
Snyk that nobody asked for and that is not logged in is not applicable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.findings import Category, Finding, Location, Package
from mcpquality_scanners.foreign.interface import Look, NotSetUpError, Reading
from mcpquality_scanners.foreign.packages import links, manifests, rated, weaknesses
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.foreign.shapes import Json, a_list, an_object, texts
from mcpquality_scanners.options import Option
from mcpquality_scanners.outputs import json_value
from mcpquality_scanners.text import last_lines, one_line

_FAILED = 2
_NOTHING_THERE = 3
_LOGGED_OUT = re.compile(r"authenticat|SNYK-0005|api token|unauthori[sz]ed", re.IGNORECASE)
_PARTLY = re.compile(r"(\d+)/(\d+) potential projects failed", re.IGNORECASE)


class Snyk:
    """See the module."""

    name = "snyk"
    title = "Snyk: known vulnerabilities of packages"
    category = Category.DEPENDENCY
    weight = 20
    command = "snyk"
    locked = False
    needs_network = True
    subject = "manifest or lock file of packages"
    options: tuple[Option, ...] = ()
    link = "https://docs.snyk.io/developer-tools/snyk-cli"

    def concerns(self, context: ScanContext) -> tuple[str, ...]:
        """Manifests and lock files."""
        return manifests(context.files)

    async def look(self, look: Look) -> Reading:
        """See `ForeignTool.look`."""
        completed = await look.run(
            "test", "--json", "--all-projects", "--dev", "--ignore-policy", exits={0, 1, _FAILED, _NOTHING_THERE}
        )
        words = last_lines(completed.stderr)
        if completed.exit_code == _NOTHING_THERE:
            raise ToolOutputError(f"snyk found no project that it can look at{f': {words}' if words else ''}")
        document = json_value(completed.stdout, "snyk", completed.stderr)
        if completed.exit_code == _FAILED:
            complaint = _complaint(document) or words
            kind = NotSetUpError if _LOGGED_OUT.search(complaint) else ToolError
            raise kind(f"snyk failed: {complaint.rstrip('.')}. Log in with `snyk auth`, or skip snyk.")
        reading = self.read(document, look.places)
        if completed.exit_code == 1 and not reading.findings:
            raise ToolOutputError("snyk ended with 1, which means that it found something, and its report is empty")
        partly = _PARTLY.search(f"{completed.stderr.decode('utf-8', 'replace')}")
        more = (f"snyk could not look at {partly[1]} of {partly[2]} projects: {words}",) if partly else ()
        return Reading(reading.findings, reading.seen, reading.unseen, (*reading.problems, *more))

    def read(self, document: object, places: Places) -> Reading:
        """See `ForeignTool.read`."""
        projects = [an_object(one) for one in (a_list(document) or [document])]
        problems: list[str] = []
        findings: list[Finding] = []
        seen: list[str] = []
        for project in projects:
            problem = _problem(project)
            path = _path(project, places)
            if problem:
                problems.append(f"snyk did not look at {one_line(path) or 'a project'}: {problem}")
                continue
            seen += [path] if path else []
            findings += _findings(project, path)
        return Reading(tuple(dict.fromkeys(findings)), tuple(seen), problems=tuple(problems))

    def explain(self, rule: str) -> str | None:
        """Where an entry of its database is described."""
        return f"# {rule}\n\n<https://security.snyk.io/vuln/{rule}>\n" if rule.startswith("SNYK-") else None


def _complaint(document: object) -> str:
    entries = [an_object(one) for one in (a_list(document) or [document])]
    return next((one_line(str(entry["error"]), 200) for entry in entries if entry.get("error")), "")


def _problem(project: Json) -> str:
    """Why a project's part of the report is none, empty when it is one."""
    if project.get("error"):
        return one_line(str(project["error"]), 200)
    if not isinstance(project.get("vulnerabilities"), list):
        raise ToolOutputError("what snyk printed is no report of `snyk test --json`")
    if project.get("dependencyCount") == 0:
        return "it has no dependencies that snyk knows"
    return ""


def _path(project: Json, places: Places) -> str:
    name = project.get("displayTargetFile") or project.get("targetFile")
    return places.resolve(name) if isinstance(name, str) and name else ""


def _findings(project: Json, path: str) -> Iterator[Finding]:
    """Each vulnerability of each package once, though it is told for every way that leads to it."""
    entries: dict[tuple[str, str, str], list[Json]] = {}
    for entry in map(an_object, a_list(project["vulnerabilities"])):
        name = str(entry.get("packageName") or entry.get("moduleName") or entry.get("name") or "")
        identifier, version = str(entry.get("id") or ""), str(entry.get("version") or "")
        if not identifier or not name:
            raise ToolOutputError("a vulnerability in the output of snyk has no id or no package")
        entries.setdefault((identifier, name, version), []).append(entry)
    return (_finding(key, ways, path) for key, ways in entries.items())


def _finding(key: tuple[str, str, str], ways: list[Json], path: str) -> Finding:
    identifier, name, version = (one_line(part, 120) for part in key)
    entry = ways[0]
    identifiers = an_object(entry.get("identifiers"))
    severity, native = rated(entry.get("cvssScore"), entry.get("severity"))
    title = one_line(str(entry.get("title") or "known vulnerability"), 160)
    chain = " > ".join(texts(entry.get("from"))[1:])
    urls = [an_object(reference).get("url") for reference in a_list(entry.get("references"))]
    return Finding(
        scanner="snyk",
        rule=identifier,
        severity=severity,
        message=f"{name} {version}: {title}" + (f" (through {one_line(chain, 200)})" if ">" in chain else ""),
        location=Location(path) if path else None,
        title=title,
        category=Category.DEPENDENCY,
        native_severity=native,
        cwe=weaknesses(texts(identifiers.get("CWE"))),
        aliases=tuple(sorted({*texts(identifiers.get("CVE")), *texts(identifiers.get("GHSA"))})),
        package=Package(name, version, tuple(one_line(fixed, 60) for fixed in texts(entry.get("fixedIn")))),
        references=links((f"https://security.snyk.io/vuln/{identifier}", *urls)),
        fix=_fix(entry, name),
    )


def _fix(entry: Json, name: str) -> str:
    upgrade = next((step for step in a_list(entry.get("upgradePath")) if isinstance(step, str)), "")
    fixed = ", ".join(texts(entry.get("fixedIn")))
    if upgrade:
        return f"Update to {one_line(upgrade, 120)}."
    return f"Update {name} to {one_line(fixed, 120)}." if fixed else "There is no fixed version yet."
