"""The configuration file: which one it is, what stands in it, and on which line."""

from __future__ import annotations

import re
import stat
import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from mcpquality_scanners.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_mcpquality.config.keys import KeyPath

PYPROJECT = "pyproject.toml"
OWN_FILE = "mcpquality.toml"
TABLE = ("tool", "mcpquality")
"""Our table in `pyproject.toml`; the keys of other files stand at their top level."""

_DISTRIBUTION = "pytest-mcpquality"
_LOOKALIKE = 0.85  # of difflib's ratio: one letter more, less or swapped in "mcpquality", no other word

_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""", re.ASCII)
_DOTTED = re.compile(rf"(?:{_PART.pattern})(?:\s*\.\s*(?:{_PART.pattern}))*", re.ASCII)
_DEEPEST = 8  # parts of a dotted key that are indexed; ours have three


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration file that was read.

    Attributes:
        path: Where it is.
        name: What messages call it: its name in the root, or as it was given.
        prefix: The table in which our keys stand, `TABLE` or nothing.
        table: Our keys.
        lines: The line, from 1, on which each key or table of the file is first named.
        given: Whether the user named the file, in place of its having been found in the tree.
    """

    path: Path
    name: str
    prefix: KeyPath
    table: Mapping[str, object]
    lines: Mapping[KeyPath, int]
    given: bool = False

    def line(self, path: KeyPath) -> int:
        """The line of a key of ours or of the nearest table around it; 0 when it cannot be told."""
        whole = (*self.prefix, *path)
        around = (whole[:length] for length in range(len(whole), 0, -1))
        return next((self.lines[part] for part in around if part in self.lines), 0)


def as_table(value: object) -> dict[str, object] | None:
    """The value as a table, None when it is none; TOML's keys are strings."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def find_document(root: Path, config_file: Path | None) -> Document | None:
    """The file given, else `mcpquality.toml` or `pyproject.toml` with our table in the root, else None.

    No folder above the root is looked at: what holds for a folder does not depend on where it lies.

    Raises:
        UsageError: The file cannot be read, is no TOML, or holds none of our settings though it was given; or
            both files hold some.
    """
    if config_file is not None:
        return _given(config_file)
    own = _read_found(root / OWN_FILE, ())
    project = _read_found(root / PYPROJECT, TABLE)
    if own and project:
        raise UsageError(f"both {OWN_FILE} and {PYPROJECT} ([tool.mcpquality]) hold a configuration: keep one of them")
    return own or project


def _given(path: Path) -> Document:
    prefix = TABLE if path.name == PYPROJECT else ()
    text = _read(path, str(path))
    document = _document(path, str(path), prefix, text, given=True)
    if document is None:
        raise UsageError(f"{path} has no [tool.mcpquality] table: add one, or name another file with --config")
    return document


def _read_found(path: Path, prefix: KeyPath) -> Document | None:
    try:
        # Not followed: a link that leads nowhere is a file that cannot be read, not one that is absent.
        path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read: {error.strerror}") from error
    return _document(path, path.name, prefix, _read(path, path.name, regular=True), given=False)


def _read(path: Path, name: str, *, regular: bool = False) -> str:
    try:
        if regular and not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{name} is not a regular file: remove it, or name another one with --config")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(f"{name}:{line}: not UTF-8: save the file in that encoding") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{name} cannot be read: {reason}") from error


def parse_toml(text: str, name: str) -> dict[str, object]:
    """The content of a TOML document; `name` is what messages call it.

    Raises:
        UsageError: It is none; the message gives line and column.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise UsageError(f"{name}: values are nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, and integers too long for Python
        raise UsageError(f"{name}: not valid TOML: {error}") from error


def _document(path: Path, name: str, prefix: KeyPath, text: str, *, given: bool) -> Document | None:
    table = as_table(parse_toml(text, name))
    for part in prefix:
        if table is None:
            break
        if part not in table:
            _check_lookalikes(name, part, table)
            return None
        table = as_table(table[part])
    if table is None:
        raise UsageError(f"{name}: {'.'.join(prefix)} must be a table")
    return Document(path, name, prefix, table, line_index(text), given)


def _check_lookalikes(name: str, wanted: str, tables: Mapping[str, object]) -> None:
    """A misspelt name of our table would leave the defaults in force, unnoticed."""
    if wanted != TABLE[-1]:
        return
    import difflib  # noqa: PLC0415 - not needed where all is well

    close = [
        table
        for table in tables
        if table == _DISTRIBUTION or difflib.SequenceMatcher(None, table.lower(), wanted).ratio() > _LOOKALIKE
    ]
    if close:
        raise UsageError(f"{name}: there is [tool.{close[0]}] but no [tool.{wanted}]: rename it")


def line_index(text: str) -> dict[KeyPath, int]:
    """On which line each table and key is first named, by a plain search; keys in inline tables are not seen.

    Entries of an array of tables count from 0: `("suppress", "0", "rule")`.
    """
    index: dict[KeyPath, int] = {}
    entries: Counter[KeyPath] = Counter()
    table: KeyPath = ()
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.match(line.rstrip("\r"))
        if header:
            table = path = _parts(header[2])
            if header[1] == "[[":
                path = (*table, str(entries[table]))
                entries[table] += 1
                table = path
        else:
            key, equals, _ = line.partition("=")
            if not equals or not _DOTTED.fullmatch(key.strip()):
                continue
            path = (*table, *_parts(key))
        for length in range(1, min(len(path), _DEEPEST) + 1):
            index.setdefault(path[:length], number)
    return index


def _parts(dotted: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
