"""What a scanner has started, kept for when it cannot say so itself, told without naming the machine's folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from mcpquality_scanners.base import Completed, ProcessRunner
from mcpquality_scanners.findings import Command, ScanResult, ScanStatus

_MOST_ARGUMENTS = 60
_OWN_SERVER = re.compile(r"(http://127\.0\.0\.1):\d+/\S*")


class Trace:
    """The tool and the commands of one scanner."""

    def __init__(self) -> None:
        self.version = ""
        self.commands: list[Command] = []

    def failed(self, scanner: str, problem: str) -> ScanResult:
        """The result of a scanner that ended without one of its own."""
        return ScanResult(
            scanner,
            ScanStatus.ERROR,
            problems=(problem,),
            version=self.version,
            commands=tuple(self.commands),
        )


class TracingRunner:
    """A `ProcessRunner` that tells a trace what it runs."""

    def __init__(self, processes: ProcessRunner, trace: Trace) -> None:
        self._processes = processes
        self._trace = trace

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109 - see ProcessRunner
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        """Run `argv`; see `ProcessRunner.run`. A run that is broken off stands in the trace without an exit code."""
        number = len(self._trace.commands)
        self._trace.commands.append(Command(argv, None, 0.0))
        completed = await self._processes.run(argv, cwd=cwd, timeout=timeout, env=env, stdin=stdin)
        self._trace.commands[number] = completed.command
        return completed


def neutral(result: ScanResult, root: Path, scratch: Path) -> ScanResult:
    """The result with command lines that are the same in every run and on every machine.

    Scratch folders, the folder that is scanned, the user's home and our own server's address are not named.
    """
    temporary = re.compile(rf"[^\s=:,'\"]*{re.escape(scratch.name)}")
    names = ((str(root), "."), (str(Path.home()), "~"))

    def told(argument: str) -> str:
        argument = _OWN_SERVER.sub(r"\1/...", temporary.sub("{scratch}", argument))
        for folder, name in names:
            if len(folder) > 1:
                argument = argument.replace(folder, name)
        return argument

    return replace(result, commands=tuple(replace(one, argv=_argv(one.argv, told)) for one in result.commands))


def _argv(argv: tuple[str, ...], told: Callable[[str], str]) -> tuple[str, ...]:
    if not argv:
        return argv
    left = len(argv) - _MOST_ARGUMENTS
    more = (f"({left} more)",) if left > 0 else ()
    return (PurePath(argv[0]).name, *map(told, argv[1:_MOST_ARGUMENTS]), *more)
