"""coverage.py's own data, read by the real coverage.py: combined in the scratch folder, then printed as JSON.

The tool is given a configuration of our making. It holds what the project's own says about lines that do not
count, and nothing else: neither `omit` (a file that is left out is to be known by name) nor anything that
changes where data are read or written.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.coverage_gate import coverage_json, sqlite_data
from mcpquality_scanners.coverage_gate.find import DataFile
from mcpquality_scanners.coverage_gate.model import Report
from mcpquality_scanners.coverage_gate.paths import PathMap
from mcpquality_scanners.coverage_gate.settings import CoverageSettings
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Command
from mcpquality_scanners.text import last_lines


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of it.

    Attributes:
        report: As from any other format.
        executed: By relative path, the lines that were traced.
        strangers: Names in the data that belong to no file of the list.
        ambiguous: Names in the data that could belong to several.
        unreadable: Files of the list that were measured, and that coverage.py could not analyse.
        version: Of coverage.py.
    """

    report: Report
    executed: Mapping[str, frozenset[int]]
    strangers: tuple[str, ...]
    ambiguous: tuple[str, ...]
    unreadable: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The copies to combine, and what the data say before coverage.py has seen them."""

    copies: tuple[Path, ...]
    executed: Mapping[str, frozenset[int]]
    strangers: tuple[str, ...]
    ambiguous: tuple[str, ...]


async def read(
    context: ScanContext,
    data: Sequence[DataFile],
    settings: CoverageSettings,
    seconds: float,
    record: Callable[[Command], None],
) -> Reading:
    """Read coverage.py's own data files as one; each run of the tool may take `seconds`.

    `record` is told what was run, however it ended.

    Raises:
        ToolOutputError: They cannot be read or combined, or measure no file of the list.
        ToolError: coverage.py cannot be had or started.
    """
    _refuse_plugins(settings)
    prepared = await asyncio.to_thread(_prepare, context, data)
    tool = await context.tools.tool("coverage")
    config = context.scratch / "coverage-settings.toml"
    await asyncio.to_thread(config.write_text, configuration(settings), encoding="utf-8")
    run = _Runner(context, tool, config, seconds, record)
    combined = prepared.copies[0]
    if len(prepared.copies) > 1:
        combined = context.scratch / "combined"
        await run("combine", "--keep", f"--data-file={combined}", *map(str, prepared.copies))
    done = await run("json", "--ignore-errors", f"--data-file={combined}", "-o", "-")
    name = ", ".join(item.name for item in data)
    report = await asyncio.to_thread(coverage_json.parse, done.stdout, name)
    known = {path for item in report.files for path in item.names}
    unreadable = tuple(path for path in prepared.executed if path not in known)
    return Reading(report, prepared.executed, prepared.strangers, prepared.ambiguous, unreadable, tool.version)


def _refuse_plugins(settings: CoverageSettings) -> None:
    """A plugin is code that the tree under review names, and may hold: looking at a tree must not run it."""
    if settings.plugins:
        raise ToolOutputError(
            f"The project's configuration has coverage.py load plugins ({', '.join(settings.plugins)}), and a scan "
            "runs no code of the project: write a report in the project's own environment (`coverage json`), "
            'and name it: data = ["coverage.json"].'
        )


def configuration(settings: CoverageSettings) -> str:
    """The configuration for the tool, as TOML."""
    lines = ["[tool.coverage.report]"]
    lines.extend(f"{key} = [{', '.join(map(_toml_string, value))}]" for key, value in settings.left_out.items())
    return "\n".join(lines) + "\n"


def _toml_string(text: str) -> str:
    # JSON's strings are TOML's, but for the delete character, which JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _prepare(context: ScanContext, data: Sequence[DataFile]) -> _Prepared:
    folder = context.scratch / "copies"
    folder.mkdir(exist_ok=True)
    recorded = [
        (folder / str(index), sqlite_data.read(item.path, item.name, folder / str(index)))
        for index, item in enumerate(data)
    ]
    names = sorted({name for _copy, record in recorded for name in record.files})
    if not names:
        raise ToolOutputError(
            f"{', '.join(item.name for item in data)} measured no file: "
            "see to it that the tests import the code, and run them under coverage again."
        )
    paths = PathMap(context.root, context.files, names)
    matches = {name: paths.find((name,)) for name in names}
    known = {name: match.path for name, match in matches.items() if match.path is not None}
    if not known:
        raise ToolOutputError(
            f"None of the {len(names)} measured files is in the list of files (the first is {names[0]}): "
            "run the tests of this project under coverage."
        )
    targets = {name: os.path.join(os.path.realpath(context.root), path) for name, path in known.items()}  # noqa: PTH118 - names that are not UTF-8
    copies: list[Path] = []
    executed: dict[str, frozenset[int]] = {}
    for copy, record in recorded:
        copies += sqlite_data.rewrite(copy, {name: targets[name] for name in record.files if name in targets})
        for name, lines in record.files.items():
            if name in known:
                executed[known[name]] = executed.get(known[name], frozenset()) | lines
    return _Prepared(
        tuple(copies),
        executed,
        tuple(name for name, match in matches.items() if match.path is None and not match.ambiguous),
        tuple(name for name, match in matches.items() if match.ambiguous),
    )


@dataclass(frozen=True, slots=True)
class _Runner:
    """Runs coverage.py with our configuration; what is not a plain success is an error."""

    context: ScanContext
    tool: Tool
    config: Path
    seconds: float
    record: Callable[[Command], None]

    async def __call__(self, command: str, *arguments: str) -> Completed:
        argv = (str(self.tool.executable), command, f"--rcfile={self.config}", *arguments)
        done = await self.context.processes.run(argv, cwd=self.context.root, timeout=self.seconds)
        self.record(done.command)
        if done.timed_out:
            raise ToolOutputError(f"coverage {command} took longer than {self.seconds:g} s: raise `--timeout`.")
        if done.exit_code != 0:
            raise ToolOutputError(_failure(command, done))
        return done


def _failure(command: str, done: Completed) -> str:
    last = last_lines(done.stderr, 1) or last_lines(done.stdout, 1) or "it said nothing"
    return f"coverage {command} ended with {done.exit_code} ({last}): run the tests under coverage again."
