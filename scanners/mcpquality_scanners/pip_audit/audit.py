"""Ask about exact versions: a folder of records through our own endpoint, or the services one by one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from mcpquality_scanners.advisories import Advisory, Index, Records, load_folder, parse_record, serving
from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.dependencies import scrub
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Unseen
from mcpquality_scanners.pip_audit.gather import text
from mcpquality_scanners.pip_audit.output import Answer, Query
from mcpquality_scanners.pip_audit.services import LOCAL_CANARIES, PYPI, Outcome, Runner, Service, local, osv


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of asking: the outcome, pip-audit's version, the local records, what there is to say."""

    outcome: Outcome = field(default_factory=lambda: Outcome({}, {}))
    version: str = ""
    index: Index = field(default_factory=lambda: Index(()))
    unseen: tuple[Unseen, ...] = ()
    notes: tuple[str, ...] = ()


async def audit(
    context: ScanContext, queries: tuple[Query, ...], remaining: Callable[[], float], osv_url: str = ""
) -> Audit:
    """Ask about all these versions; what nobody answered is in the outcome's `failed`, with the reason.

    Args:
        context: The scan; the options are those of `PipAuditScanner`.
        queries: The versions.
        remaining: Gives the seconds that are left.
        osv_url: Query address of a service that answers as OSV does; empty for OSV itself.

    Raises:
        ToolNotInstalledError: pip-audit cannot be had.
    """
    folder = text(context, "advisories")
    if not folder:
        if context.offline:
            return _none(queries, "offline, and no `advisories` folder is set")
        runner = await _runner(context, remaining)
        return Audit(await _online(context, runner, queries, osv_url), version=runner.tool.version)
    try:
        records = await asyncio.to_thread(_load, context.root, folder)
    except NotADirectoryError:
        return _none(queries, f"`advisories` is no folder: {scrub(folder)}")
    unseen = _flaws(folder, records, queries)
    if not records.advisories:
        reason = f"the folder {scrub(folder)} holds no advisory about a package of PyPI"
        return replace(_none(queries, reason), unseen=unseen)
    runner = await _runner(context, remaining)
    index = Index((*records.advisories, *_canary_records()))
    async with serving(index) as url:
        outcome = await runner.ask(local(url, _checker(index)), queries)
    note = f"Audited against the advisories in {scrub(folder)} ({len(records.advisories)} records)."
    return Audit(outcome, runner.tool.version, index, unseen, (note,))


def _none(queries: Iterable[Query], reason: str) -> Audit:
    return Audit(Outcome({}, dict.fromkeys(queries, reason)))


def _load(root: Path, folder: str) -> Records:
    place = os.path.expanduser(folder)  # noqa: PTH111 - pathlib raises for a user that is not there
    return load_folder(root / place)


async def _runner(context: ScanContext, remaining: Callable[[], float]) -> Runner:
    tool = await context.tools.tool("pip-audit")
    return Runner(tool, context.processes, context.scratch, context.jobs, remaining)


async def _online(context: ScanContext, runner: Runner, queries: tuple[Query, ...], osv_url: str) -> Outcome:
    """Ask the services one after the other, each about what the ones before it did not answer."""
    choice = text(context, "service")
    services: tuple[Service, ...] = () if choice == "pypi" else (osv(osv_url),)
    services += () if choice == "osv" else (PYPI,)
    outcome = Outcome({}, dict.fromkeys(queries, ""))
    for service in services:
        if outcome.failed:
            more = await runner.ask(service, outcome.failed)
            failed = {
                query: "; ".join(filter(None, (outcome.failed[query], why))) for query, why in more.failed.items()
            }
            outcome = Outcome(outcome.audited | more.audited, failed, outcome.commands + more.commands)
    return outcome


def _flaws(folder: str, records: Records, queries: Iterable[Query]) -> tuple[Unseen, ...]:
    """The records that could not be used, less those about packages that nobody asks about."""
    asked = {query.name for query in queries}
    return tuple(
        Unseen(f"{scrub(folder)}/{scrub(flaw.path)}", flaw.reason)
        for flaw in records.flaws
        if not flaw.packages or flaw.packages & asked
    )


def _canary_records() -> tuple[Advisory, ...]:
    """Records of ours about packages that do not exist, through which the way to the records is proved."""
    return tuple(
        parse_record(
            {
                "id": min(canary.ids),
                "summary": "The canary of mcpquality.",
                "affected": [
                    {
                        "package": {"name": canary.query.name, "ecosystem": "PyPI"},
                        "versions": [canary.query.version],
                    }
                ],
            }
        )
        for canary in LOCAL_CANARIES
    )


def _checker(index: Index) -> Callable[[Answer], None]:
    """A check that everything our endpoint answered has come out of pip-audit."""

    def check(answer: Answer) -> None:
        for query, vulnerabilities in answer.audited.items():
            reported = {name for item in vulnerabilities for name in item.ids}
            lost = [item.id for item in index.matching(query.name, query.version) if item.id not in reported]
            if lost:
                raise ToolOutputError(f"pip-audit does not pass on {', '.join(lost)} about {query}")

    return check
