"""`mcpquality report RESULTS...`: renders again what a scan has found, without scanning."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mcpquality_reports.base import no_sources
from mcpquality_reports.registry import installed
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.fingerprints import ReadLines
from pytest_mcpquality.commands.comparing import compared, earlier
from pytest_mcpquality.commands.documents import read_results
from pytest_mcpquality.commands.scan import style
from pytest_mcpquality.commands.target import folder
from pytest_mcpquality.config.settings import Output
from pytest_mcpquality.exit_codes import INCOMPLETE, INTERRUPTED
from pytest_mcpquality.orchestrator import line_reader
from pytest_mcpquality.outputs import TERMINAL, deliver, expanded


def run(given: argparse.Namespace) -> int:
    """Write the reports, and end as the verdict says: nothing gets greener by being rendered again."""
    outputs = expanded(_outputs(given.format or [TERMINAL]), installed())
    before = earlier(given.compare)
    results = compared(read_results(given.results), before)
    written = deliver(results, outputs, _sources(given.source), style(given))
    if not written:
        return INCOMPLETE
    if given.exit_zero:
        return 0
    return INTERRUPTED if results.interrupted else results.verdict.exit_code


def _outputs(formats: Sequence[str]) -> list[Output]:
    return [_output(item) for item in formats]


def _output(item: str) -> Output:
    name, equals, path = item.partition("=")
    if "\0" in path or (equals and not path):
        raise UsageError(f"--format {item!r} has no usable path after the =")
    return Output(name, Path(path) if path else None)


def _sources(source: str | None) -> ReadLines:
    """Reads code below the folder that the user named: what a document says must not reach any other file."""
    if source is None:
        return no_sources
    root = folder(source).resolve()
    read = line_reader(root)

    def inside(path: str) -> Sequence[str] | None:
        try:
            real = (root / path).resolve()
            return read(path) if real.is_relative_to(root) and real.is_file() else None
        except (OSError, ValueError):
            return None

    return inside
