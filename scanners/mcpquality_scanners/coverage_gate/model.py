"""What all input formats are turned into: per file, which lines, branches and functions ran.

Two records of one file are merged to what ran in either; where a format does not tell which of a line's
branches ran, the merged figure is a lower bound, never more than what ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

FunctionKey = tuple[int, str]
"""First line and name: two functions of one name (a property's getter and setter) stay apart."""


_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class FileData:
    """The record of one file.

    Attributes:
        names: Names it may have, as the data have them; more than one where a format leaves it open.
        lines: Each line that holds a statement, and whether it ran.
        branches: By line, how many of its branches ran and how many it has; None when the data tell nothing
            about branches.
        functions: Each function, and whether any of its lines ran; None when the data do not tell.
        excluded: How many lines comments or configuration left out of account, where the data say so.
    """

    names: tuple[str, ...]
    lines: Mapping[int, bool]
    branches: Mapping[int, tuple[int, int]] | None = None
    functions: Mapping[FunctionKey, bool] | None = None
    excluded: int = 0

    @property
    def missing(self) -> tuple[int, ...]:
        """The lines that never ran, ascending."""
        return tuple(sorted(line for line, ran in self.lines.items() if not ran))


@dataclass(frozen=True, slots=True)
class Report:
    """One data file, parsed: its name and what it holds."""

    name: str
    files: tuple[FileData, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """The data of all files that could be told apart, by their path under the root.

    Attributes:
        files: By relative path.
        executed: Raw line numbers the tracer saw, where the data keep them; for finding stale data.
        strangers: Names in the data that belong to no file of the list.
        ambiguous: Names in the data that could belong to several.
    """

    files: Mapping[str, FileData]
    executed: Mapping[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    strangers: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()


def merge(first: FileData, second: FileData) -> FileData:
    """What ran in either of two records of the same file."""
    return FileData(
        first.names,
        _either(first.lines, second.lines),
        _merge_branches(first.branches, second.branches),
        _merge_functions(first.functions, second.functions),
        max(first.excluded, second.excluded),
    )


def merge_all(records: Iterable[tuple[str, FileData]]) -> dict[str, FileData]:
    """One record a path, in the order of the paths."""
    merged: dict[str, FileData] = {}
    for path, record in records:
        merged[path] = merge(merged[path], record) if path in merged else record
    return dict(sorted(merged.items()))


def _merge_branches(
    first: Mapping[int, tuple[int, int]] | None, second: Mapping[int, tuple[int, int]] | None
) -> dict[int, tuple[int, int]] | None:
    if first is None or second is None:
        known = second if first is None else first
        return None if known is None else dict(known)
    nothing = (0, 0)
    pairs = {line: (first.get(line, nothing), second.get(line, nothing)) for line in first.keys() | second.keys()}
    return {line: (max(one[0], two[0]), max(one[1], two[1])) for line, (one, two) in pairs.items()}


def _merge_functions(
    first: Mapping[FunctionKey, bool] | None, second: Mapping[FunctionKey, bool] | None
) -> dict[FunctionKey, bool] | None:
    if first is None or second is None:
        known = second if first is None else first
        return None if known is None else dict(known)
    return _either(first, second)


def _either(first: Mapping[_Key, bool], second: Mapping[_Key, bool]) -> dict[_Key, bool]:
    return {key: first.get(key, False) or second.get(key, False) for key in first.keys() | second.keys()}
