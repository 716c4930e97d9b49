"""npm audit: known vulnerabilities of npm packages, from `package-lock.json` or `npm-shrinkwrap.json`.

Needs npm 7 or later. npm ends with 1 for findings and for errors, ends with 0 and a clean report when it is
offline, and believes a registry that knows no advisories: so a package with a known vulnerability has to be
found by the same registry first, and the report must be of the shape that only an answered audit has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.findings import Category, Finding, Location, Package, Severity, Unseen
from mcpquality_scanners.foreign.interface import Look, Reading
from mcpquality_scanners.foreign.places import Places, named
from mcpquality_scanners.foreign.shapes import Json, an_object, texts
from mcpquality_scanners.options import Option
from mcpquality_scanners.outputs import entries, json_object, mapping, member
from mcpquality_scanners.severity import NPM, by_score, by_word
from mcpquality_scanners.text import last_lines, one_line

LOCKS = ("package-lock.json", "npm-shrinkwrap.json")

# Found to be vulnerable by everybody who looks: GHSA-vh95-rmgr-6w4m and others.
_CANARY = "minimist"
_CANARY_VERSION = "0.0.8"

_OPTIONS = (
    "audit", "--json", "--package-lock-only", "--ignore-scripts",
    # What a project's or a user's .npmrc may have switched off.
    "--offline=false", "--audit=true", "--dry-run=false", "--include=dev", "--include=optional", "--include=peer",
)  # fmt: skip
_GHSA = re.compile(r"GHSA(?:-[0-9a-z]{4}){3}", re.IGNORECASE)
_CWE = re.compile(r"CWE-(\d+)")
_SUPPORTED = (2, 3)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file: its path, and the versions of its packages by their place (`node_modules/a`)."""

    path: str
    versions: Mapping[str, str]


class NpmAudit:
    """See the module."""

    name = "npm-audit"
    title = "npm audit: known vulnerabilities of npm packages"
    category = Category.DEPENDENCY
    weight = 5
    command = "npm"
    locked = False
    needs_network = True
    subject = "package-lock.json or npm-shrinkwrap.json"
    options: tuple[Option, ...] = ()
    link = "https://docs.npmjs.com/cli/commands/npm-audit"

    def concerns(self, context: ScanContext) -> tuple[str, ...]:
        """The lock files, and manifests with dependencies and without a lock file."""
        locks = _locks(context.files)
        return (*locks, *_unlocked(context.root, context.files))

    async def look(self, look: Look) -> Reading:
        """See `ForeignTool.look`."""
        locks, unseen = _read_locks(look.context.root, look.files)
        problems: list[str] = []
        findings: list[Finding] = []
        seen: list[str] = []
        if locks:
            await _check_canary(look, locks[0])
        for lock in locks:
            try:
                findings += await self._audit(look, lock)
                seen.append(lock.path)
            except ToolOutputError as error:
                unseen.append(Unseen(lock.path, str(error)))
        return Reading(tuple(findings), tuple(seen), tuple(unseen), tuple(problems))

    async def _audit(self, look: Look, lock: Lock) -> list[Finding]:
        folder = (look.context.root / lock.path).parent
        completed = await look.run(*_OPTIONS, exits={0, 1}, cwd=folder)
        document = _answered(completed.stdout, completed.stderr)
        _check_count(document, lock)
        return list(_findings(document, [lock]))

    def read(self, document: object, places: Places) -> Reading:
        """See `ForeignTool.read`."""
        report = _checked(document)
        locks, unseen = _read_locks(places.root, _locks(sorted(places.files)))
        findings = tuple(_findings(report, locks))
        known = {name for lock in locks for name in lock.versions}
        strange = sorted(
            node for entry in mapping(report, "vulnerabilities", self.name).values() for node in _nodes(entry)
            if node not in known
        )  # fmt: skip
        problems: list[str] = []
        if strange:
            what = f"The report names packages that no lock file has, such as {one_line(strange[0])}"
            problems.append(f"{what}: it is another project's, or older than the lock file. Write it anew.")
        total = sum(len(lock.versions) for lock in locks)
        if total and not _total(report):
            problems.append("The report is about no package at all. Write it anew, with the network.")
        return Reading(findings, tuple(lock.path for lock in locks), tuple(unseen), tuple(problems))

    def explain(self, rule: str) -> str | None:
        """Where an advisory is described."""
        match = _GHSA.fullmatch(rule)
        return f"# {rule}\n\n<https://github.com/advisories/{match[0]}>\n" if match else None


def _locks(files: Iterable[str]) -> tuple[str, ...]:
    """The lock files; npm reads a shrinkwrap and not the lock beside it."""
    found = named((path for path in files if "node_modules/" not in path), LOCKS)
    folders = {path.rpartition("/")[0] for path in found if path.endswith(LOCKS[1])}
    return tuple(path for path in found if path.endswith(LOCKS[1]) or path.rpartition("/")[0] not in folders)


def _unlocked(root: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Manifests that ask for packages and that neither npm's nor another lock file is for."""
    listed = tuple(files)
    others = named(listed, (*LOCKS, "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"))
    covered = {path.rpartition("/")[0] for path in others}
    return tuple(
        path for path in named(listed, ["package.json"])
        if "node_modules/" not in path and not _is_covered(path, covered) and _asks(root / path)
    )  # fmt: skip


def _is_covered(path: str, covered: set[str]) -> bool:
    """Whether a lock file lies beside the manifest or above it, as for workspaces."""
    folder = path.rpartition("/")[0]
    while folder not in covered and folder:
        folder = folder.rpartition("/")[0]
    return folder in covered


def _asks(path: Path) -> bool:
    try:
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return True
    kinds = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
    return not isinstance(manifest, dict) or any(cast("dict[str, object]", manifest).get(kind) for kind in kinds)


def _read_locks(root: Path, files: Iterable[str]) -> tuple[list[Lock], list[Unseen]]:
    locks: list[Lock] = []
    unseen: list[Unseen] = []
    for path in files:
        if path.endswith("package.json"):
            unseen.append(Unseen(path, "has no lock file: `npm install --package-lock-only` writes it"))
            continue
        try:
            locks.append(_lock(root, path))
        except ToolOutputError as error:
            unseen.append(Unseen(path, str(error)))
    return locks, unseen


def _lock(root: Path, path: str) -> Lock:
    try:
        document = json_object((root / path).read_bytes(), "whoever wrote it")
    except OSError as error:
        raise ToolOutputError(f"cannot be read: {error.strerror}") from error
    version = document.get("lockfileVersion")
    if version not in _SUPPORTED:
        shown = one_line(str(version), 20)
        raise ToolOutputError(f"lock file version {shown}, not 2 or 3: `npm install --package-lock-only` rewrites it")
    packages = mapping(document, "packages", path)
    known = {name: cast("Mapping[str, object]", one) for name, one in packages.items() if isinstance(one, dict)}
    return Lock(path, {
        name: str(entry.get("version", "")) for name, entry in known.items()
        if "node_modules/" in name and not entry.get("link")
    })  # fmt: skip


async def _check_canary(look: Look, lock: Lock) -> None:
    """See that the registry of this project knows advisories.

    Raises:
        ToolError: It does not, or npm does not ask it.
    """
    manifest = {"name": "canary", "version": "1.0.0", "dependencies": {_CANARY: _CANARY_VERSION}}
    packages = {"": manifest, f"node_modules/{_CANARY}": {"version": _CANARY_VERSION}}
    look.scratch_json("canary/package.json", manifest)
    locked = {"name": "canary", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    folder = look.scratch_json("canary/package-lock.json", locked).parent
    settings = (look.context.root / lock.path).with_name(".npmrc")
    if settings.is_file():
        (folder / ".npmrc").write_bytes(settings.read_bytes())
    completed = await look.run(*_OPTIONS, exits={0, 1}, cwd=folder)
    try:
        document = _answered(completed.stdout, completed.stderr)
    except ToolOutputError as error:
        raise ToolError(f"{error}. No lock file was looked at.") from error
    if _CANARY not in mapping(document, "vulnerabilities", "npm audit"):
        raise ToolError(
            f"npm audit does not find the known vulnerabilities of {_CANARY} {_CANARY_VERSION}: its registry knows no "
            "advisories. Use another registry, or skip npm-audit."
        )


def _answered(stdout: bytes, stderr: bytes) -> dict[str, object]:
    """An audit report, of a registry that was asked and has answered."""
    document = json_object(stdout, "npm audit", stderr)
    if "auditReportVersion" not in document:
        raise ToolOutputError(f"npm audit has no report: {_complaint(document) or last_lines(stderr)}")
    return _checked(document)


def _complaint(document: Mapping[str, object]) -> str:
    """What npm says is wrong: in `error`, or beside it when the registry refused."""
    words = an_object(document.get("error"))
    candidates = (words.get("summary"), document.get("message"), words.get("detail"))
    said = next((one_line(text, 200) for text in candidates if isinstance(text, str) and text.strip()), "")
    return re.sub(r"https?://[^\s/]*@", "https://", said)


def _checked(document: object) -> dict[str, object]:
    version = member(document, "auditReportVersion", int, "npm audit")
    if version != 2:  # noqa: PLR2004 - what npm 7 and later write
        raise ToolOutputError(f"npm audit wrote a report of version {version}, not 2: update npm to 7 or later")
    report = cast("dict[str, object]", document)
    mapping(report, "vulnerabilities", "npm audit")
    mapping(report, "metadata", "npm audit")
    return report


def _total(report: dict[str, object]) -> int:
    return member(mapping(mapping(report, "metadata", "npm audit"), "dependencies", "npm audit"), "total", int, "npm")


def _check_count(report: dict[str, object], lock: Lock) -> None:
    if lock.versions and not _total(report):
        raise ToolOutputError(f"npm audit looked at none of its {len(lock.versions)} packages")


def _nodes(entry: object) -> tuple[str, ...]:
    return texts(an_object(entry).get("nodes"))


def _findings(report: dict[str, object], locks: Iterable[Lock]) -> Iterable[Finding]:
    """One for each advisory and installed version; packages that only depend on a vulnerable one are none."""
    known = list(locks)
    for name, entry in mapping(report, "vulnerabilities", "npm audit").items():
        for advisory in entries(entry, "via", "npm audit"):
            # A text there names another vulnerable package of the report.
            if isinstance(advisory, dict):
                for path, version in _installed(_nodes(entry), known):
                    yield _finding(
                        name, cast("dict[str, object]", advisory), path, version, _fix(name, an_object(entry))
                    )


def _installed(nodes: Iterable[str], locks: Iterable[Lock]) -> list[tuple[str, str]]:
    """Lock file and version for each version that is installed at one of the places."""
    wanted = set(nodes)
    found = {(lock.path, version) for lock in locks for node, version in lock.versions.items() if node in wanted}
    return sorted(found) or [("", "")]


def _finding(name: str, advisory: dict[str, object], path: str, version: str, fix: str) -> Finding:
    url = str(advisory.get("url") or "")
    ghsa = _GHSA.search(url)
    severity, native = _severity(advisory)
    affected = one_line(str(advisory.get("range") or "*"), 80)
    title = one_line(str(advisory.get("title") or "known vulnerability"), 160)
    return Finding(
        scanner="npm-audit",
        rule=ghsa[0] if ghsa else f"npm-{one_line(str(advisory.get('source') or 'advisory'), 40)}",
        severity=severity,
        message=f"{one_line(f'{name} {version}', 120)}: {title} (affected: {affected})",
        location=Location(path) if path else None,
        title=title,
        category=Category.DEPENDENCY,
        native_severity=native,
        cwe=tuple(sorted({int(number) for number in _CWE.findall(json.dumps(advisory.get("cwe")))})),
        package=Package(name, version),
        references=(url,) if url.startswith("https://") else (),
        fix=fix,
    )


def _severity(advisory: dict[str, object]) -> tuple[Severity, str]:
    """By the CVSS score where there is one (npm writes 0 for none), else npm's own word."""
    about = an_object(advisory.get("cvss"))
    score = about.get("score")
    if isinstance(score, int | float) and 0 < score <= 10:  # noqa: PLR2004 - where CVSS ends
        return by_score(float(score)), one_line(str(about.get("vectorString") or score), 120)
    word = one_line(str(advisory.get("severity") or ""), 20)
    return by_word(NPM, word), word


def _fix(name: str, entry: Json) -> str:
    available = entry.get("fixAvailable")
    if available is True:
        return f"`npm audit fix` updates {name} within the ranges that package.json allows."
    if isinstance(available, dict):
        target = cast("dict[str, object]", available)
        what = one_line(f"{target.get('name')} {target.get('version')}", 160)
        major = ", a new major version" if target.get("isSemVerMajor") else ""
        return f"Update to {what}{major}: `npm audit fix --force` does."
    return "There is no fixed version yet: replace the package, or suppress the finding with a reason."
