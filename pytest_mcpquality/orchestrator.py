"""Runs the scanners side by side, merges what they found, and judges: no pytest, no printing."""

from __future__ import annotations

import asyncio
import os
import platform
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from mcpquality_scanners.base import ProcessRunner, ScanContext, Scanner, Tool, ToolProvider
from mcpquality_scanners.clock import Clock
from mcpquality_scanners.errors import McpQualityError
from mcpquality_scanners.files import FileListing, list_files
from mcpquality_scanners.findings import ScanResult, ScanStatus, Severity
from mcpquality_scanners.fingerprints import ReadLines, with_fingerprints
from mcpquality_scanners.git import head_commit
from mcpquality_scanners.options import Value
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.results import Commit, Environment, FileSummary, Results
from mcpquality_scanners.tasks import ended
from mcpquality_scanners.text import one_line
from pytest_mcpquality import __version__
from pytest_mcpquality.merge import merge_findings
from pytest_mcpquality.policy import SuppressionRule, checked, headline, judge, suppress, verdict
from pytest_mcpquality.slots import Slots, SlottedRunner, Stopwatch
from pytest_mcpquality.trace import Trace, TracingRunner, neutral

FILES = "files"
"""Name under which what could not even be listed is reported."""

_OVERTIME = 5.0  # seconds a scanner gets to say what it has once its processes have been ended


@dataclass(frozen=True, slots=True)
class Assignment:
    """One scanner with what the configuration says about it; `off` tells who switched it off, empty when it is on."""

    scanner: Scanner
    options: Mapping[str, Value]
    timeout: float
    off: str = ""
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a scan needs to know.

    Attributes:
        root: The folder, absolute.
        target: The folder as the user wrote it, for the report.
        assignments: The scanners, those that are off too.
        exclude: Globs of what is left out of the list of files.
        fail_on: A finding at or over it fails.
        accepted: Names of scanners that may be incomplete.
        suppressions: Entries of the configuration.
        jobs: How many processes may run at once.
        offline: Whether the network must not be used.
        weakened: Sentences about what is looser than by default.
    """

    root: Path
    target: str
    assignments: tuple[Assignment, ...]
    exclude: tuple[str, ...] = ()
    fail_on: Severity = Severity.HIGH
    accepted: Collection[str] = frozenset()
    suppressions: tuple[SuppressionRule, ...] = ()
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    offline: bool = False
    weakened: tuple[str, ...] = ()


class Observer(Protocol):
    """Is told how the scan goes on."""

    def started(self, scanner: str) -> None:
        """A scanner has begun."""

    def progress(self, scanner: str, text: str) -> None:
        """A scanner does something worth a few words."""

    def finished(self, result: ScanResult) -> None:
        """A scanner is done; its findings are not merged yet."""


ToolsFor = Callable[[Callable[[str, str], None]], ToolProvider]
"""Makes the provider of tools; it is handed what to call with a tool's name and a few words on long work."""


async def run_scan(plan: Plan, tools_for: ToolsFor, clock: Clock, observer: Observer) -> Results:
    """Scan, and judge what was found.

    When the calling task is cancelled, every process is ended and the results so far are returned, marked as
    interrupted; the scanners that were not done are named.

    Raises:
        UsageError: The folder cannot be read.
        McpQualityError: There is no place for temporary files.
    """
    begun, started = clock.monotonic(), clock.now()
    processes = SystemProcessRunner(clock)
    listing = await list_files(plan.root, plan.exclude, processes)
    with _scratch_folder() as scratch:
        run = _Run(plan, listing, tools_for, processes, clock, observer, Path(scratch))
        outcomes, commit, interrupted = await run.all()
    results = tuple(checked(result) for result in (*_listing_result(listing), *outcomes))
    found = [finding for result in results for finding in result.findings]
    marked = suppress(found, plan.suppressions, clock.now().date())
    counting = [finding for finding in marked if finding.suppression is None]
    gates = judge(results, counting, plan.fail_on, plan.accepted)
    merged = merge_findings(with_fingerprints(marked, line_reader(plan.root)))
    answer = verdict(gates, interrupted=interrupted)
    return Results(
        verdict=answer,
        headline=headline(answer, gates, interrupted=interrupted),
        fail_on=plan.fail_on,
        gates=gates,
        scanners=tuple(replace(result, findings=()) for result in results),
        findings=tuple(finding for finding in merged if finding.suppression is None),
        suppressed=tuple(finding for finding in merged if finding.suppression is not None),
        files=FileSummary(len(listing.files), listing.source, listing.excluded),
        target=plan.target,
        started=started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=clock.monotonic() - begun,
        environment=environment(),
        commit=commit,
        weakened=plan.weakened,
        interrupted=interrupted,
    )


def _scratch_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="mcpquality-", ignore_cleanup_errors=True)
    except OSError as error:
        problem = f"no folder for temporary files could be made: {error.strerror}"
        raise McpQualityError(f"{problem}. Set TMPDIR to a folder that can be written.") from error


def environment() -> Environment:
    """This project's version, Python's and the platform's."""
    return Environment(__version__, platform.python_version(), platform.system().lower())


def line_reader(root: Path) -> ReadLines:
    """Reads files of the list as text, each once; None for what is not text or cannot be read."""

    @lru_cache(maxsize=256)
    def read_lines(path: str) -> tuple[str, ...] | None:
        try:
            # Lines as the tools count them: a form feed does not end one.
            return tuple((root / path).read_text(encoding="utf-8").split("\n"))
        except (OSError, ValueError):
            return None

    return read_lines


def _listing_result(listing: FileListing) -> tuple[ScanResult, ...]:
    """What could not be listed concerns every scanner, so it gets a line of its own."""
    if not listing.unseen:
        return ()
    return (ScanResult(FILES, ScanStatus.INCOMPLETE, unseen=listing.unseen),)


class _Run:
    """One run of all scanners: holds what they share."""

    def __init__(
        self,
        plan: Plan,
        listing: FileListing,
        tools_for: ToolsFor,
        processes: ProcessRunner,
        clock: Clock,
        observer: Observer,
        scratch: Path,
    ) -> None:
        self._plan = plan
        self._listing = listing
        self._tools_for = tools_for
        self._processes = processes
        self._clock = clock
        self._observer = observer
        self._scratch = scratch
        self._slots = Slots(plan.jobs)

    async def all(self) -> tuple[list[ScanResult], Commit | None, bool]:
        """Every scanner's result in the order of the plan, the revision, and whether the run was interrupted."""
        by_weight = sorted(self._plan.assignments, key=lambda assignment: -assignment.scanner.weight)
        tasks = {each.scanner.name: asyncio.create_task(self._one(each)) for each in by_weight}
        # Started once nothing can go wrong any more before it is waited for: a task that is left to asyncio.run to
        # cancel hangs for good when it is just starting a process. No slot needed, it is over in milliseconds.
        commit = asyncio.create_task(head_commit(self._plan.root, self._processes))
        interrupted = not await ended([*tasks.values(), commit])
        names = (assignment.scanner.name for assignment in self._plan.assignments)
        outcomes = [_outcome(name, tasks[name]) for name in names]
        return outcomes, None if commit.cancelled() else commit.result(), interrupted

    async def _one(self, assignment: Assignment) -> ScanResult:
        name = assignment.scanner.name
        if assignment.off:
            return ScanResult(name, ScanStatus.OFF, notes=(assignment.off,))
        self._observer.started(name)
        stopwatch, trace = Stopwatch(self._clock), Trace()
        result = await self._limited(assignment, stopwatch, trace)
        result = replace(neutral(result, self._plan.root, self._scratch), seconds=stopwatch.seconds)
        self._observer.finished(result)
        return result

    async def _limited(self, assignment: Assignment, stopwatch: Stopwatch, trace: Trace) -> ScanResult:
        """The scanner's result, or what there is to say when its time is up although its processes were ended."""
        task = asyncio.create_task(self._guarded(assignment, stopwatch, trace))
        try:
            while not task.done():
                left = assignment.timeout + _OVERTIME - stopwatch.seconds
                if left <= 0:
                    problem = f"took longer than {assignment.timeout:g} s and was ended; raise it with --timeout"
                    return trace.failed(assignment.scanner.name, problem)
                await asyncio.wait({task}, timeout=left)
        finally:
            # Its time is up, or the run is interrupted and so this task was cancelled: the scanner ends with it.
            task.cancel()
            await asyncio.wait({task})
        if task.cancelled():
            return trace.failed(assignment.scanner.name, "cancelled itself. This is a bug in the scanner.")
        return task.result()

    async def _guarded(self, assignment: Assignment, stopwatch: Stopwatch, trace: Trace) -> ScanResult:
        """The scanner's result; what it raises becomes one, so that one scanner never costs another's findings."""
        name = assignment.scanner.name
        try:
            return _own(await assignment.scanner.scan(self._context(assignment, stopwatch, trace)), name)
        except McpQualityError as error:
            problem = str(error)
        except OSError as error:
            problem = f"could not go on: {one_line(str(error)) or type(error).__name__}"
        # A third party's scanner may raise anything; one that exits with 0 would otherwise end the run as green.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            problem = f"broke off with {type(error).__name__}: {one_line(str(error))}. This is a bug in the scanner."
        return trace.failed(name, problem)

    def _context(self, assignment: Assignment, stopwatch: Stopwatch, trace: Trace) -> ScanContext:
        name = assignment.scanner.name
        scratch = self._scratch / name
        scratch.mkdir()
        tools = self._tools_for(lambda _tool, text: self._observer.progress(name, text))
        return ScanContext(
            root=self._plan.root,
            files=self._listing.files,
            options=assignment.options,
            tools=_UntimedTools(tools, stopwatch, trace),
            processes=TracingRunner(SlottedRunner(self._processes, self._slots, stopwatch, assignment.timeout), trace),
            scratch=scratch,
            timeout=assignment.timeout,
            jobs=self._plan.jobs,
            offline=self._plan.offline,
            asked=assignment.asked,
            progress=lambda text: self._observer.progress(name, text),
        )


class _UntimedTools:
    """A provider of tools whose installations do not count as the scanner's time."""

    def __init__(self, tools: ToolProvider, stopwatch: Stopwatch, trace: Trace) -> None:
        self._tools = tools
        self._stopwatch = stopwatch
        self._trace = trace

    async def tool(self, name: str) -> Tool:
        async with self._stopwatch.waiting():
            tool = await self._tools.tool(name)
        # A scanner's own tool is asked for first; others only help.
        self._trace.version = self._trace.version or tool.version
        return tool


def _own(result: object, name: str) -> ScanResult:
    """What a scanner returned, with everything in it under its name: the gates go by that.

    Raises:
        TypeError: It is no result.
        AttributeError: Something in it is no finding.
    """
    if not isinstance(result, ScanResult):
        raise TypeError(f"it returned {type(result).__name__} instead of a ScanResult")
    findings = (finding if finding.scanner == name else replace(finding, scanner=name) for finding in result.findings)
    return replace(result, scanner=name, findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)))


def _outcome(name: str, task: asyncio.Task[ScanResult]) -> ScanResult:
    if task.cancelled():
        return ScanResult(name, ScanStatus.ERROR, problems=("interrupted before it was done",))
    return task.result()
