"""Trivy on a file system: known vulnerabilities, secrets and, where asked for, misconfigurations.

It ends with 0 for findings unless told otherwise. All packages are listed, so that the lock files which it has
read can be told from those it has not. Its configuration and ignore file in the tree have no say.
"""

from __future__ import annotations

from collections.abc import Iterator

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Category, Finding, Location, Package, Region, Severity, Unseen
from mcpquality_scanners.foreign.interface import Look, Reading
from mcpquality_scanners.foreign.packages import links, rated, weaknesses
from mcpquality_scanners.foreign.places import Places, named
from mcpquality_scanners.foreign.shapes import Json, a_list, an_object, texts
from mcpquality_scanners.options import Option, OptionKind, Weaker
from mcpquality_scanners.outputs import json_value, member
from mcpquality_scanners.pragmas import ALLOWLIST, apply_pragmas
from mcpquality_scanners.roles import is_documentation, is_test
from mcpquality_scanners.severity import LABELS, SECRET, by_word
from mcpquality_scanners.text import one_line

_LOCKS = (
    "Cargo.lock", "composer.lock", "conan.lock", "Gemfile.lock", "go.mod", "gradle.lockfile", "mix.lock",
    "package-lock.json", "packages.lock.json", "Pipfile.lock", "pnpm-lock.yaml", "poetry.lock", "pom.xml",
    "pubspec.lock", "requirements.txt", "uv.lock", "yarn.lock",
)  # fmt: skip
_SCHEMA = 2


class Trivy:
    """See the module."""

    name = "trivy"
    title = "Trivy: known vulnerabilities of packages, and secrets"
    category = Category.DEPENDENCY
    weight = 20
    command = "trivy"
    locked = False
    needs_network = False
    subject = "file"
    options = (
        Option(
            "scanners",
            OptionKind.LIST,
            ("vuln", "secret"),
            "What it looks for: vuln, secret, misconfig, license.",
            weaker=Weaker.LESS,
        ),
    )
    link = "https://trivy.dev/"

    def concerns(self, context: ScanContext) -> tuple[str, ...]:
        """All files."""
        return context.files

    async def look(self, look: Look) -> Reading:
        """See `ForeignTool.look`."""
        report = look.context.scratch / "trivy.json"
        wanted = look.context.options["scanners"]
        scanners = wanted if isinstance(wanted, tuple) else ()
        nothing = str(look.scratch("trivy.yaml"))
        completed = await look.run(
            "fs", "--format", "json", "--output", str(report), "--scanners", ",".join(scanners), "--list-all-pkgs",
            "--include-dev-deps", "--exit-code", "0", "--no-progress", "--config", nothing, "--ignorefile", nothing,
            *(("--offline-scan", "--skip-db-update", "--skip-java-db-update") if look.context.offline else ()),
            ".",
            exits={0},
        )  # fmt: skip
        try:
            document = json_value(report.read_bytes(), "trivy", completed.stderr)
        except OSError as error:
            raise ToolOutputError("trivy wrote no report") from error
        reading = self.read(document, look.places)
        unread = _unread(document, look) if "vuln" in scanners else ()
        gone = {one.name for one in unread}
        seen = tuple(path for path in look.files if path not in gone)
        return Reading(reading.findings, seen, unread, reading.problems)

    def read(self, document: object, places: Places) -> Reading:
        """See `ForeignTool.read`."""
        if member(document, "SchemaVersion", int, self.name) != _SCHEMA:
            raise ToolOutputError("trivy wrote a report of another schema than 2: update it")
        about = an_object(document)
        kind = about.get("ArtifactType")
        problems = () if kind in {"filesystem", "repository"} else (
            f"The report of trivy is about a {one_line(str(kind), 40)}, not about files. Write it with `trivy fs`.",
        )  # fmt: skip
        findings: list[Finding] = []
        for result in map(an_object, a_list(about.get("Results"))):
            path = places.resolve(str(result.get("Target") or "")) if result.get("Target") else ""
            findings += _findings(result, path)
        return Reading(apply_pragmas(findings, places.root, ALLOWLIST), problems=problems)

    def explain(self, rule: str) -> str | None:
        """Where a vulnerability is described."""
        return f"# {rule}\n\n<https://avd.aquasec.com/nvd/{rule.lower()}>\n" if rule.startswith("CVE-") else None


def _unread(document: object, look: Look) -> tuple[Unseen, ...]:
    results = map(an_object, a_list(an_object(document).get("Results")))
    read = {look.places.resolve(str(result.get("Target") or "")) for result in results if result.get("Packages")}
    reason = "trivy lists no package of it"
    return tuple(Unseen(path, reason) for path in named(look.files, _LOCKS) if path not in read)


def _findings(result: Json, path: str) -> Iterator[Finding]:
    for entry in map(an_object, a_list(result.get("Vulnerabilities"))):
        yield _vulnerability(entry, path)
    for entry in map(an_object, a_list(result.get("Secrets"))):
        yield _secret(entry, path)
    for entry in map(an_object, a_list(result.get("Misconfigurations"))):
        if entry.get("Status", "FAIL") == "FAIL":
            yield _misconfiguration(entry, path)


def _vulnerability(entry: Json, path: str) -> Finding:
    rule, name = one_line(str(entry.get("VulnerabilityID") or ""), 80), one_line(str(entry.get("PkgName") or ""), 120)
    if not rule or not name:
        raise ToolOutputError("a vulnerability in the output of trivy has no id or no package")
    installed = one_line(str(entry.get("InstalledVersion") or ""), 60)
    fixed = tuple(one_line(part, 60) for part in str(entry.get("FixedVersion") or "").split(",") if part.strip())
    severity, native = rated(_score(entry), entry.get("Severity"))
    title = one_line(str(entry.get("Title") or "known vulnerability"), 160)
    return Finding(
        scanner="trivy",
        rule=rule,
        severity=severity,
        message=f"{name} {installed}: {title}",
        location=Location(path) if path else None,
        title=title,
        category=Category.DEPENDENCY,
        native_severity=native,
        cwe=weaknesses(texts(entry.get("CweIDs"))),
        aliases=tuple(sorted(set(texts(entry.get("VendorIDs"))) - {rule})),
        package=Package(name, installed, fixed),
        references=links((entry.get("PrimaryURL"), *texts(entry.get("References")))),
        fix=f"Update {name} to {' or '.join(fixed)}." if fixed else "There is no fixed version yet.",
    )


def _score(entry: Json) -> object:
    """The CVSS score of the source that the severity is from, else the highest of all."""
    sources = {name: an_object(about) for name, about in an_object(entry.get("CVSS")).items()}
    chosen = sources.get(str(entry.get("SeveritySource")))
    abouts = (chosen,) if chosen else tuple(sources.values())
    scores = (about.get("V40Score") or about.get("V3Score") for about in abouts)
    return max((score for score in scores if isinstance(score, int | float)), default=None)


def _secret(entry: Json, path: str) -> Finding:
    rule = one_line(str(entry.get("RuleID") or "secret"), 80)
    title = one_line(str(entry.get("Title") or rule), 120)
    return Finding(
        scanner="trivy",
        rule=rule,
        severity=Severity.MEDIUM if is_test(path) or is_documentation(path) else SECRET,
        # Trivy writes asterisks for all of it: there is no beginning to show.
        message=f"{title} in clear text",
        location=_place(path, entry),
        title=title,
        category=Category.SECRET,
        native_severity=one_line(str(entry.get("Severity") or ""), 20),
        cwe=(798,),
        fix="Revoke it where it was issued, and keep the new one in the environment or a secret store.",
    )


def _misconfiguration(entry: Json, path: str) -> Finding:
    rule = one_line(str(entry.get("ID") or entry.get("AVDID") or "misconfiguration"), 80)
    word = one_line(str(entry.get("Severity") or ""), 20)
    return Finding(
        scanner="trivy",
        rule=rule,
        severity=by_word(LABELS, word),
        message=one_line(str(entry.get("Message") or entry.get("Title") or rule)),
        location=_place(path, an_object(entry.get("CauseMetadata"))),
        title=one_line(str(entry.get("Title") or rule), 120),
        category=Category.CODE,
        native_severity=word,
        references=links((entry.get("PrimaryURL"), *texts(entry.get("References")))),
        fix=one_line(str(entry.get("Resolution") or ""), 300),
    )


def _place(path: str, entry: Json) -> Location | None:
    start, end = entry.get("StartLine"), entry.get("EndLine")
    if not path:
        return None
    if not isinstance(start, int) or start < 1:
        return Location(path)
    return Location(path, Region(start, 0, max(start, end if isinstance(end, int) else 0)))
