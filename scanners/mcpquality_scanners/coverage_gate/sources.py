"""The source files that the data speak of, as they are now, and which of them the data no longer fit.

Two things tell that data are stale: a source that is younger than the data, and lines in the data on which
the source has no statement. Neither is enough alone: times are lost in a checkout or an archive, and many
changes leave every statement on a line that had one. The time that a report says it was made is not used:
a report can be made long after the tests ran, and on another machine before this checkout.
"""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.coverage_gate import source
from mcpquality_scanners.coverage_gate.model import FileData, FunctionKey


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source file: when it was changed (nanoseconds since 1970), its number of lines, its Python if any.

    `problem` says why it could not be read or parsed; empty when it could.
    """

    modified: int = 0
    length: int = 0
    python: source.PythonSource | None = None
    problem: str = ""


async def read_all(root: Path, paths: Iterable[str]) -> dict[str, SourceFile]:
    """Read the files at the relative `paths`, leaving the loop free in between."""
    files: dict[str, SourceFile] = {}
    for path in paths:
        files[path] = _read(root, path)
        await asyncio.sleep(0)
    return files


def is_python(path: str) -> bool:
    """Whether the name is that of a Python file."""
    return path.endswith((".py", ".pyw"))


def functions(python: source.PythonSource, record: FileData) -> dict[FunctionKey, bool]:
    """Each function that has a statement in the data, and whether any of its lines ran."""
    found: dict[FunctionKey, bool] = {}
    for function in python.functions:
        body = [record.lines[line] for line in function.body if line in record.lines]
        if body:
            found[function.line, function.name] = any(body)
    return found


def why_stale(file: SourceFile, record: FileData, executed: frozenset[int], written: int | None) -> str | None:
    """Why the data do not fit the source, or None when they may.

    `executed` holds the traced lines where they are known, `written` the time of the data, or None when times
    are not to be compared.
    """
    if written is not None and file.modified > written:
        return "changed after the tests ran: run them again"
    misplaced = sorted(_misplaced(file, record, executed))
    if misplaced:
        return f"not as it was when the tests ran (line {misplaced[0]} holds no statement): run them again"
    return None


def _misplaced(file: SourceFile, record: FileData, executed: frozenset[int]) -> set[int]:
    if file.python is None:
        return {line for line in record.lines if line > file.length}
    # An empty module is traced on its line 1.
    return (record.lines.keys() - file.python.starts) | (executed - file.python.spans - {1})


def _read(root: Path, path: str) -> SourceFile:
    full = root / path
    try:
        modified = full.stat().st_mtime_ns
        data = full.read_bytes()
    except OSError as error:
        return SourceFile(problem=f"cannot be read ({os.strerror(error.errno or 0)})")
    length = data.count(b"\n") + 1
    if not is_python(path):
        return SourceFile(modified, length)
    with warnings.catch_warnings():
        # The parser warns of what the code under test should not do; that is its own tests' affair.
        warnings.simplefilter("ignore")
        python = source.parse(data)
    return SourceFile(modified, length, python, "" if python else "is not Python that this interpreter can parse")
