"""One run of pip-audit over a project: what is read, asked, and said of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from packaging.version import Version

from mcpquality_scanners.advisories.exploitation import Exploitation
from mcpquality_scanners.advisories.store import default_store
from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.clock import Clock
from mcpquality_scanners.dependencies import Graph, Imports, Pin, Reading, read_imports, scrub
from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus, Unseen
from mcpquality_scanners.globs import matches
from mcpquality_scanners.pip_audit.audit import Audit, Auditor
from mcpquality_scanners.pip_audit.choices import NAME
from mcpquality_scanners.pip_audit.exposure import Exposure, read_exploitation
from mcpquality_scanners.pip_audit.gather import Gathered, gather, strings, text
from mcpquality_scanners.pip_audit.output import Query
from mcpquality_scanners.pip_audit.report import to_findings

_UPDATE = "`mcpquality advisories update`"

_NAMED = 10
"""Dependencies that a problem's text names; the list of what was not seen has all."""


async def run(context: ScanContext, clock: Clock, store: Path | None, osv_url: str) -> ScanResult:
    """Audit every manifest among the files; see `PipAuditScanner` for the arguments.

    Raises:
        ToolNotInstalledError: pip-audit cannot be had.
    """
    end = clock.monotonic() + context.timeout

    def remaining() -> float:
        return max(1.0, end - clock.monotonic())

    gathered = await gather(context, remaining)
    if not gathered.readings:
        return _nothing(context)
    pins = _by_query(gathered.readings)
    context.progress(f"auditing {len(pins)} versions")
    auditor = Auditor(context, clock, store or default_store(), remaining, osv_url)
    looked = await auditor.audit(tuple(pins)) if pins else Audit()
    exposure, problems = await asyncio.to_thread(_exposure, context, gathered, looked)
    return _result(context, gathered, pins, replace(looked, problems=looked.problems + problems), exposure)


def _nothing(context: ScanContext) -> ScanResult:
    if strings(context, "manifests"):
        problem = "none of the files is named by the option `manifests`: correct its globs."
        return ScanResult(NAME, ScanStatus.INCOMPLETE, problems=(problem,))
    what = "there is no requirements file, pyproject.toml or lock file, and no `environment` is set"
    if context.asked:
        return ScanResult(NAME, ScanStatus.INCOMPLETE, problems=(f"asked for by name, but {what}.",))
    return ScanResult(NAME, ScanStatus.NOT_APPLICABLE, notes=(f"{what.capitalize()}.",))


def _exposure(context: ScanContext, gathered: Gathered, looked: Audit) -> tuple[Exposure, tuple[str, ...]]:
    """What is known about the project around its vulnerable packages; nothing is read when there are none."""
    graph = Graph(gathered.readings)
    found = [item for vulnerabilities in looked.outcome.audited.values() for item in vulnerabilities]
    if not found:
        return Exposure(graph, Imports(frozenset(), frozenset(), complete=False), Exploitation(), looked.index), ()
    ids = {name for item in found for name in item.ids}
    ids |= {name for records in looked.known.values() for record in records for name in record.ids}
    exploitation, problems = read_exploitation(
        text(context, "epss"), text(context, "kev"), context.root, ids, offline=context.offline
    )
    imports = read_imports(context.root, context.files)
    return Exposure(graph, imports, exploitation, looked.index), problems


def _result(
    context: ScanContext,
    gathered: Gathered,
    pins: Mapping[Query, tuple[Pin, ...]],
    looked: Audit,
    exposure: Exposure,
) -> ScanResult:
    """Everything there is to say: complete only when nothing is unseen and there is no problem."""
    readings, outcome = gathered.readings, looked.outcome
    failed = [
        Unseen(f"{_manifest(pin, readings)}: {pin.name} {pin.version}", reason)
        for query, reason in outcome.failed.items()
        for pin in pins[query]
    ]
    unseen = {*(item for reading in readings for item in reading.unseen), *failed, *looked.unseen}
    problems = (*_unused_globs(context, readings), *_unaudited(context, outcome.failed), *looked.problems)
    return ScanResult(
        scanner=NAME,
        status=ScanStatus.INCOMPLETE if unseen or problems else ScanStatus.COMPLETE,
        findings=_findings(pins, looked, exposure),
        seen=_seen(context, readings, {pin for query in outcome.failed for pin in pins[query]}),
        unseen=tuple(sorted(unseen)),
        problems=problems,
        notes=tuple(note for reading in readings for note in _notes(reading)) + looked.notes,
        version=looked.version,
        commands=gathered.commands + outcome.commands,
    )


def _findings(pins: Mapping[Query, tuple[Pin, ...]], looked: Audit, exposure: Exposure) -> tuple[Finding, ...]:
    return tuple(
        finding
        for query, vulnerabilities in looked.outcome.audited.items()
        for finding in to_findings(NAME, pins[query], vulnerabilities, looked.known.get(query, ()), exposure)
    )


def _by_query(readings: Iterable[Reading]) -> dict[Query, tuple[Pin, ...]]:
    """Every exact version once, with all its places; a local version is asked about as its release."""
    found: dict[Query, set[Pin]] = {}
    for reading in readings:
        for pin in reading.pins:
            found.setdefault(Query(pin.name, Version(pin.version).public), set()).add(pin)
    return {query: tuple(sorted(found[query])) for query in sorted(found)}


def _manifest(pin: Pin, readings: Iterable[Reading]) -> str:
    """The manifest a pin stands in, or the environment it is installed in."""
    return pin.origin.path or next(reading.manifest for reading in readings if pin in reading.pins)


def _seen(context: ScanContext, readings: Iterable[Reading], failed: set[Pin]) -> tuple[str, ...]:
    """The manifests that were read and whose versions were all looked up."""
    listed = set(context.files)
    seen: set[str] = set()
    lost: set[str] = {pin.origin.path for pin in failed}
    for reading in readings:
        whole = not failed.intersection(reading.pins)
        (seen if whole else lost).add(reading.manifest)
        seen.update(reading.files)
        lost.update(item.name for item in reading.unseen)
    return tuple(sorted((seen & listed) - lost))


def _notes(reading: Reading) -> tuple[str, ...]:
    says = reading.pins or reading.wanted or reading.unseen or reading.undeclared or reading.files or reading.notes
    return reading.notes if says else (f"{reading.manifest} asks for nothing.",)


def _unused_globs(context: ScanContext, readings: Iterable[Reading]) -> tuple[str, ...]:
    paths = [reading.manifest for reading in readings]
    globs = strings(context, "manifests")
    return tuple(
        f"the option `manifests` names {scrub(glob, 80)!r}, which no file matches: correct it."
        for glob in globs
        if not any(matches(path, glob) for path in paths)
    )


def _unaudited(context: ScanContext, failed: Mapping[Query, str]) -> tuple[str, ...]:
    """One problem for each reason why versions were not audited, with the first few of them.

    The reason itself stands with each of them among what was not seen.
    """
    by_reason: dict[str, list[Query]] = {}
    for query, reason in failed.items():
        by_reason.setdefault(reason, []).append(query)
    return tuple(_problem(queries, _advice(context, reason)) for reason, queries in by_reason.items())


def _problem(queries: list[Query], advice: str) -> str:
    names = ", ".join(str(query) for query in queries[:_NAMED])
    more = f" and {len(queries) - _NAMED} more" if len(queries) > _NAMED else ""
    noun = "dependency was" if len(queries) == 1 else "dependencies were"
    return f"{len(queries)} {noun} not audited ({names}{more}). {advice}".rstrip()


def _advice(context: ScanContext, reason: str) -> str:
    """What helps, given what is set and said: nobody is told to do what is done already."""
    if "`advisories`" in reason:
        return "Correct the option `advisories`."
    if text(context, "advisories") or context.offline or _UPDATE in reason:
        return ""
    return f"Try again where the services answer, or keep advisories at hand with {_UPDATE}."
