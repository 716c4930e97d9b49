"""Whom pip-audit asks, and how much at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mcpquality_scanners.base import ProcessRunner, Tool
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Command
from mcpquality_scanners.pip_audit.output import Answer, Canary, Query, Vulnerability, read_answer

BATCH = 100
"""Versions a run asks an online service about: it sends one request after the other, about 0.1 s each."""

PATIENCE = 15
"""Seconds an online service may take to connect or to answer one request."""

# Old and famous enough to stay in every database. The second is for runs that ask about requests themselves.
CANARIES = (
    Canary(
        Query("requests", "2.19.1"),
        frozenset({"PYSEC-2018-28", "CVE-2018-18074", "PYSEC-2023-74", "CVE-2023-32681"}),
    ),
    Canary(Query("jinja2", "2.10"), frozenset({"PYSEC-2019-217", "CVE-2019-10906"})),
)

LOCAL_CANARIES = (
    Canary(Query("mcpquality-canary", "1.0"), frozenset({"MCPQUALITY-CANARY-1"})),
    Canary(Query("mcpquality-second-canary", "1.0"), frozenset({"MCPQUALITY-CANARY-2"})),
)
"""Known to our own endpoint alone: reported, they prove the way from pip-audit to the records and back."""


@dataclass(frozen=True, slots=True)
class Service:
    """A source of advisories.

    Attributes:
        name: For people.
        arguments: Which pip-audit is pointed to it with.
        canaries: What it must report; the second stands in where the first would be in two versions.
        batch: How many versions a run asks about.
        remote: Whether it may turn out that it cannot be reached.
        env: What the run needs of its environment.
        check: Looks at an answer; raises ToolOutputError when it knows better.
    """

    name: str
    arguments: tuple[str, ...]
    canaries: tuple[Canary, ...] = CANARIES
    batch: int = BATCH
    remote: bool = True
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    check: Callable[[Answer], None] = lambda _answer: None


PYPI = Service("PyPI", ("-s", "pypi", "--timeout", str(PATIENCE)))


def osv(url: str = "") -> Service:
    """OSV itself, or what answers like it at another address."""
    return Service("OSV", ("-s", "osv", "--timeout", str(PATIENCE), *(("--osv-url", url) if url else ())))


def local(url: str, name: str, check: Callable[[Answer], None]) -> Service:
    """Our own endpoint, which a proxy of the environment would not find."""
    return Service(
        name=name,
        # The endpoint shares our event loop, which a parser of another scanner may hold up for a while.
        arguments=("-s", "osv", "--timeout", "60", "--osv-url", url),
        canaries=LOCAL_CANARIES,
        batch=100_000,
        remote=False,
        env={"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        check=check,
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """What one run asks about: no package in two versions, since pip-audit refuses that."""

    queries: tuple[Query, ...]
    canary: Canary

    @property
    def text(self) -> str:
        """The requirements file for pip-audit."""
        return "".join(f"{query.name}=={query.version}\n" for query in sorted({*self.queries, self.canary.query}))


def batches(queries: Iterable[Query], service: Service) -> tuple[Batch, ...]:
    """Split what is to be asked into runs: each into the first with room and no other version of it."""
    found: list[tuple[Canary, dict[str, Query]]] = []
    for query in sorted(set(queries)):
        for canary, taken in found:
            apart = query.name == canary.query.name and query != canary.query
            if len(taken) < service.batch and query.name not in taken and not apart:
                taken[query.name] = query
                break
        else:
            fitting = (item for item in service.canaries if item.query.name != query.name or item.query == query)
            found.append((next(fitting), {query.name: query}))
    return tuple(Batch(tuple(taken.values()), canary) for canary, taken in found)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a service said about each version, why it said nothing about others, and what was started."""

    audited: dict[Query, tuple[Vulnerability, ...]]
    failed: dict[Query, str]
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs pip-audit, `jobs` at once, in folders below `scratch`; `remaining` gives the seconds left."""

    tool: Tool
    processes: ProcessRunner
    scratch: Path
    jobs: int
    remaining: Callable[[], float]

    async def ask(self, service: Service, queries: Iterable[Query]) -> Outcome:
        """Ask a service about all these versions. What cannot be had is in `failed`, with the reason."""
        planned = batches(queries, service)
        # The first run alone: where the service cannot be reached, the others need not find out one by one.
        alone = 1 if service.remote else 0
        first = [await self._run(service, batch, 0) for batch in planned[:alone]]
        gone = next((reason for outcome in first for reason in outcome.failed.values() if not outcome.audited), "")
        if gone:
            return _merge([*first, *(Outcome({}, dict.fromkeys(batch.queries, gone)) for batch in planned[1:])])
        limit = asyncio.Semaphore(self.jobs)

        async def run(batch: Batch, number: int) -> Outcome:
            async with limit:
                return await self._run(service, batch, number)

        rest = await asyncio.gather(*(run(batch, number) for number, batch in enumerate(planned[alone:], start=alone)))
        return _merge([*first, *rest])

    async def _run(self, service: Service, batch: Batch, number: int) -> Outcome:
        folder = self.scratch / f"{service.name.lower() if service.remote else 'local'}-{number}"
        folder.mkdir()
        (folder / "pins.txt").write_text(batch.text, encoding="utf-8")
        argv = self._command(service)
        commands: tuple[Command, ...] = ()
        try:
            completed = await self.processes.run(argv, cwd=folder, timeout=self.remaining(), env=service.env)
            commands = (completed.command,)
            answer = read_answer(completed, batch.queries, batch.canary)
            service.check(answer)
        except ToolError as error:
            return Outcome({}, dict.fromkeys(batch.queries, f"{service.name}: {error}"), commands)
        asked = {query: answer.audited[query] for query in batch.queries if query in answer.audited}
        skipped = {
            query: f"{service.name}: {answer.skipped[query.name]}" for query in batch.queries if query not in asked
        }
        return Outcome(asked, skipped, commands)

    def _command(self, service: Service) -> tuple[str, ...]:
        command = [str(self.tool.executable), "--progress-spinner", "off", "-f", "json", "--desc", "on"]
        # A cache of its own: answers of another day or another folder must not come back.
        command += ["--aliases", "on", "--cache-dir", str(self.scratch / "cache"), *service.arguments]
        return (*command, "-r", "pins.txt", "--no-deps", "--disable-pip")


def _merge(outcomes: Iterable[Outcome]) -> Outcome:
    audited: dict[Query, tuple[Vulnerability, ...]] = {}
    failed: dict[Query, str] = {}
    commands: tuple[Command, ...] = ()
    for outcome in outcomes:
        audited |= outcome.audited
        failed |= outcome.failed
        commands += outcome.commands
    return Outcome(audited, failed, commands)
