"""The configured test command: run as it stands, with coverage.py told to put its data where only we look.

The command is the user's own and so is its environment: it has to bring the project's interpreter, its
dependencies and coverage. It counts only when it ends with 0 and has written data.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from mcpquality_scanners.base import Completed, ScanContext
from mcpquality_scanners.coverage_gate import find
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Command
from mcpquality_scanners.text import last_lines

_OWN_ENVIRONMENT = ("PYTHONPATH", "VIRTUAL_ENV")
"""What the runner takes away from tools and a project's tests may need."""

_KEPT_LINES = 3


async def run(
    context: ScanContext,
    argv: tuple[str, ...],
    data: tuple[str, ...],
    seconds: float,
    record: Callable[[Command], None],
) -> find.Found:
    """Run the tests; `data` are the patterns of reports that they write themselves.

    `record` is told what was run, however it ended.

    Raises:
        ToolOutputError: They failed, took too long, or wrote no coverage data.
        ToolError: The command could not be started.
    """
    folder = context.scratch / "tests"
    folder.mkdir(exist_ok=True)
    before = find.stamps(context.root, data)
    env = {name: os.environ[name] for name in _OWN_ENVIRONMENT if name in os.environ}
    env["COVERAGE_FILE"] = str(folder / ".coverage")
    context.progress("running the tests")
    done = await context.processes.run(argv, cwd=context.root, timeout=seconds, env=env)
    record(done.command)
    if done.timed_out or done.overflowed or done.exit_code != 0:
        raise ToolOutputError(_failure(argv, done, seconds))
    return _written(context.root, folder, data, before)


def _written(root: Path, folder: Path, data: tuple[str, ...], before: dict[Path, tuple[int, int, int]]) -> find.Found:
    found = find.in_folder(root, folder)
    if found.used:
        return found
    after = find.stamps(root, data)
    old = [path.name for path, stamp in after.items() if before.get(path) == stamp]
    if old:
        raise ToolOutputError(f"The test command did not write {', '.join(old)} anew: have it write what `data` names.")
    if not after:
        raise ToolOutputError(
            "The test command wrote no coverage data: have it run the tests under coverage "
            '(command = ["coverage", "run", "--branch", "-m", "pytest"]).'
        )
    return find.named(root, data)


def _failure(argv: tuple[str, ...], done: Completed, seconds: float) -> str:
    name = " ".join(argv)
    if done.timed_out:
        return f"The test command ({name}) took longer than {seconds:g} s and was ended: raise `--timeout`."
    if done.overflowed:
        return f"The test command ({name}) wrote too much and was ended: have it print less."
    last = last_lines(done.stdout, _KEPT_LINES) or last_lines(done.stderr, _KEPT_LINES) or "it said nothing"
    return f"The test command ({name}) ended with {done.exit_code}: {last}"
