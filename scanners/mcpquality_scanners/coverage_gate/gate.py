"""The coverage gate at work: finds or makes the data, reads them, and says how they stand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.clock import Clock
from mcpquality_scanners.coverage_gate import (
    cobertura,
    command,
    coverage_json,
    expected,
    find,
    judge,
    lcov,
    settings,
    sources,
    texts,
    tool,
)
from mcpquality_scanners.coverage_gate.find import DataFile, Format
from mcpquality_scanners.coverage_gate.model import FileData, Measured, Report, merge_all
from mcpquality_scanners.coverage_gate.paths import PathMap
from mcpquality_scanners.coverage_gate.patterns import Patterns
from mcpquality_scanners.coverage_gate.settings import CoverageSettings
from mcpquality_scanners.coverage_gate.sources import SourceFile
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Command, Measure, ScanResult, ScanStatus, Unseen
from mcpquality_scanners.globs import first_match
from mcpquality_scanners.options import Value

NAME = "coverage"

_PARSERS: Mapping[Format, Callable[[bytes, str], Report]] = {
    Format.JSON: coverage_json.parse,
    Format.XML: cobertura.parse,
    Format.LCOV: lcov.parse,
}


@dataclass(slots=True)
class _Run:
    """What one run has come to know; turned into the result at its end, however it ends."""

    context: ScanContext
    limits: tuple[judge.Threshold, ...]
    deadline: float
    notes: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])
    unseen: list[Unseen] = field(default_factory=list[Unseen])
    commands: list[Command] = field(default_factory=list[Command])
    version: str = ""

    def option(self, name: str) -> Value:
        """One of our own options."""
        return self.context.options[name]

    def list_option(self, name: str) -> tuple[str, ...]:
        """One of our own options that is a list."""
        return cast("tuple[str, ...]", self.option(name))


class CoverageGate:
    """One look at the coverage of a project."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def scan(self, context: ScanContext) -> ScanResult:
        """See `CoverageScanner.scan`."""
        started = self._clock.monotonic()
        run = _Run(context, judge.thresholds(context.options), started + context.timeout)
        try:
            result = await self._scan(run)
        except ToolOutputError as error:
            run.problems.append(str(error))
            result = _result(run, measures=judge.unmeasured(run.limits))
        return replace(result, seconds=self._clock.monotonic() - started)

    async def _scan(self, run: _Run) -> ScanResult:
        configured = (
            await asyncio.to_thread(settings.read, run.context.root)
            if run.option("use-coverage-config")
            else CoverageSettings()
        )
        found = await self._find(run, configured)
        if not found.used:
            if not run.context.asked:
                return ScanResult(NAME, ScanStatus.OFF, notes=(texts.OFF,))
            raise ToolOutputError(texts.NO_DATA)
        _note_found(run, found)
        measured, written = await self._measure(run, found, configured)
        return await _judge(run, _without_left_out(run, measured, configured), written, configured)

    async def _find(self, run: _Run, configured: CoverageSettings) -> find.Found:
        root = run.context.root
        argv, data = run.list_option("command"), run.list_option("data")
        if argv:
            return await command.run(run.context, argv, data, self._left(run), run.commands.append)
        if data:
            return await asyncio.to_thread(find.named, root, data)
        return await asyncio.to_thread(find.default, root, configured.data_file)

    async def _measure(
        self, run: _Run, found: find.Found, configured: CoverageSettings
    ) -> tuple[Measured, Mapping[str, int]]:
        """All data as one, and when the oldest data about each file were written."""
        own = [item for item in found.used if item.format is Format.DATA]
        readings: list[tuple[Report, int]] = []
        executed: Mapping[str, frozenset[int]] = {}
        strangers: tuple[str, ...] = ()
        ambiguous: tuple[str, ...] = ()
        if own:
            run.context.progress(f"reading {judge.shortened([item.name for item in own])}")
            reading = await tool.read(run.context, own, configured, self._left(run), run.commands.append)
            readings.append((reading.report, min(item.modified for item in own)))
            run.version = reading.version
            run.unseen += [Unseen(path, "coverage.py cannot parse it: not measured") for path in reading.unreadable]
            executed, strangers, ambiguous = reading.executed, reading.strangers, reading.ambiguous
        for item in found.used:
            if item.format is not Format.DATA:
                run.context.progress(f"reading {item.name}")
                readings.append((await asyncio.to_thread(_parse, item), item.modified))
        measured, written = await asyncio.to_thread(_assemble, run.context, readings)
        return replace(
            measured,
            executed=executed,
            strangers=strangers + measured.strangers,
            ambiguous=ambiguous + measured.ambiguous,
        ), written

    def _left(self, run: _Run) -> float:
        """Seconds until the scanner's time is up; at least one, so that it is the process that reports it."""
        return max(1.0, run.deadline - self._clock.monotonic())


def _note_found(run: _Run, found: find.Found) -> None:
    names = judge.shortened([item.name for item in found.used])
    run.notes.append(f"Read from {names} ({', '.join(sorted({item.format.value for item in found.used}))}).")
    if found.passed_over:
        run.notes.append(f"Also there and not read: {judge.shortened(found.passed_over)}; `data` says which to read.")


def _parse(item: DataFile) -> Report:
    try:
        data = item.path.read_bytes()
    except OSError as error:
        raise ToolOutputError(f"{item.name} cannot be read ({error.strerror}): see to its permissions.") from None
    return _PARSERS[item.format](data, item.name)


def _assemble(context: ScanContext, readings: Sequence[tuple[Report, int]]) -> tuple[Measured, dict[str, int]]:
    names = [name for report, _written in readings for record in report.files for name in record.names]
    paths = PathMap(context.root, context.files, names)
    records: list[tuple[str, FileData]] = []
    written: dict[str, int] = {}
    strangers: list[str] = []
    ambiguous: list[str] = []
    for report, modified in readings:
        for record in report.files:
            match = paths.find(record.names)
            if match.path is None:
                (ambiguous if match.ambiguous else strangers).append(record.names[0])
            else:
                records.append((match.path, record))
                written[match.path] = min(modified, written.get(match.path, modified))
    if not records:
        raise ToolOutputError(
            f"None of the {len(names)} measured files is in the list of files (the first is {names[0]}): "
            "measure this project, or scan the folder that was measured."
        )
    return Measured(merge_all(records), strangers=tuple(strangers), ambiguous=tuple(ambiguous)), written


def _without_left_out(run: _Run, measured: Measured, configured: CoverageSettings) -> Measured:
    """The data less the files that coverage.py's configuration leaves out, which are named."""
    demanded = run.list_option("sources")
    left_out = filter(_left_out(run, configured), measured.files)
    gone = {path for path in left_out if first_match(path, demanded) is None}
    if gone:
        run.notes.append(f"Left out by {configured.file}: {judge.shortened(sorted(gone))}.")
    kept = {path: record for path, record in measured.files.items() if path not in gone}
    return replace(measured, files=kept)


async def _judge(run: _Run, measured: Measured, written: Mapping[str, int], configured: CoverageSettings) -> ScanResult:
    files = await sources.read_all(run.context.root, measured.files)
    await _note_unmeasured(run, measured, configured)
    stale = _stale(run, measured, files, written)
    run.unseen += [Unseen(path, reason) for path, reason in stale.items()]
    records = {
        path: _with_functions(record, files[path]) for path, record in measured.files.items() if path not in stale
    }
    _note_names(run, measured, configured)
    if not measured.files:
        raise ToolOutputError("Every measured file is left out by configuration: nothing was measured.")
    if stale:
        run.problems.append(
            f"The coverage data are stale, so that no figure can be given: {judge.shortened(list(stale))}. "
            "Run the tests again."
        )
        return _result(run, judge.unmeasured(run.limits), records)
    judgement = judge.judge(records, run.limits)
    run.problems += judgement.problems
    run.notes += judgement.notes
    return replace(_result(run, judgement.measures, records), findings=judgement.findings)


def _stale(
    run: _Run, measured: Measured, files: Mapping[str, SourceFile], written: Mapping[str, int]
) -> dict[str, str]:
    """Files that the data no longer fit, and why; those that cannot be read are among them."""
    reasons: dict[str, str] = {}
    for path, record in measured.files.items():
        time = written[path] if run.option("check-times") else None
        reason = files[path].problem or sources.why_stale(
            files[path], record, measured.executed.get(path, frozenset()), time
        )
        if reason:
            reasons[path] = reason
    return reasons


def _with_functions(record: FileData, file: SourceFile) -> FileData:
    """For Python the functions are counted from the source, whatever the data say: see `source`."""
    return replace(record, functions=sources.functions(file.python, record)) if file.python else record


async def _note_unmeasured(run: _Run, measured: Measured, configured: CoverageSettings) -> None:
    """Name the files that should be in the data and are not."""
    patterns = run.list_option("sources")
    wanted = [path for path in run.context.files if first_match(path, patterns)] if patterns else None
    if wanted == []:
        run.problems.append(f"`sources` ({', '.join(patterns)}) matches no file: correct it.")
    known = measured.files.keys() | {item.name for item in run.unseen}
    candidates = expected.expected(run.context.files, measured.files) if wanted is None else wanted
    missing = [path for path in candidates if path not in known]
    # Files that `sources` names are demanded, whatever the configuration leaves out.
    omitted = set(filter(_left_out(run, configured), missing)) if wanted is None else set[str]()
    if omitted:
        run.notes.append(f"Not measured, by {configured.file}: {judge.shortened(sorted(omitted))}.")
    looked_at = await sources.read_all(run.context.root, [path for path in missing if path not in omitted])
    run.unseen += [
        Unseen(
            path,
            "not in the coverage data, so no test imports it: test it, or have it measured at 0 % "
            "(`source` in coverage.py's configuration), or leave it out there (`omit`)",
        )
        for path, file in looked_at.items()
        if not (file.python and file.python.empty)
    ]


def _note_names(run: _Run, measured: Measured, configured: CoverageSettings) -> None:
    if measured.strangers:
        run.notes.append(f"In the data, but not in the list of files: {judge.shortened(measured.strangers)}.")
    if measured.ambiguous:
        run.problems.append(
            f"Several files could be meant by {judge.shortened(measured.ambiguous)}: "
            "map the names with [tool.coverage.paths] and `coverage combine`."
        )
    excluded = sum(record.excluded for record in measured.files.values())
    if excluded:
        by = f", some by {configured.file}" if configured.left_out else ""
        run.notes.append(f"{excluded} lines are left out of account by comments or configuration{by}.")


def _left_out(run: _Run, configured: CoverageSettings) -> Callable[[str], bool]:
    """What tells whether coverage.py's configuration leaves a file out."""
    root = run.context.root.as_posix()
    omit, include = Patterns(configured.omit, root), Patterns(configured.include, root)
    return lambda path: omit.match(path) or bool(configured.include and not include.match(path))


def _result(run: _Run, measures: tuple[Measure, ...], records: Mapping[str, FileData] | None = None) -> ScanResult:
    return ScanResult(
        NAME,
        ScanStatus.INCOMPLETE if run.problems or run.unseen else ScanStatus.COMPLETE,
        seen=tuple(records or ()),
        unseen=tuple(sorted(run.unseen)),
        problems=tuple(run.problems),
        notes=tuple(run.notes),
        version=run.version,
        commands=tuple(run.commands),
        measures=measures,
        coverage=judge.table(records or {}),
    )
