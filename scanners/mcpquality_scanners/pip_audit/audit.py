"""Ask about exact versions: the services one by one, the advisories at hand, or both, as the options say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from mcpquality_scanners.advisories import (
    QUERY,
    AdvisoriesError,
    Advisory,
    Index,
    parse_record,
    serving,
    store,
)
from mcpquality_scanners.advisories.lookup import OSV, look_up
from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.clock import Clock
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Unseen
from mcpquality_scanners.pip_audit.choices import AUTO, BY_OSV, BY_PYPI, BY_STORE
from mcpquality_scanners.pip_audit.gather import text
from mcpquality_scanners.pip_audit.local import Local, flaws, load, local_advisories, too_old
from mcpquality_scanners.pip_audit.output import Answer, Query
from mcpquality_scanners.pip_audit.services import LOCAL_CANARIES, PYPI, Outcome, Runner, Service, local, osv


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of asking.

    Attributes:
        outcome: What was answered, and what was not.
        version: pip-audit's.
        known: The records about each version, as far as there are any: they tell severities.
        index: Everything at hand about the packages, to tell what an upgrade is free of.
        unseen: Records that could not be used.
        problems: What makes it incomplete beside single versions.
        notes: What is worth knowing.
    """

    outcome: Outcome = field(default_factory=lambda: Outcome({}, {}))
    version: str = ""
    known: Mapping[Query, tuple[Advisory, ...]] = field(default_factory=dict[Query, tuple[Advisory, ...]])
    index: Index = field(default_factory=lambda: Index(()))
    unseen: tuple[Unseen, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Audit) -> Audit:
        """What came of asking someone else about what this one did not answer."""
        again = other.outcome
        failed = {
            query: "; ".join(dict.fromkeys(filter(None, (self.outcome.failed.get(query, ""), why))))
            for query, why in again.failed.items()
        }
        return Audit(
            Outcome(self.outcome.audited | again.audited, failed, self.outcome.commands + again.commands),
            other.version or self.version,
            {**self.known, **other.known},
            Index((*self.index, *other.index)),
            self.unseen + other.unseen,
            self.problems + other.problems,
            self.notes + other.notes,
        )


@dataclass(frozen=True, slots=True)
class Auditor:
    """Knows whom to ask, from the options of `PipAuditScanner`.

    Attributes:
        context: The scan.
        clock: Tells how old advisories are.
        store: Where the store of advisories is.
        remaining: Gives the seconds that are left.
        osv_url: Query address of a service that answers as OSV does; empty for OSV itself.
    """

    context: ScanContext
    clock: Clock
    store: Path
    remaining: Callable[[], float]
    osv_url: str = ""

    async def audit(self, queries: tuple[Query, ...]) -> Audit:
        """Ask about all these versions; what nobody answered is in the outcome's `failed`, with the reason.

        Raises:
            ToolNotInstalledError: pip-audit cannot be had.
        """
        here = local_advisories(self.context.root, text(self.context, "advisories"), self.store)
        choice = text(self.context, "service")
        if here.chosen or self.context.offline or choice == BY_STORE:
            return await self._at_hand(here, queries)
        audit = await self._online(choice, queries)
        if choice == AUTO and audit.outcome.failed:
            audit += await self._at_hand(here, tuple(audit.outcome.failed))
        return audit

    async def _at_hand(self, here: Local, queries: tuple[Query, ...]) -> Audit:
        """Ask the advisories at hand, through our own endpoint."""
        names = {query.name for query in queries}
        try:
            records = await asyncio.to_thread(load, here, names)
        except AdvisoriesError as error:
            return Audit(Outcome({}, dict.fromkeys(queries, str(error))))
        flawed = flaws(here, records.flaws, names)
        if here.place.is_dir() and not records.advisories:
            reason = f"the folder {here.name} holds no advisory about a package of PyPI"
            return Audit(Outcome({}, dict.fromkeys(queries, reason)), unseen=flawed)
        runner = await self._runner()
        index = Index((*records.advisories, *_canary_records()))
        async with serving(index) as address:
            outcome = await runner.ask(local(address + QUERY, here.name, _checker(index)), queries)
        limit = self.context.options["max-age"]
        return Audit(
            outcome,
            runner.tool.version,
            {query: index.matching(query.name, query.version) for query in outcome.audited},
            Index(records.advisories),
            flawed,
            too_old(here, records.as_of, self.clock.now(), float(limit) if isinstance(limit, int | float) else None),
            (_used(here, len(records.advisories), records.as_of),),
        )

    async def _online(self, choice: str, queries: tuple[Query, ...]) -> Audit:
        """Ask the services one after the other, each about what the ones before it did not answer."""
        runner = await self._runner()
        services: tuple[Service, ...] = () if choice == BY_PYPI else (osv(self.osv_url),)
        services += () if choice == BY_OSV else (PYPI,)
        audit = Audit(Outcome({}, dict.fromkeys(queries, "")), runner.tool.version)
        for service in services:
            if audit.outcome.failed:
                audit += Audit(await runner.ask(service, audit.outcome.failed))
        return await self._rated(choice, audit)

    async def _rated(self, choice: str, audit: Audit) -> Audit:
        """With the records of what the services named: from the store, else from OSV if that may be asked."""
        outcome = audit.outcome
        ids = {name for found in outcome.audited.values() for item in found for name in item.ids}
        records = await asyncio.to_thread(_stored, self.store, ids)
        held = {name for record in records for name in record.ids}
        missing = {
            item.ids[0] for found in outcome.audited.values() for item in found if not held.intersection(item.ids)
        }
        if choice != BY_PYPI and missing:
            address = self.osv_url.removesuffix(QUERY) if self.osv_url else OSV
            records += await asyncio.to_thread(look_up, missing, address)
        known = {
            query: tuple(record for record in records if any(record.ids.intersection(item.ids) for item in found))
            for query, found in outcome.audited.items()
        }
        return replace(audit, known=known, index=Index(records))

    async def _runner(self) -> Runner:
        tool = await self.context.tools.tool("pip-audit")
        return Runner(tool, self.context.processes, self.context.scratch, self.context.jobs, self.remaining)


def _stored(place: Path, ids: Iterable[str]) -> tuple[Advisory, ...]:
    try:
        return store.named(place, ids)
    except AdvisoriesError:
        return ()  # the services have answered, and what cannot be rated is unknown


def _used(here: Local, count: int, as_of: datetime | None) -> str:
    date = f" as of {as_of:%Y-%m-%d}" if as_of else ""
    what = f"the advisories in {here.name}" if here.chosen else here.name
    return f"Audited against {what} ({count} records about these packages{date})."


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
