"""What a scanner is, and what it is handed.

A scanner is an object with a name that turns a context (root, the one list of files, its options, a way to
run tools) into a `ScanResult`. It never decides about the verdict, prints nothing, and raises only
`McpQualityError`s, which the orchestrator turns into a result with status `ERROR`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mcpquality_scanners.findings import Category, Command, ScanResult
from mcpquality_scanners.options import Option, Value


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that can be started.

    Attributes:
        name: Its name (`bandit`).
        version: The version that will run.
        executable: Absolute path of its command.
        python: Interpreter of its environment; None for a tool found on PATH.
    """

    name: str
    version: str
    executable: Path
    python: Path | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """A process that has ended, on its own or not.

    Attributes:
        argv: What was started.
        exit_code: As the system gave it; negative for a signal; None when it never started or was ended by us.
        stdout: What it wrote, up to the cap.
        stderr: The last part of what it wrote there.
        seconds: Wall time.
        timed_out: Ended by us because its time was up.
        overflowed: Ended by us because it wrote more than the cap.
    """

    argv: tuple[str, ...]
    exit_code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float
    timed_out: bool = False
    overflowed: bool = False

    @property
    def command(self) -> Command:
        """This run as results keep it."""
        return Command(self.argv, self.exit_code, self.seconds)


class ProcessRunner(Protocol):
    """The one way to start a tool."""

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109 - it must also end the children, which a cancelled caller cannot
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        """Run `argv` without a shell until it ends, `timeout` seconds are up, or its output overflows.

        `env` is laid over the caller's environment, less what would change how tools behave (see
        `process.clean_environment`). Nothing the command started outlives this call.

        Raises:
            ToolError: It could not be started at all.
        """
        ...


class ToolProvider(Protocol):
    """Where tools come from: isolated environments, or PATH where the configuration says so."""

    async def tool(self, name: str) -> Tool:
        """The tool of that name, installed first where need be.

        Raises:
            ToolNotInstalledError: It was not found and cannot be installed; the message says why.
        """
        ...


@dataclass(frozen=True, slots=True)
class ScanContext:
    """What a scanner is handed for one run.

    Attributes:
        root: The folder that is scanned, absolute. Everything is relative to it.
        files: The one list of files, sorted, relative, with forward slashes; regular files only.
        options: The scanner's own settings, complete and checked, by name.
        tools: Where tools come from.
        processes: The one way to run them.
        scratch: A private empty folder, deleted after the run. Never inside `root`.
        timeout: Seconds the scanner may take in all.
        jobs: How many processes it may run at once.
        offline: Whether the network must not be used.
        asked: Whether the scanner was asked for by name, so that having nothing to do is worth a problem.
        progress: Tells a person what is going on, a few words.
    """

    root: Path
    files: tuple[str, ...]
    options: Mapping[str, Value]
    tools: ToolProvider
    processes: ProcessRunner
    scratch: Path
    timeout: float = 600.0
    jobs: int = 2
    offline: bool = False
    asked: bool = False
    progress: Callable[[str], None] = lambda _text: None


class Scanner(Protocol):
    """A scanner; built-in and third-party ones alike. See `hookspecs` for how one is registered.

    Attributes:
        name: On the command line and in the configuration; lower case, hyphens.
        title: One line for `--help` and the report.
        category: What its findings are about.
        options: Its own settings under `[tool.mcpquality.scanners.<name>]`.
        weight: Rough relative cost; the heaviest start first.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see Attributes
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def category(self) -> Category: ...  # noqa: D102
    @property
    def options(self) -> tuple[Option, ...]: ...  # noqa: D102
    @property
    def weight(self) -> int: ...  # noqa: D102

    async def scan(self, context: ScanContext) -> ScanResult:
        """Look at everything that concerns this scanner and say what was found and what was not seen.

        Raises:
            McpQualityError: Nothing could be looked at; the message says why and what to do.
        """
        ...

    def explain(self, rule: str) -> str | None:
        """Help for one of this scanner's rules as Markdown, or None when the rule is not its own."""
        ...
