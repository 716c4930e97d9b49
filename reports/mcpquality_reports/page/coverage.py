"""Coverage by file, worst first: what was measured, and where it is missing."""

from __future__ import annotations

from dataclasses import dataclass

from mcpquality_reports import text
from mcpquality_reports.page import limits
from mcpquality_scanners.findings import FileCoverage, ScanResult

_KINDS = ("lines", "branches", "functions", "statements")

_MOST_RANGES = 60
"""Ranges of lines, functions or branches that are named of one file."""


@dataclass(frozen=True, slots=True)
class Row:
    """One file with gaps: its figures in the order of the table's kinds, and what was not run, as texts."""

    path: str
    figures: tuple[str, ...]
    lines: str
    functions: str
    branches: str


@dataclass(frozen=True, slots=True)
class Table:
    """Coverage as one scanner measured it: the kinds, files with gaps worst first, and the names of full ones."""

    scanner: str
    kinds: tuple[str, ...]
    partial: limits.Part[Row]
    full: limits.Part[str]


def table(scan: ScanResult) -> Table:
    """The table of a scanner that measured coverage."""
    ordered = sorted(scan.coverage, key=_least_covered)
    kinds = tuple(kind for kind in _KINDS if any(getattr(file, kind)[1] for file in ordered))
    rows = [_row(file, kinds) for file in ordered if not _is_full(file)]
    return Table(
        scanner=scan.scanner,
        kinds=kinds,
        partial=limits.part(
            rows, lambda row: "".join((row.path, *row.figures, row.lines, row.functions, row.branches))
        ),
        full=limits.part((file.path for file in ordered if _is_full(file)), str),
    )


def percent(covered: int, total: int) -> str:
    """Covered of total in percent, cut rather than rounded: only all of it is 100 %."""
    return f"{covered * 1000 // total / 10:.1f} %" if total else "-"


def _row(file: FileCoverage, kinds: tuple[str, ...]) -> Row:
    return Row(
        path=file.path,
        figures=tuple(percent(*getattr(file, kind)) for kind in kinds),
        lines=_cut(text.line_ranges(file.missing).split(", ")),
        functions=_cut([f"{name} ({line})" for line, name in file.missing_functions]),
        branches=_cut(
            [f"{line or 'unknown'} ({total - taken} of {total})" for line, taken, total in file.partial_branches]
        ),
    )


def _cut(names: list[str]) -> str:
    more = len(names) - _MOST_RANGES
    return ", ".join(names[:_MOST_RANGES]) + (f" and {more:,} more" if more > 0 else "")


def _pairs(file: FileCoverage) -> tuple[tuple[int, int], ...]:
    return (file.lines, file.branches, file.functions, file.statements)


def _is_full(file: FileCoverage) -> bool:
    gaps = file.missing or file.missing_functions or file.partial_branches
    return not gaps and all(covered >= total for covered, total in _pairs(file))


def _least_covered(file: FileCoverage) -> tuple[float, int, str]:
    covered, total = file.lines if file.lines[1] else file.statements
    return (covered / total if total else 1.0, -len(file.missing), file.path)
