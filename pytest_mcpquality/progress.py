"""What a person sees while a scan runs, on standard error: a spinner a scanner on a terminal, else plain lines."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from mcpquality_scanners.clock import Clock
from mcpquality_scanners.findings import ScanResult, ScanStatus
from mcpquality_scanners.text import one_line
from pytest_mcpquality.orchestrator import Observer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

_IDLE = (ScanStatus.NOT_APPLICABLE, ScanStatus.OFF)
_TURNS = 10
_TURN = 0.02  # seconds


class Silent:
    """Says nothing: `--quiet`."""

    def started(self, scanner: str) -> None:
        """Say nothing."""

    def progress(self, scanner: str, text: str) -> None:
        """Say nothing."""

    def finished(self, result: ScanResult) -> None:
        """Say nothing."""


class PlainLines:
    """A line when a scanner starts and one when it is done, for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def started(self, scanner: str) -> None:
        """Say that it starts."""
        self._say(scanner, "started")

    def progress(self, scanner: str, text: str) -> None:
        """Say what takes longer."""
        self._say(scanner, text)

    def finished(self, result: ScanResult) -> None:
        """Say how it went and how long it took."""
        self._say(result.scanner, summary(result))

    def _say(self, scanner: str, text: str) -> None:
        # A log that nobody reads any more (`2>&1 | head`) costs no scan.
        with contextlib.suppress(OSError):
            print(f"{scanner}: {one_line(text)}", file=self._stream, flush=True)


class LiveLines:
    """One line a scanner, with a spinner and the time while it runs."""

    def __init__(self, console: Console) -> None:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - heavy

        columns = (
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.fields[scanner]:<16}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self.display = Progress(*columns, console=console, transient=True)
        self._tasks: dict[str, TaskID] = {}

    def started(self, scanner: str) -> None:
        """Show its line."""
        self._tasks[scanner] = self.display.add_task("running", total=None, scanner=scanner)

    def progress(self, scanner: str, text: str) -> None:
        """Change the words on its line."""
        self.display.update(self._tasks[scanner], description=one_line(text, 60))

    def finished(self, result: ScanResult) -> None:
        """Stop its spinner and say how it went."""
        task = self._tasks[result.scanner]
        self.display.update(task, total=1, completed=1, description=summary(result, seconds=False))


class Patient:
    """Keeps quiet about scanners that say within a moment that there is nothing to do for them, and tells of the rest.

    Most scanners are for a tool that is not there, or for files that are not.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def started(self, scanner: str) -> None:
        """Wait a moment before it is told."""
        self._wait(scanner, _TURNS)

    def progress(self, scanner: str, text: str) -> None:
        """Pass it on: there is something to do."""
        self._tell(scanner)
        self._observer.progress(scanner, text)

    def finished(self, result: ScanResult) -> None:
        """Pass it on, unless nothing was told about the scanner and there is nothing to tell."""
        idle = result.status in _IDLE and not (result.problems or result.unseen)
        if idle and (handle := self._waiting.pop(result.scanner, None)):
            handle.cancel()
            return
        self._tell(result.scanner)
        self._observer.finished(result)

    def _wait(self, scanner: str, turns: int) -> None:
        # In turns, so that a loop that others have kept busy for long still comes to the scanner first.
        if turns:
            loop = asyncio.get_running_loop()
            self._waiting[scanner] = loop.call_later(_TURN, self._wait, scanner, turns - 1)
        else:
            self._tell(scanner)

    def _tell(self, scanner: str) -> None:
        if handle := self._waiting.pop(scanner, None):
            handle.cancel()
            self._observer.started(scanner)


def summary(result: ScanResult, *, seconds: bool = True) -> str:
    """How a scanner's run went, in a few words; what went wrong comes last, since it may be long."""
    words: list[str] = [result.status.value]
    if result.status in {ScanStatus.COMPLETE, ScanStatus.INCOMPLETE}:
        words.append(f"{len(result.findings)} finding{'' if len(result.findings) == 1 else 's'}")
    if result.unseen:
        words.append(f"{len(result.unseen)} not looked at")
    if seconds:
        words.append(f"{result.seconds:.1f} s")
    why = f": {one_line(result.problems[0], 120)}" if result.problems else ""
    return ", ".join(words) + why


@contextmanager
def observer(clock: Clock, *, quiet: bool, color: bool) -> Generator[Observer]:
    """The way to show progress that fits standard error; the display is taken away at the end."""
    if quiet:
        yield Silent()
    elif not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield PlainLines(sys.stderr)
    else:
        from rich.console import Console  # noqa: PLC0415 - logs do without

        live = LiveLines(Console(stderr=True, no_color=not color, get_time=clock.monotonic))
        with live.display:
            yield live
