"""OWASP dependency-check: libraries by what their files look like, and their known vulnerabilities.

It ends with 0 for findings unless told otherwise, and writes its report to a file. Analysers that failed are told
inside of the report (`scanInfo.analysisExceptions`). Its first run downloads the whole of NVD: offline it is told
to use what it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Category, Finding, Location, Package
from mcpquality_scanners.foreign.interface import Look, Reading
from mcpquality_scanners.foreign.packages import links, manifests, rated, weaknesses
from mcpquality_scanners.foreign.places import Places, named
from mcpquality_scanners.foreign.shapes import Json, a_list, an_object, texts
from mcpquality_scanners.options import Option
from mcpquality_scanners.outputs import entries, json_value, mapping
from mcpquality_scanners.text import one_line

_ARCHIVES = (".jar", ".war", ".ear", ".dll", ".exe", ".whl", ".egg", ".nupkg", ".aar")
_PURL = re.compile(r"pkg:[^/]+/(?:(?P<group>.+)/)?(?P<name>[^/@?#]+)@(?P<version>[^?#]+)")


class DependencyCheck:
    """See the module."""

    name = "dependency-check"
    title = "OWASP dependency-check: known vulnerabilities of libraries"
    category = Category.DEPENDENCY
    weight = 60
    command = "dependency-check"
    locked = False
    needs_network = False
    subject = "library, manifest or lock file"
    options: tuple[Option, ...] = ()
    link = "https://dependency-check.github.io/DependencyCheck/"

    def concerns(self, context: ScanContext) -> tuple[str, ...]:
        """Manifests, lock files and libraries."""
        archives = tuple(path for path in context.files if path.lower().endswith(_ARCHIVES))
        return (*manifests(context.files), *archives, *named(context.files, ["retire.json"]))

    async def look(self, look: Look) -> Reading:
        """See `ForeignTool.look`."""
        report = look.context.scratch / "dependency-check-report.json"
        completed = await look.run(
            "--project", "mcpquality", "--scan", str(look.context.root), "--format", "JSON", "--out", str(report),
            # It looks into folders of installed packages otherwise, which are not ours to judge twice.
            *("--exclude", "**/node_modules/**", "--exclude", "**/.git/**", "--enableExperimental"),
            *(("--noupdate",) if look.context.offline else ()),
            exits={0},
        )  # fmt: skip
        try:
            document = json_value(report.read_bytes(), "dependency-check", completed.stderr)
        except OSError as error:
            raise ToolOutputError("dependency-check wrote no report") from error
        reading = self.read(document, look.places)
        return Reading(reading.findings, look.files, reading.unseen, reading.problems, reading.notes)

    def read(self, document: object, places: Places) -> Reading:
        """See `ForeignTool.read`."""
        dependencies = [an_object(one) for one in entries(document, "dependencies", self.name)]
        info = mapping(document, "scanInfo", self.name)
        problems = [
            f"An analyser of dependency-check failed: {_words(exception)}"
            for exception in a_list(info.get("analysisExceptions"))
        ]
        if not dependencies:
            problems.append("dependency-check found no library to look at.")
        findings = tuple(finding for one in dependencies for finding in _findings(one, places))
        count = sum(len(a_list(one.get("suppressedVulnerabilities"))) for one in dependencies)
        notes = (f"dependency-check's own suppression files hide {count} vulnerabilities.",) if count else ()
        return Reading(findings, problems=tuple(problems), notes=notes)

    def explain(self, rule: str) -> str | None:  # noqa: ARG002 - each source has ids of its own
        """Nothing: its ids are those of NVD and others."""
        return None


def _words(exception: object) -> str:
    """The message of the innermost cause."""
    about = an_object(an_object(exception).get("exception") or exception)
    while an_object(about.get("cause")):
        about = an_object(about["cause"])
    return one_line(str(about.get("message") or "without words"), 200)


def _findings(dependency: Json, places: Places) -> Iterator[Finding]:
    vulnerabilities = a_list(dependency.get("vulnerabilities"))
    if not vulnerabilities:
        return
    # Of a file inside of an archive or a lock file it writes `archive.jar: inner.jar` or `lock?name`.
    raw = re.split(r"[?*]|: ", str(dependency.get("filePath") or dependency.get("fileName") or ""))[0]
    path = places.resolve(raw) if raw else ""
    package = _package(dependency)
    for vulnerability in map(an_object, vulnerabilities):
        yield _finding(vulnerability, package, path)


def _package(dependency: Json) -> Package:
    """Name and version from the package URL it is surest of, else the file's name."""
    for identifier in map(an_object, a_list(dependency.get("packages"))):
        match = _PURL.match(str(identifier.get("id") or ""))
        if match:
            group = f"{match['group']}/" if match["group"] else ""
            return Package(one_line(group + match["name"], 120), one_line(match["version"], 60))
    name, _, version = str(dependency.get("fileName") or "unknown").partition(":")
    return Package(one_line(name, 120), one_line(version, 60))


def _finding(vulnerability: Json, package: Package, path: str) -> Finding:
    rule = one_line(str(vulnerability.get("name") or ""), 120)
    if not rule:
        raise ToolOutputError("a vulnerability in the output of dependency-check has no name")
    scores = (
        an_object(vulnerability.get(version)).get(key)
        for version, key in (("cvssv4", "baseScore"), ("cvssv3", "baseScore"))
    )
    severity, native = rated(next((score for score in scores if score), None), vulnerability.get("severity"))
    title = one_line(str(vulnerability.get("description") or "known vulnerability"), 160)
    urls = [an_object(reference).get("url") for reference in a_list(vulnerability.get("references"))]
    return Finding(
        scanner="dependency-check",
        rule=rule,
        severity=severity,
        message=f"{package.name} {package.installed}: {title}",
        location=Location(path) if path else None,
        title=rule,
        category=Category.DEPENDENCY,
        native_severity=native,
        cwe=weaknesses(texts(vulnerability.get("cwes"))),
        package=package,
        references=links(urls),
        fix="Update to a version that the advisory does not list. dependency-check goes by what files look like: when "
        "it takes the library for another one, suppress the finding and say so.",
    )
