"""coverage.py's own data file, an SQLite database: what it measured, and copies of it under our paths.

The user's file is copied into the scratch folder first and only the copy is opened, so that nothing is ever
written beside it. In the copies each measured file is called by its absolute path in the folder that is
scanned, which is where coverage.py then looks for its source; other files are taken out, for
coverage.py gives up at the first source it cannot find. The schema is in coverage.py's documentation
("Database schema").
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.errors import ToolOutputError

_PER_FILE_TABLES = ("line_bits", "arc", "tracer")


@dataclass(frozen=True, slots=True)
class Recorded:
    """The files that a data file measured: their names there, each with the lines that were traced."""

    files: Mapping[str, frozenset[int]]


def read(source: Path, name: str, copy: Path) -> Recorded:
    """Copy `source` to `copy` and read it there; `name` is what messages call it.

    Raises:
        ToolOutputError: It is cut off, damaged, or not coverage.py's.
    """
    try:
        shutil.copyfile(source, copy)
        with closing(sqlite3.connect(copy)) as database:
            database.text_factory = _decode
            _check(database)
            lines = _lines(database)
            paths = _paths(database)
    except (sqlite3.Error, OSError, TypeError, ValueError) as error:
        raise ToolOutputError(
            f"{name} cannot be read as coverage.py's data ({error}): run the tests under coverage again."
        ) from None
    return Recorded({path: frozenset(lines[number]) for number, path in paths.items()})


def rewrite(copy: Path, targets: Mapping[str, str]) -> list[Path]:
    """Make copies of `copy` in which the files in `targets` have the names given there, and others are gone.

    One copy as a rule; as many as there are names for the same file (two environments' installed copies),
    which cannot stand in one database and have to be combined.

    Raises:
        ToolOutputError: A copy cannot be written, or a name cannot stand in a database (it is not UTF-8).
    """
    written: list[Path] = []
    for index, group in enumerate(_groups(targets)):
        path = copy.with_name(f"{copy.name}-{index}")
        try:
            shutil.copyfile(copy, path)
            with closing(sqlite3.connect(path)) as database, database:
                database.text_factory = _decode
                _rename(database, group)
        except (sqlite3.Error, OSError, ValueError) as error:
            raise ToolOutputError(
                f"The coverage data cannot be copied ({error}): name a report with `data` instead."
            ) from None
        written.append(path)
    return written


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _check(database: sqlite3.Connection) -> None:
    # Without this a file that was cut off may give some of its rows and no error.
    answer = database.execute("PRAGMA quick_check(1)").fetchone()
    if answer != ("ok",):
        raise ValueError("it is damaged")


def _paths(database: sqlite3.Connection) -> dict[int, str]:
    rows: list[tuple[object, object]] = database.execute("SELECT id, path FROM file ORDER BY path").fetchall()
    paths = {number: path for number, path in rows if isinstance(number, int) and isinstance(path, str)}
    if len(paths) != len(rows):
        raise ValueError("a file has no name")
    return paths


def _lines(database: sqlite3.Connection) -> defaultdict[int, set[int]]:
    """Lines that ran, by the number of the file: from the bitmaps, or from both ends of the branches."""
    lines: defaultdict[int, set[int]] = defaultdict(set)
    for number, bits in database.execute("SELECT file_id, numbits FROM line_bits"):
        lines[number].update(_numbers(bytes(bits)))
    for number, start, end in database.execute("SELECT file_id, fromno, tono FROM arc"):
        # Entry and exit of a code object are written as negative numbers.
        lines[number].update(line for line in (start, end) if line > 0)
    return lines


def _numbers(bits: bytes) -> Iterator[int]:
    """The numbers of the bits that are set: bit b of byte i stands for line 8 i + b, from 1."""
    for index, byte in enumerate(bits):
        for bit in range(8):
            if byte >> bit & 1 and index + bit:
                yield 8 * index + bit


def _groups(targets: Mapping[str, str]) -> list[dict[str, str]]:
    """`targets` divided so that in each part no two names have the same target."""
    groups: list[dict[str, str]] = []
    used: defaultdict[str, int] = defaultdict(int)
    for name, target in sorted(targets.items()):
        index = used[target]
        used[target] += 1
        if index == len(groups):
            groups.append({})
        groups[index][name] = target
    return groups


def _rename(database: sqlite3.Connection, names: Mapping[str, str]) -> None:
    rows = _paths(database)
    for number, path in rows.items():
        if path not in names:
            for table in _PER_FILE_TABLES:
                database.execute(f"DELETE FROM {table} WHERE file_id = ?", (number,))  # noqa: S608 - a constant
            database.execute("DELETE FROM file WHERE id = ?", (number,))
        else:
            # First out of the way: one file's new name may be another's old one.
            database.execute("UPDATE file SET path = ? WHERE id = ?", (f"\0{number}", number))
    for number, path in rows.items():
        if path in names:
            database.execute("UPDATE file SET path = ? WHERE id = ?", (names[path], number))
