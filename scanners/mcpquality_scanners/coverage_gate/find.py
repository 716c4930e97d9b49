"""Which coverage data lie there, and of which format."""

from __future__ import annotations

import enum
import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.errors import ToolOutputError

REPORTS = ("coverage.json", "coverage.xml", "coverage.lcov", "lcov.info", "coverage/lcov.info")
"""Where the tools put their reports by default, richest first; coverage.py's own data come before all."""

SIZE_CAP = 512 * 1024 * 1024
"""Bytes of a data file after which it is not read."""


class Format(enum.Enum):
    """The formats that are read, told apart by how a file begins."""

    DATA = "coverage.py's data"
    JSON = "coverage.py's JSON"
    XML = "Cobertura's XML"
    LCOV = "lcov"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file with coverage data; `name` as a person would call it: relative where it is below the root."""

    path: Path
    name: str
    format: Format
    modified: int
    """When it was written, nanoseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be read, and what else lies there and is not."""

    used: tuple[DataFile, ...] = ()
    passed_over: tuple[str, ...] = ()


def default(root: Path, data_file: str) -> Found:
    """What lies where coverage tools put their data: coverage.py's own, else the first of `REPORTS`.

    `data_file` is where coverage.py's configuration has them; empty for `.coverage`.

    Raises:
        ToolOutputError: A file cannot be read, or is of no known format.
    """
    own = root / (data_file or ".coverage")
    candidates = [_own_data(own), *([root / name] for name in REPORTS)]
    present = [paths for paths in candidates if paths and paths[0].is_file()]
    if not present:
        return Found()
    used = _files(root, present[0])
    rest = [_name(root, path) for paths in present[1:] for path in paths]
    left = [_name(root, path) for path in _with_parallel(own) if path not in present[0]]
    return Found(used, tuple(left if used[0].format is Format.DATA else []) + tuple(rest))


def named(root: Path, patterns: Sequence[str]) -> Found:
    """What the configuration names: paths and patterns, relative to the root or absolute.

    Raises:
        ToolOutputError: One of them matches no file, or a file cannot be read or is of no known format.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        matches = _matches(root, pattern)
        if not matches:
            raise ToolOutputError(f"`data` names {pattern}, and there is no such file: run the tests, or correct it.")
        found.update(dict.fromkeys(matches))
    return Found(_files(root, found))


def in_folder(root: Path, folder: Path) -> Found:
    """The data that coverage.py wrote to `.coverage` in `folder`, or beside it in parallel."""
    return Found(_files(root, _own_data(folder / ".coverage")))


def stamps(root: Path, patterns: Sequence[str]) -> dict[Path, tuple[int, int, int]]:
    """What tells whether a file that `patterns` match was written again: inode, size, time."""
    paths = [path for pattern in patterns for path in _matches(root, pattern)]
    return {path: (stat.st_ino, stat.st_size, stat.st_mtime_ns) for path in paths for stat in [path.stat()]}


def _matches(root: Path, pattern: str) -> list[Path]:
    literal = root / pattern
    if literal.is_file():
        return [literal]
    paths = (root / match for match in glob.glob(pattern, root_dir=root, recursive=True, include_hidden=True))  # noqa: PTH207 - Path.glob refuses absolute patterns
    return sorted(path for path in paths if path.is_file())


def _with_parallel(own: Path) -> list[Path]:
    """The data file and those that runs in parallel write beside it (its name, a dot, and more)."""
    beside = sorted(own.parent.glob(f"{glob.escape(own.name)}.*")) if own.parent.is_dir() else []
    return [path for path in (own, *beside) if path.is_file()]


def _own_data(own: Path) -> list[Path]:
    """The data file, or those written in parallel where one of these is newer."""
    paths = _with_parallel(own)
    parallel = [path for path in paths if path != own]
    if not parallel or own not in paths:
        return paths
    newest = max(path.stat().st_mtime_ns for path in parallel)
    return parallel if newest > own.stat().st_mtime_ns else [own]


def _files(root: Path, paths: Iterable[Path]) -> tuple[DataFile, ...]:
    return tuple(_data_file(path, _name(root, path)) for path in paths)


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _data_file(path: Path, name: str) -> DataFile:
    try:
        stat = path.stat()
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise ToolOutputError(
            f"{name} cannot be read ({os.strerror(error.errno or 0)}): see to its permissions."
        ) from None
    if stat.st_size > SIZE_CAP:
        raise ToolOutputError(f"{name} is larger than {SIZE_CAP // 2**20} MiB and was not read: measure fewer files.")
    return DataFile(path, name, _format(head, name), stat.st_mtime_ns)


def _format(head: bytes, name: str) -> Format:
    if head.startswith(b"SQLite format 3\0"):
        return Format.DATA
    if head.startswith(b"!coverage.py"):
        raise ToolOutputError(f"{name} is of coverage.py before 5.0: run the tests under a newer one.")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise ToolOutputError(f"{name} is empty: run the tests under coverage again.")
    if text.startswith(b"{"):
        return Format.JSON
    if text.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\0<")):
        return Format.XML
    if text.startswith((b"TN:", b"SF:", b"#", b"VER:")):
        return Format.LCOV
    raise ToolOutputError(
        f"{name} is no coverage data that can be read (coverage.py's own, its JSON, Cobertura's XML, lcov):"
        " run the tests under coverage again."
    )
