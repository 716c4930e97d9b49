"""An installed plugin: a scanner that behaves as its configuration says, and a format. Put this folder on the path."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from mcpquality_reports.base import Format
from mcpquality_scanners.base import ScanContext, Scanner
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Category, Finding, Location, Region, ScanResult, ScanStatus, Severity
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.hookspecs import hookimpl
from mcpquality_scanners.options import Option, OptionKind, Weaker
from mcpquality_scanners.results import Results

_BEHAVIOURS = ("clean", "finding", "blind", "refuse", "crash", "interrupt", "wait", "tool")
_WAIT = "import time; time.sleep(600)"


class FakeScanner:
    name = "fake"
    title = "A scanner that does as it is told"
    category = Category.CODE
    options = (Option("behave", OptionKind.CHOICE, "clean", "What to do.", choices=_BEHAVIOURS, weaker=Weaker.NEVER),)

    @property
    def weight(self) -> int:
        """Fails like a bug when told so by `FAKE_BUG`."""
        if os.environ.get("FAKE_BUG"):
            raise RuntimeError("a bug nobody foresaw")
        return 1

    async def scan(self, context: ScanContext) -> ScanResult:
        context.progress("looking around")
        seen: tuple[str, ...] = context.files
        findings: tuple[Finding, ...] = ()
        match context.options["behave"]:
            case "finding":
                findings = (_finding(context.files[0]),)
            case "blind":
                seen = ()
            case "refuse":
                raise ToolError("the fake tool refuses")
            case "crash":
                raise ZeroDivisionError("nobody caught this")
            case "interrupt":
                # As a user's Ctrl-C in the middle of a long run.
                signal.raise_signal(signal.SIGINT)
                await context.processes.run((sys.executable, "-c", _WAIT), cwd=context.root, timeout=600)
            case "wait":
                await context.processes.run((sys.executable, "-c", _WAIT), cwd=context.root, timeout=600)
            case "tool":
                await context.tools.tool("bandit")
        return ScanResult(self.name, ScanStatus.COMPLETE, seen=seen, findings=findings, version="1.0")

    def explain(self, rule: str) -> str | None:
        if rule == "FAKE0":
            raise RuntimeError("a bug nobody foresaw")
        if rule == "FAKE2":
            raise KeyboardInterrupt
        return "# FAKE1\n\nIt is fake.\n" if rule == "FAKE1" else None


def _finding(path: str) -> Finding:
    return Finding("fake", "FAKE1", Severity.HIGH, "a fake flaw", Location(path, Region(1)), fix="Make it real.")


@hookimpl
def mcpquality_scanners() -> Sequence[Scanner]:
    return (FakeScanner(),)


class CountReport:
    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - shows no code
        if os.environ.get("FAKE_FORMAT_BUG"):
            raise RuntimeError("a bug in a format")
        return f"{len(results.findings)} findings\n"


@hookimpl
def mcpquality_reports() -> Sequence[Format]:
    return (Format("fake-count", "fake-count.txt", "how many findings there are", CountReport),)
