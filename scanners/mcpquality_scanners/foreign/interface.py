"""What a foreign tool is, and what it is handed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Category, Command, Finding, Unseen
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.options import Option
from mcpquality_scanners.outputs import check_end


class NotSetUpError(ToolError):
    """The tool is there, but nobody has set it up for use (no account): as good as not there unless asked for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a tool said, from its output or from a report file; the fields are those of `ScanResult`."""

    findings: tuple[Finding, ...] = ()
    seen: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """One run of a foreign tool.

    Attributes:
        tool: What is started.
        context: Of the scan.
        files: Those that the tool says it is about.
        places: Turns the tool's paths into ours.
        commands: What was started so far.
    """

    tool: Tool
    context: ScanContext
    files: tuple[str, ...]
    places: Places
    commands: list[Command] = field(default_factory=list[Command])

    async def run(
        self,
        *arguments: str,
        targets: tuple[str, ...] = (),
        exits: Collection[int],
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Start the tool in the scanned folder (or `cwd`) and wait for its end.

        `targets` are appended to the arguments, and only counted in what results keep. `exits` are the codes with
        which it says that it has looked.

        Raises:
            ToolError: Its time was up, or it could not be started.
            ToolOutputError: It ended any other way.
        """
        argv = (str(self.tool.executable), *arguments)
        completed = await self.context.processes.run(
            (*argv, *targets), cwd=cwd or self.context.root, timeout=self.context.timeout, env=env
        )
        shown = (*argv, f"({len(targets)} files)") if targets else argv
        self.commands.append(Command(shown, completed.exit_code, completed.seconds))
        check_end(completed, self.tool.name, exits)
        return completed

    def scratch(self, name: str, text: str = "") -> Path:
        """A private file outside of the tree, with this content; its folder is made where need be."""
        path = self.context.scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def scratch_json(self, name: str, document: object) -> Path:
        """As `scratch`, with a JSON document."""
        return self.scratch(name, json.dumps(document))


class ForeignTool(Protocol):
    """A tool that is not ours to install, and what we know about it.

    Attributes:
        name: The scanner's name.
        title: One line for `--help` and the report.
        category: What its findings are about.
        weight: See `Scanner`.
        command: The name it is started by.
        locked: Whether we have a lock for it, so that it can be installed when it is asked for.
        needs_network: Whether it can do nothing offline.
        subject: What it looks at, for "There is no ... here".
        options: Settings of its own, beside `report`.
        link: Its documentation.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see Attributes
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def category(self) -> Category: ...  # noqa: D102
    @property
    def weight(self) -> int: ...  # noqa: D102
    @property
    def command(self) -> str: ...  # noqa: D102
    @property
    def locked(self) -> bool: ...  # noqa: D102
    @property
    def needs_network(self) -> bool: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def options(self) -> tuple[Option, ...]: ...  # noqa: D102
    @property
    def link(self) -> str: ...  # noqa: D102

    def concerns(self, context: ScanContext) -> tuple[str, ...]:
        """Those of the context's files that it looks at."""
        ...

    async def look(self, look: Look) -> Reading:
        """Run it.

        Raises:
            ToolError: It could not look.
        """
        ...

    def read(self, document: object, places: Places) -> Reading:
        """What a document of the tool's own JSON format says.

        Raises:
            ToolOutputError: It is something else.
        """
        ...

    def explain(self, rule: str) -> str | None:
        """See `Scanner.explain`."""
        ...
