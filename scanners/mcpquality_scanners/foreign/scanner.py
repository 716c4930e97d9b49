"""How a foreign tool becomes a scanner.

Its report file is read where one is given; else it is started where its command is found. Where there is neither,
it is not applicable, and says so; but one that was asked for and cannot be had is in error.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from mcpquality_scanners.base import ScanContext, Tool
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.errors import ToolError, ToolNotInstalledError
from mcpquality_scanners.findings import ScanResult, ScanStatus
from mcpquality_scanners.foreign.interface import ForeignTool, Look, NotSetUpError, Reading
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.foreign.report_file import read_report
from mcpquality_scanners.options import Option, OptionKind
from mcpquality_scanners.process import clean_environment

_VERSION = re.compile(r"\d+\.\d+[\w.]*")
_VERSION_TIMEOUT = 60.0


class ForeignScanner:
    """A `Scanner` around a `ForeignTool`."""

    def __init__(self, tool: ForeignTool, clock: Clock | None = None) -> None:
        self.name = tool.name
        self.title = tool.title
        self.category = tool.category
        self.weight = tool.weight
        text = f"A report file of {tool.command} (JSON or SARIF), from the root, to read instead of running it."
        self.options = (Option("report", OptionKind.TEXT, None, text), *tool.options)
        self._tool = tool
        self._clock = clock or SystemClock()

    async def scan(self, context: ScanContext) -> ScanResult:
        """See `Scanner.scan`.

        Raises:
            ToolError: It was asked for and cannot be had, or it could not look.
        """
        started = self._clock.monotonic()
        files = self._tool.concerns(context)
        places = Places(context.root, frozenset(context.files))
        report = context.options["report"]
        if isinstance(report, str):
            reading = read_report(self._tool, context.root, report, files, places)
            return self._result(reading, places, started)
        if not files:
            return self._idle(f"There is no {self._tool.subject} here.", context)
        tool = await self._found(context)
        if tool is None:
            return self._idle(f"{self._tool.command} was not found on PATH, and no report of it was given.", None)
        if context.offline and self._tool.needs_network:
            raise ToolError(f"{self.name} needs the network, and --offline forbids it: give a `report`, or skip it")
        look = Look(tool, context, files, places)
        try:
            reading = await self._tool.look(look)
        except NotSetUpError as error:
            if context.asked:
                raise
            return self._idle(f"{error}", None)
        return self._result(reading, places, started, look)

    async def _found(self, context: ScanContext) -> Tool | None:
        """The tool; None when it is not there and nobody asked for it.

        Raises:
            ToolNotInstalledError: It is not there, and was asked for.
        """
        on_path = shutil.which(self._tool.command, path=clean_environment()["PATH"])
        if not context.asked and on_path is None:
            return None
        if self._tool.locked and (context.asked or on_path is None):
            return await context.tools.tool(self._tool.command)
        if on_path is None:
            raise ToolNotInstalledError(
                f"{self._tool.command} was not found on PATH. Install it ({self._tool.link}), give its report with "
                f"`report` in [tool.mcpquality.scanners.{self.name}], or skip it."
            )
        return Tool(self._tool.command, await self._version(context, on_path), Path(on_path))

    async def _version(self, context: ScanContext, executable: str) -> str:
        completed = await context.processes.run(
            (executable, "--version"), cwd=context.scratch, timeout=min(_VERSION_TIMEOUT, context.timeout)
        )
        match = _VERSION.search((completed.stdout + b"\n" + completed.stderr).decode("utf-8", "replace"))
        return match.group() if match and completed.exit_code == 0 else ""

    def _idle(self, note: str, context: ScanContext | None) -> ScanResult:
        """Nothing to do: a problem when it was asked for."""
        if context is not None and context.asked:
            problem = f"{note} Leave {self.name} out, or give another folder."
            return ScanResult(self.name, ScanStatus.NOT_APPLICABLE, problems=(problem,))
        return ScanResult(self.name, ScanStatus.NOT_APPLICABLE, notes=(note,))

    def _result(self, reading: Reading, places: Places, started: float, look: Look | None = None) -> ScanResult:
        findings, note = places.listed(reading.findings)
        incomplete = reading.unseen or reading.problems or not reading.seen
        return ScanResult(
            scanner=self.name,
            status=ScanStatus.INCOMPLETE if incomplete else ScanStatus.COMPLETE,
            findings=findings,
            seen=tuple(sorted(set(reading.seen))),
            unseen=tuple(sorted(set(reading.unseen))),
            problems=reading.problems,
            notes=(*reading.notes, *note),
            version=look.tool.version if look else "",
            commands=tuple(look.commands) if look else (),
            seconds=self._clock.monotonic() - started,
        )

    def explain(self, rule: str) -> str | None:
        """See `Scanner.explain`."""
        return self._tool.explain(rule)
