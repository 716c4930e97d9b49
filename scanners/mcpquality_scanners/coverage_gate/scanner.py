"""The coverage gate as a scanner: what it can be told, and where its work is done."""

from __future__ import annotations

import asyncio
from importlib import import_module

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.findings import Category, ScanResult
from mcpquality_scanners.options import Option, OptionKind

_DEFAULT = 80


def _limit(name: str, default: int | None, text: str) -> Option:
    return Option(name, OptionKind.LIMIT, default, text, minimum=0, maximum=100)


_OPTIONS = (
    _limit("lines", _DEFAULT, "Least percentage of lines, all files together."),
    _limit("branches", _DEFAULT, "Least percentage of branches, all files together."),
    _limit("functions", _DEFAULT, "Least percentage of functions of which any line ran, all files together."),
    _limit("statements", _DEFAULT, "Least percentage of statements, all files together."),
    _limit("file-lines", None, "Least percentage of lines in each file."),
    _limit("file-branches", None, "Least percentage of branches in each file."),
    _limit("file-functions", None, "Least percentage of functions in each file."),
    _limit("file-statements", None, "Least percentage of statements in each file."),
    Option("data", OptionKind.LIST, (), "Paths or patterns of coverage data; empty to look where tools put them."),
    Option("command", OptionKind.LIST, (), "Command that runs the tests under coverage first, word by word."),
    Option(
        "sources",
        OptionKind.LIST,
        (),
        "Patterns of files that must be measured; empty to tell it from the data.",
    ),
    Option(
        "use-coverage-config",
        OptionKind.FLAG,
        True,
        "Leave out what coverage.py's own configuration leaves out.",
    ),
    Option("check-times", OptionKind.FLAG, True, "Take data that are older than a source file for stale."),
)


class CoverageScanner:
    """The gate beside the scanners; see the options for what it can be told."""

    name = "coverage"
    title = "Test coverage against thresholds"
    category = Category.COVERAGE
    options = _OPTIONS
    weight = 5

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def scan(self, context: ScanContext) -> ScanResult:
        """Read the coverage data and hold them against the thresholds; see `Scanner.scan`.

        Raises:
            ToolError: coverage.py is needed and cannot be had, or the test command cannot be started.
        """
        # Much to import: beside the other scanners, which start their tools meanwhile.
        gate = await asyncio.to_thread(import_module, "mcpquality_scanners.coverage_gate.gate")
        result: ScanResult = await gate.CoverageGate(self._clock).scan(context)
        return result

    def explain(self, rule: str) -> str | None:
        """Help for one of the `coverage-` rules."""
        from mcpquality_scanners.coverage_gate import texts  # noqa: PLC0415 - only for who asks

        return texts.explain(rule)
