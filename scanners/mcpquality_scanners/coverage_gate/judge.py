"""From figures to measures and findings: pure functions."""

from __future__ import annotations

import enum
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mcpquality_scanners.coverage_gate.model import FileData
from mcpquality_scanners.findings import (
    Category,
    Confidence,
    FileCoverage,
    Finding,
    Location,
    Measure,
    Region,
    Severity,
)
from mcpquality_scanners.options import Value

_FILES_NAMED = 5
_PIECES_NAMED = 20


class Metric(enum.Enum):
    """What is counted; the value is the name of its option.

    Statements are lines: coverage.py counts as statements the lines on which one starts, and neither XML nor
    lcov has statements beside lines. The two differ only in that each has a threshold.
    """

    LINES = "lines"
    BRANCHES = "branches"
    FUNCTIONS = "functions"
    STATEMENTS = "statements"

    @property
    def measure(self) -> str:
        """Name of the figure for all files together."""
        return f"{_SINGULAR[self]} coverage"

    @property
    def file_measure(self) -> str:
        """Name of the figure of the worst file."""
        return f"lowest {_SINGULAR[self]} coverage of a file"

    def counts(self, record: FileData) -> tuple[int, int] | None:
        """Covered and total in a file; None when the data do not tell."""
        match self:
            case Metric.BRANCHES:
                return None if record.branches is None else _sum(record.branches.values())
            case Metric.FUNCTIONS:
                return None if record.functions is None else _tally(record.functions.values())
            case Metric.LINES | Metric.STATEMENTS:
                return _tally(record.lines.values())


_SINGULAR = {
    Metric.LINES: "line",
    Metric.BRANCHES: "branch",
    Metric.FUNCTIONS: "function",
    Metric.STATEMENTS: "statement",
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least percentage for all files together, and for each file; None where it is off."""

    metric: Metric
    total: float | None
    each: float | None

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Its figures before anything was measured."""
        return self.measured(None, None)

    def measured(self, total: float | None, lowest: float | None) -> tuple[Measure, ...]:
        """Its figures, of the thresholds that are on."""
        pairs = ((self.metric.measure, total, self.total), (self.metric.file_measure, lowest, self.each))
        return tuple(Measure(name, value, limit) for name, value, limit in pairs if limit is not None)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the figures say: the same fields as in `ScanResult`."""

    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Figures:
    """One metric over all files that have any of it: by path, covered and total."""

    counts: Mapping[str, tuple[int, int]]
    unknown: tuple[str, ...] = field(default=())

    @property
    def total(self) -> tuple[int, int]:
        return _sum(self.counts.values())

    @property
    def lowest(self) -> float:
        return min(percent(counts) for counts in self.counts.values())


def thresholds(options: Mapping[str, Value]) -> tuple[Threshold, ...]:
    """The thresholds that the options set, those with at least one of the two on."""
    every = (
        Threshold(metric, _limit(options[metric.value]), _limit(options[f"file-{metric.value}"])) for metric in Metric
    )
    return tuple(item for item in every if item.total is not None or item.each is not None)


def unmeasured(limits: Iterable[Threshold]) -> tuple[Measure, ...]:
    """All figures, none of them known."""
    return tuple(measure for item in limits for measure in item.measures)


def judge(files: Mapping[str, FileData], limits: Iterable[Threshold]) -> Judgement:
    """Hold the figures of `files` (by path) against the thresholds."""
    parts = [_judge(files, item) for item in limits]
    return Judgement(
        tuple(measure for part in parts for measure in part.measures),
        tuple(finding for part in parts for finding in part.findings),
        tuple(problem for part in parts for problem in part.problems),
        tuple(note for part in parts for note in part.notes),
    )


def table(files: Mapping[str, FileData]) -> tuple[FileCoverage, ...]:
    """The files, worst first: by the share of lines that ran, then by how many did not."""
    rows = [
        FileCoverage(
            path,
            lines=Metric.LINES.counts(record) or (0, 0),
            branches=Metric.BRANCHES.counts(record) or (0, 0),
            functions=Metric.FUNCTIONS.counts(record) or (0, 0),
            statements=Metric.STATEMENTS.counts(record) or (0, 0),
            missing=record.missing,
            missing_functions=tuple(sorted(key for key, ran in (record.functions or {}).items() if not ran)),
            partial_branches=_partial_branches(record.branches or {}),
        )
        for path, record in files.items()
    ]
    # A file without a line has nothing that could be bad: it comes last.
    return tuple(
        sorted(rows, key=lambda row: (percent(row.lines) if row.lines[1] else 101.0, -len(row.missing), row.path))
    )


def _partial_branches(branches: Mapping[int, tuple[int, int]]) -> tuple[tuple[int, int, int], ...]:
    return tuple((line, taken, total) for line, (taken, total) in sorted(branches.items()) if taken < total)


def percent(counts: tuple[int, int]) -> float:
    """Covered of total, from 0 to 100; the total is not 0."""
    covered, total = counts
    return 100 * covered / total


def percent_text(value: float) -> str:
    """A percentage to one decimal, never rounded up: what misses 80 is not to read as 80."""
    return f"{math.floor(value * 10) / 10:g} %"


def ranges(missing: Sequence[int], all_lines: Iterable[int]) -> str:
    """Lines in short (`12-18, 40`); a range runs over lines without a statement, as coverage.py's does."""
    gone = frozenset(missing)
    runs: list[list[int]] = []
    previous_gone = False
    for line in sorted(all_lines):
        if line in gone:
            if previous_gone:
                runs[-1][1] = line
            else:
                runs.append([line, line])
        previous_gone = line in gone
    return shortened([str(first) if first == last else f"{first}-{last}" for first, last in runs], _PIECES_NAMED)


def shortened(names: Sequence[str], most: int = _FILES_NAMED) -> str:
    """Names in a row, the first `most` of them, and how many there are beside."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _judge(files: Mapping[str, FileData], limit: Threshold) -> Judgement:
    figures = _figures(files, limit.metric)
    if figures.unknown:
        return Judgement(limit.measures, problems=(_unknown(limit.metric, figures.unknown),))
    if not figures.counts:
        if limit.metric in {Metric.BRANCHES, Metric.FUNCTIONS}:
            return Judgement(notes=(f"The measured code has no {limit.metric.value}.",))
        return Judgement(limit.measures, problems=("The measured files hold no statement: nothing was measured.",))
    total = percent(figures.total)
    findings: list[Finding] = []
    if limit.total is not None and total < limit.total:
        findings.append(_total_finding(files, figures, limit.metric, limit.total))
    if limit.each is not None:
        findings += _file_findings(files, figures, limit.metric, limit.each)
    return Judgement(limit.measured(total, figures.lowest), tuple(findings))


def _figures(files: Mapping[str, FileData], metric: Metric) -> _Figures:
    counts = {path: metric.counts(record) for path, record in files.items()}
    return _Figures(
        {path: count for path, count in counts.items() if count is not None and count[1]},
        tuple(path for path, count in counts.items() if count is None),
    )


def _unknown(metric: Metric, paths: Sequence[str]) -> str:
    if metric is Metric.BRANCHES:
        return (
            f"Branches were not measured ({shortened(paths)}): run the tests with `coverage run --branch`, "
            "or switch the threshold off (branches = false)."
        )
    return (
        f"The data do not tell about functions of {shortened(paths)}: write data that do, "
        "or switch the threshold off (functions = false)."
    )


def _total_finding(files: Mapping[str, FileData], figures: _Figures, metric: Metric, limit: float) -> Finding:
    covered, total = figures.total
    worst = sorted(figures.counts, key=lambda path: (figures.counts[path][0] - figures.counts[path][1], path))
    places = [f"{path} ({uncovered(metric, files[path])})" for path in worst if uncovered(metric, files[path])]
    return _finding(
        f"coverage-{metric.value}",
        f"{metric.measure.capitalize()} is {percent_text(percent((covered, total)))}, "
        f"and must be at least {limit:g} %: "
        f"{total - covered} of {total} {metric.value} never ran."
        + (f" Most are in {shortened(places)}." if places else ""),
        f"{metric.measure.capitalize()} is under its threshold",
    )


def _file_findings(files: Mapping[str, FileData], figures: _Figures, metric: Metric, limit: float) -> Iterable[Finding]:
    for path, counts in figures.counts.items():
        value = percent(counts)
        if value >= limit:
            continue
        covered, total = counts
        where = uncovered(metric, files[path])
        yield _finding(
            f"coverage-file-{metric.value}",
            f"{metric.measure.capitalize()} of this file is {percent_text(value)}, "
            f"and must be at least {limit:g} %: "
            f"{total - covered} of {total} {metric.value} never ran{': ' if where else ''}{where}.",
            f"{metric.measure.capitalize()} of a file is under its threshold",
            Location(path, _first_uncovered(metric, files[path])),
        )


def _finding(rule: str, message: str, title: str, location: Location | None = None) -> Finding:
    # The figure is a gate of its own: a finding at or over the default `--fail-on` would fail the run twice.
    return Finding(
        scanner="coverage",
        rule=rule,
        severity=Severity.MEDIUM,
        message=message,
        location=location,
        title=title,
        confidence=Confidence.HIGH,
        category=Category.COVERAGE,
        fix="Add tests that run what is named, or remove it if nothing needs it.",
    )


def uncovered(metric: Metric, record: FileData) -> str:
    """What never ran, in short: lines, lines with a branch never taken, or functions with their line."""
    match metric:
        case Metric.BRANCHES:
            partial = _partial(record)
            return shortened([str(line) for line in partial if line], _PIECES_NAMED)
        case Metric.FUNCTIONS:
            return shortened([f"{name} in line {line}" for line, name in _dead(record)], _PIECES_NAMED)
        case Metric.LINES | Metric.STATEMENTS:
            return ranges(record.missing, record.lines)


def _first_uncovered(metric: Metric, record: FileData) -> Region | None:
    match metric:
        case Metric.BRANCHES:
            lines = _partial(record)
        case Metric.FUNCTIONS:
            lines = [line for line, _name in _dead(record)]
        case Metric.LINES | Metric.STATEMENTS:
            lines = list(record.missing)
    # Line 0 stands for a place that the data do not give.
    return next((Region(line) for line in lines if line), None)


def _partial(record: FileData) -> list[int]:
    return sorted(line for line, (covered, total) in (record.branches or {}).items() if covered < total)


def _dead(record: FileData) -> list[tuple[int, str]]:
    return sorted(key for key, ran in (record.functions or {}).items() if not ran)


def _sum(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    listed = list(pairs)
    return sum(covered for covered, _total in listed), sum(total for _covered, total in listed)


def _tally(ran: Collection[bool]) -> tuple[int, int]:
    return sum(ran), len(ran)


def _limit(value: Value) -> float | None:
    # An option that is off is None once the configuration has read it, and False as it is written.
    return None if value is None or isinstance(value, bool | str | tuple) else float(value)
