"""osv-scanner: known vulnerabilities of pinned packages, by the OSV database.

It is handed each lock file of the list, and says on standard error which of them it has read. Exit codes: 0 none,
1 found, 127 failed, 128 no packages. PyPI's package of that name is another program.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from mcpquality_scanners.base import Completed, ScanContext
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Category, Finding, Location, Package, Unseen
from mcpquality_scanners.foreign.interface import Look, Reading
from mcpquality_scanners.foreign.packages import links, locks, rated, weaknesses
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.foreign.shapes import Json, a_list, an_object, texts
from mcpquality_scanners.options import Option
from mcpquality_scanners.outputs import entries, json_value
from mcpquality_scanners.text import last_lines, one_line

_NO_PACKAGES = 128
_SCANNED = re.compile(r"Scanned (.+?) file and found (\d+) packages?")


class OsvScanner:
    """See the module."""

    name = "osv-scanner"
    title = "osv-scanner: known vulnerabilities of packages"
    category = Category.DEPENDENCY
    weight = 8
    command = "osv-scanner"
    locked = False
    needs_network = False
    subject = "lock file"
    options: tuple[Option, ...] = ()
    link = "https://google.github.io/osv-scanner/"

    def concerns(self, context: ScanContext) -> tuple[str, ...]:
        """Lock files."""
        return locks(context.files)

    async def look(self, look: Look) -> Reading:
        """See `ForeignTool.look`."""
        config = look.scratch("osv-scanner.toml")
        old = look.tool.version.startswith(("0.", "1."))
        offline = "--experimental-offline" if old else "--offline"
        completed = await look.run(
            "scan", "--format", "json", "--config", str(config),
            *((offline,) if look.context.offline else ()),
            *(f"--lockfile={_escaped(look.context.root / path)}" for path in look.files),
            exits={0, 1, _NO_PACKAGES},
        )  # fmt: skip
        if completed.exit_code == _NO_PACKAGES:
            raise ToolOutputError(f"osv-scanner found no packages in {len(look.files)} lock files")
        reading = self.read(json_value(completed.stdout, "osv-scanner", completed.stderr), look.places)
        if bool(reading.findings) != (completed.exit_code == 1):
            raise ToolOutputError(
                f"osv-scanner ended with {completed.exit_code} and {len(reading.findings)} findings in its report"
            )
        unread = _unread(completed, look)
        gone = {one.name for one in unread}
        return Reading(reading.findings, tuple(path for path in look.files if path not in gone), unread)

    def read(self, document: object, places: Places) -> Reading:
        """See `ForeignTool.read`."""
        findings: list[Finding] = []
        for result in map(an_object, entries(document, "results", self.name)):
            name = an_object(result.get("source")).get("path")
            path = places.resolve(name) if isinstance(name, str) and name else ""
            for package in map(an_object, a_list(result.get("packages"))):
                findings += _findings(package, path)
        return Reading(tuple(findings))

    def explain(self, rule: str) -> str | None:
        """Where an advisory is described."""
        known = re.fullmatch(r"(?:GHSA|PYSEC|OSV|GO|RUSTSEC|CVE|MAL)-[\w-]+", rule)
        return f"# {rule}\n\n<https://osv.dev/vulnerability/{rule}>\n" if known else None


def _escaped(path: os.PathLike[str]) -> str:
    # What stands before a colon is taken for the kind of the file; an empty kind is told by the name.
    return f":{os.fspath(path)}" if ":" in os.fspath(path) else os.fspath(path)


def _unread(completed: Completed, look: Look) -> tuple[Unseen, ...]:
    """Lock files that it does not say it has read, or in which it found nothing at all."""
    words = completed.stderr.decode("utf-8", "replace")
    read = {look.places.resolve(name): int(count) for name, count in _SCANNED.findall(words)}
    complaint = last_lines(completed.stderr, 1)
    return tuple(
        Unseen(path, "osv-scanner found no packages in it" if path in read else f"not read by osv-scanner: {complaint}")
        for path in look.files
        if not read.get(path)
    )


def _findings(entry: Json, path: str) -> Iterator[Finding]:
    """One for each group of advisories that are one vulnerability under several ids."""
    about = an_object(entry.get("package"))
    package = (one_line(str(about.get("name") or ""), 120), one_line(str(about.get("version") or ""), 60))
    records = {str(an_object(one).get("id")): an_object(one) for one in a_list(entry.get("vulnerabilities"))}
    groups = [an_object(group) for group in a_list(entry.get("groups"))] or [{"ids": [name]} for name in records]
    for group in groups:
        ids = [name for name in texts(group.get("ids")) if name in records]
        if not ids or not package[0]:
            raise ToolOutputError("an entry in the output of osv-scanner names no package or no advisory")
        yield _finding(group, [records[name] for name in ids], ids, package, path)


def _finding(group: Json, records: list[Json], ids: list[str], package: tuple[str, str], path: str) -> Finding:
    names = {*ids, *texts(group.get("aliases")), *(alias for one in records for alias in texts(one.get("aliases")))}
    specific = [an_object(one.get("database_specific")) for one in records]
    word = next((str(one["severity"]) for one in specific if one.get("severity")), "")
    severity, native = rated(_number(group.get("max_severity")), word)
    summary = next((str(one["summary"]) for one in records if one.get("summary")), "known vulnerability")
    fixed = tuple(sorted({version for one in records for version in _fixed(one, package[0])}))
    urls = [an_object(reference).get("url") for one in records for reference in a_list(one.get("references"))]
    return Finding(
        scanner="osv-scanner",
        rule=ids[0],
        severity=severity,
        message=f"{package[0]} {package[1]}: {one_line(summary, 200)}",
        location=Location(path) if path else None,
        title=one_line(summary, 160),
        category=Category.DEPENDENCY,
        native_severity=native,
        cwe=weaknesses(name for one in specific for name in texts(one.get("cwe_ids"))),
        aliases=tuple(sorted(names - {ids[0]})),
        package=Package(*package, fixed),
        references=links((f"https://osv.dev/vulnerability/{ids[0]}", *urls)),
        fix=f"Update {package[0]} to {' or '.join(fixed)}, or later." if fixed else "There is no fixed version yet.",
    )


def _number(text: object) -> float | None:
    try:
        return float(str(text))
    except ValueError:
        return None


def _fixed(record: Json, name: str) -> Iterator[str]:
    """Versions that hold a fix, of this package and not of others that the advisory is about."""
    for affected in map(an_object, a_list(record.get("affected"))):
        if str(an_object(affected.get("package")).get("name", "")).lower() != name.lower():
            continue
        for versions in map(an_object, a_list(affected.get("ranges"))):
            if versions.get("type") != "GIT":
                events = map(an_object, a_list(versions.get("events")))
                yield from (one_line(str(event["fixed"]), 60) for event in events if event.get("fixed"))
