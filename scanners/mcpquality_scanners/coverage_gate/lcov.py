"""lcov's tracefile: what `coverage lcov` writes, and the tools of many other languages.

A tracefile is a list of records, each from `SF:` (the file) to `end_of_record`. The keys read here are those
of the manual page `geninfo(1)`: `DA` lines, `BRDA` branches, `FN` and `FNDA` functions (`FNL` and `FNA` since
lcov 2.2). Other keys are passed over; their sums (`LF`, `LH`, ...) follow from the rest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import zip_longest

from mcpquality_scanners.coverage_gate.model import FileData, FunctionKey, Report
from mcpquality_scanners.errors import ToolOutputError

_KEYED = re.compile(r"([A-Z]{2,}):(.*)")
_IN_RECORD = frozenset({"DA", "BRDA", "FN", "FNDA", "FNL", "FNA"})


@dataclass(slots=True)
class _Record:
    """One record while it is being read."""

    name: str
    lines: dict[int, bool] = field(default_factory=dict[int, bool])
    branches: dict[tuple[int, str], bool] = field(default_factory=dict[tuple[int, str], bool])
    starts: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    hits: defaultdict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    indexed: dict[str, int] = field(default_factory=dict[str, int])

    def take(self, key: str, value: str) -> None:
        """Take in one line of the record; raises ValueError when it is not as the format has it."""
        match key:
            case "DA":
                line, count = value.split(",")[:2]
                self.lines[_number(line)] = self.lines.get(_number(line), False) or int(count) > 0
            case "BRDA":
                self._take_branch(value)
            case "FN":
                start, rest = value.split(",", 1)
                end, comma, name = rest.partition(",")
                self.starts[name if comma and end.isdecimal() else rest].append(_number(start))
            case "FNDA":
                count, name = value.split(",", 1)
                self.hits[name].append(int(count) > 0)
            case "FNL":
                index, start = value.split(",")[:2]
                self.indexed[index] = _number(start)
            case _:
                index, count, name = value.split(",", 2)
                self.starts[name].append(self.indexed.get(index, 0))
                self.hits[name].append(int(count) > 0)

    def _take_branch(self, value: str) -> None:
        where, _, count = value.rpartition(",")
        line, which = where.split(",", 1)
        ran = count != "-" and int(count) > 0
        branch = (_number(line), which)
        self.branches[branch] = self.branches.get(branch, False) or ran


def parse(data: bytes, name: str) -> Report:
    """The tracefile `name` with the content `data`.

    Raises:
        ToolOutputError: It is not a tracefile, or is cut off.
    """
    records = _records(data.decode("utf-8-sig", "surrogateescape"), name)
    if not records:
        raise ToolOutputError(f"{name} holds no record of any file: run the tests again and write it anew.")
    # The format cannot say "measured, but there are none": that any record has them must stand for all.
    branches = any(record.branches for record in records)
    functions = any(record.hits or record.starts for record in records)
    return Report(name, tuple(_file(record, branches=branches, functions=functions) for record in records))


def _records(text: str, name: str) -> list[_Record]:
    records: list[_Record] = []
    current: _Record | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped == "end_of_record" and current is not None:
            records.append(current)
            current = None
            continue
        try:
            current = _next(current, stripped)
        except ValueError:
            raise ToolOutputError(
                f"{name}, line {number}, is not as lcov writes it ({stripped[:60]!r}): write the file anew."
            ) from None
    if current is not None:
        raise ToolOutputError(f"{name} ends within the record of {current.name}: it is cut off, write it anew.")
    return records


def _next(current: _Record | None, line: str) -> _Record | None:
    """The record that `line` belongs to, with the line taken in."""
    match = _KEYED.fullmatch(line)
    if match is None:
        raise ValueError(line)
    key, value = match.groups()
    if key == "SF":
        if current is not None or not value:
            raise ValueError(line)
        return _Record(value)
    if key in _IN_RECORD:
        if current is None:
            raise ValueError(line)
        current.take(key, value)
    return current


def _file(record: _Record, *, branches: bool, functions: bool) -> FileData:
    return FileData(
        (record.name,),
        record.lines,
        _by_line(record.branches) if branches else None,
        _functions(record) if functions else None,
    )


def _by_line(branches: dict[tuple[int, str], bool]) -> dict[int, tuple[int, int]]:
    counted: dict[int, tuple[int, int]] = {}
    for (line, _which), ran in branches.items():
        covered, total = counted.get(line, (0, 0))
        counted[line] = (covered + ran, total + 1)
    return counted


def _functions(record: _Record) -> dict[FunctionKey, bool]:
    """Pairs starts and hits of one name in their order; a start without a hit never ran."""
    functions: dict[FunctionKey, bool] = {}
    for name in record.starts.keys() | record.hits.keys():
        for start, ran in zip_longest(record.starts[name], record.hits[name]):
            key = (start or 0, name)
            functions[key] = functions.get(key, False) or bool(ran)
    return functions


def _number(text: str) -> int:
    """A line number, from 1."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
