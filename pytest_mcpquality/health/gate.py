"""The gate: all servers side by side, all checks on what was seen of them, one verdict. No pytest, no printing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from pathlib import Path
from typing import Protocol

from mcpquality_scanners.clock import Clock
from mcpquality_scanners.errors import McpQualityError
from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus
from mcpquality_scanners.fingerprints import with_fingerprints
from mcpquality_scanners.git import head_commit
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.results import Commit, Environment, FileSummary, Results
from mcpquality_scanners.tasks import ended
from mcpquality_scanners.text import one_line
from pytest_mcpquality.health.check import Check
from pytest_mcpquality.health.definitions import Definitions, Wire
from pytest_mcpquality.health.judging import SCANNER, Looked, result_of, scanner_of
from pytest_mcpquality.health.locking import Lock, relocked
from pytest_mcpquality.health.looking import LookOptions, observe
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.selecting import Candidate
from pytest_mcpquality.health.settings import HealthSettings, ServerSettings
from pytest_mcpquality.mcp.specs import ServerSpec
from pytest_mcpquality.policy import checked, headline, judge, verdict

NO_SERVER = (
    "there is no server to check: list it in .mcp.json, .vscode/mcp.json, .cursor/mcp.json, "
    "claude_desktop_config.json or [tool.mcpquality.servers], or name a command or URL with --server (under pytest "
    "--mcp-health-server)"
)

OVERTIME = 5.0
"""Seconds that a server gets on top of its time, for being ended."""


class Observer(Protocol):
    """Is told how the run goes on; servers under the names of their results."""

    def started(self, scanner: str) -> None:
        """A server is started."""

    def progress(self, scanner: str, text: str) -> None:
        """Something is worth a few words."""

    def finished(self, result: ScanResult) -> None:
        """There is a result."""


Look = Callable[[str, ServerSpec, LookOptions], Awaitable[Observation]]
"""Looks at one server, in the way of `looking.observe`."""


@dataclass(frozen=True, slots=True)
class HealthPlan:
    """Everything a run needs to know.

    Attributes:
        root: The project's folder.
        target: The folder as the user wrote it, for the report.
        candidates: The servers, those that are off too.
        settings: What holds for them.
        checks: What they are checked for.
        lock: The lock file.
        environment: About this installation, for the report.
    """

    root: Path
    target: str
    candidates: tuple[Candidate, ...]
    settings: HealthSettings
    checks: tuple[Check[Observation], ...]
    lock: Lock
    environment: Environment


@dataclass(frozen=True, slots=True)
class HealthRun:
    """What a run came to: the results, and what the lock file is to hold from now on; None: what it holds."""

    results: Results
    relocked: Mapping[str, Wire] | None = None


async def run_gate(plan: HealthPlan, clock: Clock, observer: Observer, look: Look = observe) -> HealthRun:
    """Look at all servers, and judge what was seen.

    When the calling task is cancelled, every server is ended and what was seen so far is judged; the run is marked as
    interrupted.
    """
    begun, started = clock.monotonic(), clock.now()
    looked, commit, interrupted = await _Looking(plan, clock, observer, look).all()
    renewed = None
    if plan.lock.update and not interrupted:
        renewed = relocked(
            plan.lock, [one.observation for one in looked.values()], [one.name for one in plan.candidates]
        )
    results = [_result(plan, candidate, looked, renewed, clock.now().date()) for candidate in plan.candidates]
    for result in results:
        if result.status is not ScanStatus.OFF:
            observer.finished(result)
    results = results or [ScanResult(SCANNER, ScanStatus.INCOMPLETE, problems=(NO_SERVER,))]
    whole = _assembled(plan, results, interrupted=interrupted)
    return HealthRun(
        replace(
            whole,
            started=started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=clock.monotonic() - begun,
            commit=commit,
        ),
        renewed,
    )


def _result(
    plan: HealthPlan,
    candidate: Candidate,
    looked: Mapping[str, Looked],
    renewed: Mapping[str, Wire] | None,
    today: date,
) -> ScanResult:
    name = scanner_of(candidate.name)
    if candidate.off:
        return ScanResult(name, ScanStatus.OFF, notes=(candidate.off,))
    if candidate.name not in looked:
        return ScanResult(name, ScanStatus.ERROR, problems=("interrupted before it was done",))
    own = looked[candidate.name]
    lock = plan.lock.servers if renewed is None else renewed
    seen = replace(
        own.observation,
        entry=candidate.entry,
        locked=lock.get(candidate.name),
        lock_file=plan.lock.name,
        others=dict(_others(candidate.name, looked)),
    )
    return checked(result_of(replace(own, observation=seen), plan.checks, plan.settings, today))


def _others(name: str, looked: Mapping[str, Looked]) -> Iterator[tuple[str, Definitions]]:
    for other, one in looked.items():
        definitions = one.observation.definitions
        if other != name and definitions is not None:
            yield other, definitions


def _assembled(plan: HealthPlan, results: Sequence[ScanResult], *, interrupted: bool) -> Results:
    settings = plan.settings
    found = with_fingerprints([finding for result in results for finding in result.findings], lambda _path: None)
    counting: tuple[Finding, ...] = tuple(finding for finding in found if finding.suppression is None)
    accepted = {scanner_of(name) for name in settings.accepted}
    gates = judge(results, counting, settings.fail_on, accepted)
    answer = verdict(gates, interrupted=interrupted)
    return Results(
        verdict=answer,
        headline=headline(answer, gates, interrupted=interrupted),
        fail_on=settings.fail_on,
        gates=gates,
        scanners=tuple(replace(result, findings=()) for result in results),
        findings=counting,
        suppressed=tuple(finding for finding in found if finding.suppression is not None),
        files=FileSummary(0, ""),
        target=plan.target,
        started="",
        seconds=0.0,
        environment=plan.environment,
        weakened=(*settings.weakened, *_switched_off(plan.candidates)),
        interrupted=interrupted,
    )


def _switched_off(candidates: Sequence[Candidate]) -> Iterator[str]:
    """A sentence for each reason why servers are not looked at."""
    for reason in dict.fromkeys(one.off for one in candidates if one.off):
        names = [one.name for one in candidates if one.off == reason]
        yield f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {reason}"


class _Looking:
    """One run over all servers: holds what they share."""

    def __init__(self, plan: HealthPlan, clock: Clock, observer: Observer, look: Look) -> None:
        self._plan = plan
        self._clock = clock
        self._observer = observer
        self._look = look
        self._slots = asyncio.Semaphore(plan.settings.jobs)

    async def all(self) -> tuple[dict[str, Looked], Commit | None, bool]:
        """What was seen of each server that was done, the revision, and whether the run was interrupted."""
        wanted = [one for one in self._plan.candidates if not one.off]
        tasks = {one.name: asyncio.create_task(self._one(one)) for one in wanted}
        commit = asyncio.create_task(head_commit(self._plan.root, SystemProcessRunner(self._clock)))
        interrupted = not await ended([*tasks.values(), commit])
        done = {name: task.result() for name, task in tasks.items() if not task.cancelled()}
        return done, None if commit.cancelled() else commit.result(), interrupted

    async def _one(self, candidate: Candidate) -> Looked:
        spec = candidate.spec
        if spec is None or candidate.missing:
            return Looked(Observation(candidate.name), candidate.missing)
        name = scanner_of(candidate.name)
        async with self._slots:
            self._observer.started(name)
            started = self._clock.monotonic()
            looked = await self._limited(candidate.name, spec, self._plan.settings.of(candidate.name))
            seconds = self._clock.monotonic() - started
        self._observer.progress(name, f"looked at in {seconds:.1f} s")
        return replace(looked, seconds=seconds)

    async def _limited(self, name: str, spec: ServerSpec, settings: ServerSettings) -> Looked:
        """What was seen, or that there is none although its time is up and it was to be ended."""
        task = asyncio.create_task(self._guarded(name, spec, settings))
        try:
            await asyncio.wait({task}, timeout=settings.timeout + OVERTIME)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=OVERTIME)
        if task.done() and not task.cancelled():
            return task.result()
        problem = f"was not done after {settings.timeout:g} s and could not be ended in time; raise it with --timeout"
        return Looked(Observation(name), (problem,))

    async def _guarded(self, name: str, spec: ServerSpec, settings: ServerSettings) -> Looked:
        """What was seen; what goes wrong on our side becomes a problem, so that one server never costs another."""
        options = LookOptions(timeout=settings.timeout, start_timeout=settings.limits.start, settings=settings)
        try:
            return Looked(await self._look(name, spec, options))
        except McpQualityError as error:
            problem = str(error)
        # Whatever a server makes ours do must not cost what was seen of the others.
        except Exception as error:  # noqa: BLE001
            problem = f"looking broke off with {type(error).__name__}: {one_line(str(error))}. Please report this bug."
        return Looked(Observation(name), (problem,))
