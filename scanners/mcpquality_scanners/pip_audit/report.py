"""Vulnerabilities as findings: one for each package, version, advisory and manifest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from packaging.version import InvalidVersion, Version

from mcpquality_scanners.advisories import Advisory, severity_of
from mcpquality_scanners.dependencies import Pin, Wanted
from mcpquality_scanners.dependencies.locks import SCRIPT_LOCK
from mcpquality_scanners.findings import Category, Finding, Location, Package, Reach, Region
from mcpquality_scanners.pip_audit.exposure import Exposure
from mcpquality_scanners.pip_audit.output import Vulnerability
from mcpquality_scanners.text import one_line

_PREFERRED = ("PYSEC-", "GHSA-", "CVE-")
_ADVISORY_ID = re.compile(r"(?:PYSEC|MAL|OSV)-\d{4}-\d+|CVE-\d{4}-\d{4,}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}")
_LINKS = 10
_UPGRADES = {
    "uv.lock": "uv lock --upgrade-package",
    "poetry.lock": "poetry update",
    "pdm.lock": "pdm update",
    "Pipfile.lock": "pipenv upgrade",
}


def to_findings(
    scanner: str,
    pins: Iterable[Pin],
    vulnerabilities: Iterable[Vulnerability],
    records: tuple[Advisory, ...],
    exposure: Exposure,
) -> Iterator[Finding]:
    """The findings about one version.

    Args:
        scanner: Name of the scanner.
        pins: Where that version stands; of one manifest the first line counts.
        vulnerabilities: What pip-audit says about it.
        records: The records about it, which know severities; none when there are none at hand.
        exposure: What is known about the project around it.
    """
    places: dict[str, Pin] = {}
    for pin in sorted(pins):
        places.setdefault(pin.origin.path, pin)
    groups = _grouped(_with_aliases(vulnerabilities, records))
    for pin in places.values():
        fixes = [_fixed(pin.version, members) for _, members in groups]
        upgrade = exposure.upgrade(pin, fixes)
        for (ids, members), fixed in zip(groups, fixes, strict=True):
            known = tuple(record for record in records if record.ids & ids)
            package = exposure.package(pin, fixed, upgrade, ids)
            obstacles = exposure.obstacles(pin, upgrade)
            yield _finding(scanner, pin, package, ids, members, known, _fix(pin, package, obstacles))


def _with_aliases(vulnerabilities: Iterable[Vulnerability], records: tuple[Advisory, ...]) -> list[Vulnerability]:
    """The vulnerabilities under all ids that records know for them: a service may leave some out."""
    found: list[Vulnerability] = []
    for item in vulnerabilities:
        ids = frozenset(item.ids)
        more = {name for record in records if record.ids & ids for name in record.ids} - ids
        found.append(replace(item, ids=(*item.ids, *sorted(more))))
    return found


def _grouped(
    vulnerabilities: Iterable[Vulnerability],
) -> list[tuple[frozenset[str], tuple[Vulnerability, ...]]]:
    """Put together what shares an id: the same thing under several names."""
    groups: list[tuple[frozenset[str], tuple[Vulnerability, ...]]] = []
    for item in vulnerabilities:
        ids = frozenset(item.ids)
        members: tuple[Vulnerability, ...] = (item,)
        for group in [group for group in groups if group[0] & ids]:
            groups.remove(group)
            ids, members = ids | group[0], group[1] + members
        groups.append((ids, members))
    return groups


def _finding(
    scanner: str,
    pin: Pin,
    package: Package,
    ids: frozenset[str],
    members: tuple[Vulnerability, ...],
    records: tuple[Advisory, ...],
    fix: str,
) -> Finding:
    rule = preferred_id(ids)
    severity, native = severity_of(records)
    summary = one_line(members[0].description) or "a known vulnerability"
    line = pin.origin.line
    links = [
        f"https://osv.dev/vulnerability/{rule}",
        *(link for record in records for link in record.references),
    ]
    return Finding(
        scanner=scanner,
        rule=rule,
        severity=severity,
        message=f"{pin.name} {pin.version}: {summary}{_marks(package)}",
        location=Location(pin.origin.path, Region(line) if line else None) if pin.origin.path else None,
        title=one_line(summary, 100),
        category=Category.DEPENDENCY,
        native_severity=one_line(native, 200),
        cwe=tuple(sorted({number for record in records for number in record.cwe})),
        aliases=tuple(sorted(ids - {rule})),
        package=package,
        references=tuple(dict.fromkeys(links))[:_LINKS],
        fix=fix,
    )


def _marks(package: Package) -> str:
    """What makes a finding more or less urgent, behind its text."""
    marks = ["known to be exploited"] if package.known_exploited else []
    marks += [f"EPSS {package.epss:.1%}"] if package.epss is not None else []
    marks += [f"no import of {package.name} was found"] if package.reach is Reach.NOT_IMPORTED else []
    return f" ({'; '.join(marks)})" if marks else ""


def preferred_id(ids: Iterable[str]) -> str:
    """The id that names the thing: PYSEC before GHSA before CVE before others, then by letters."""
    return min(
        sorted(ids),
        key=lambda name: next((n for n, kind in enumerate(_PREFERRED) if name.startswith(kind)), 99),
    )


def _fixed(installed: str, members: tuple[Vulnerability, ...]) -> tuple[str, ...]:
    """The versions free of it by all the records there are: where they disagree, the latest fix counts."""
    firsts = [Version(later[0]) for item in members if (later := _later(installed, item.fixed))]
    every = _later(installed, {version for item in members for version in item.fixed})
    return tuple(version for version in every if Version(version) >= max(firsts))


def _later(installed: str, fixed: Iterable[str]) -> tuple[str, ...]:
    """The fixed versions that come after the installed one, lowest first."""
    now = Version(installed)
    versions: set[Version] = set()
    for text in fixed:
        try:
            versions.add(Version(text))
        except InvalidVersion:
            continue  # a version nobody can ask pip for
    return tuple(str(version) for version in sorted(versions) if version > now)


def _fix(pin: Pin, package: Package, obstacles: tuple[Wanted, ...]) -> str:
    """What to do, with the lowest version that will do for all advisories about the package."""
    if not package.fixed:
        return f"No fixed version of {pin.name} is known; replace it, or accept the risk by name.{_way(package)}"
    sentences = [_upgrade(pin, package.upgrade or package.fixed[0])]
    if not package.upgrade:
        sentences.append("No version is free of everything that is known about it.")
    for limit in obstacles:
        place = f"{limit.origin.path}, line {limit.origin.line}" if limit.origin.line else limit.origin.path
        sentences.append(f"First change `{limit.requirement}` ({place}), which does not allow it.")
    return " ".join(sentences) + _way(package)


def _way(package: Package) -> str:
    if len(package.dependency_path) <= 1:
        return ""
    return f" It is needed by {' > '.join(package.dependency_path[:-1])}."


def _upgrade(pin: Pin, version: str) -> str:
    target = f"Upgrade {pin.name} to {version} or later"
    path = pin.origin.path
    name = PurePosixPath(path).name
    if name.endswith(SCRIPT_LOCK):
        return f"{target}: `uv lock --script {name.removesuffix('.lock')} --upgrade-package {pin.name}`."
    command = _UPGRADES.get(name)
    if command:
        return f"{target}: `{command} {pin.name}`."
    if pin.origin.line:
        return f"{target} in {path} (line {pin.origin.line})."
    return f"{target}; {path} asks for it indirectly." if path else f"{target} in the environment."


def explain(rule: str) -> str | None:
    """Help about an advisory id as Markdown; None for anything else."""
    if not _ADVISORY_ID.fullmatch(rule):
        return None
    return (
        f"# {rule}: a known vulnerability in a dependency\n\n"
        "A version that the project pins, locks or resolves to is one that this advisory lists.\n\n"
        "Upgrade to a fixed version (the finding names the lowest one that comes after yours), then lock "
        "again and run the tests. Where no fix exists, replace the package, or find out whether the affected "
        "part is reachable and record that decision in the finding's suppression.\n\n"
        f"The advisory: <https://osv.dev/vulnerability/{rule}>\n"
    )
