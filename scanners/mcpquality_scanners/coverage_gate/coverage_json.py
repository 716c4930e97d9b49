"""coverage.py's JSON: what `coverage json` writes (its format versions 2 and 3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import cast

from mcpquality_scanners.coverage_gate.model import FileData, Report
from mcpquality_scanners.errors import ToolOutputError

_Object = Mapping[str, object]


class _ShapeError(ValueError):
    """JSON that is not coverage.py's; the message ends a sentence."""


def parse(data: bytes, name: str) -> Report:
    """The JSON report `name` with the content `data`.

    Raises:
        ToolOutputError: It is not JSON (cut off), or not coverage.py's.
    """
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ToolOutputError(f"{name} cannot be read as JSON ({error}): write it anew.") from None
    try:
        report = _report(document, name)
    except _ShapeError as error:
        raise ToolOutputError(f"{name} is not coverage.py's JSON: {error}. Write it with `coverage json`.") from None
    if not report.files:
        raise ToolOutputError(f"{name} holds no file: run the tests under coverage again and write it anew.")
    return report


def _report(document: object, name: str) -> Report:
    top = _object(document, "the whole")
    meta = _object(top.get("meta"), "`meta`")
    branches = meta.get("branch_coverage")
    if not isinstance(branches, bool):
        raise _ShapeError("`meta.branch_coverage` is missing")
    files = _object(top.get("files"), "`files`")
    return Report(
        name,
        tuple(_file(path, _object(record, f"`{path}`"), branches=branches) for path, record in files.items()),
    )


def _file(path: str, record: _Object, *, branches: bool) -> FileData:
    ran = set(_lines(record, "executed_lines", path))
    missed = set(_lines(record, "missing_lines", path))
    summary = _object(record.get("summary"), f"`summary` of {path}")
    if ran & missed or _count(summary, "covered_lines", path) != len(ran):
        raise _ShapeError(f"the figures of {path} contradict each other")
    return FileData(
        (path,),
        dict.fromkeys(ran, True) | dict.fromkeys(missed, False),
        _branches(record, summary, path) if branches else None,
        None,
        _count(summary, "excluded_lines", path),
    )


def _branches(record: _Object, summary: _Object, path: str) -> dict[int, tuple[int, int]]:
    """By line; versions that give only sums have them all under line 0."""
    if "executed_branches" not in record:
        covered, total = _count(summary, "covered_branches", path), _count(summary, "num_branches", path)
        if covered > total:
            raise _ShapeError(f"the figures of {path} contradict each other")
        return {0: (covered, total)} if total else {}
    counted: dict[int, tuple[int, int]] = {}
    for key, ran in (("executed_branches", 1), ("missing_branches", 0)):
        for start in _starts(record, key, path):
            covered, total = counted.get(start, (0, 0))
            counted[start] = (covered + ran, total + 1)
    return counted


def _object(value: object, what: str) -> _Object:
    if not isinstance(value, dict):
        raise _ShapeError(f"{what} is no object")
    return cast("_Object", value)


def _list(record: _Object, key: str, path: str) -> list[object]:
    value = record.get(key)
    if not isinstance(value, list):
        raise _ShapeError(f"`{key}` of {path} is no list")
    return cast("list[object]", value)


def _lines(record: _Object, key: str, path: str) -> Iterator[int]:
    for line in _list(record, key, path):
        # True is an int to Python, and no line.
        if not isinstance(line, int) or isinstance(line, bool) or line < 1:
            raise _ShapeError(f"`{key}` of {path} holds {str(line)[:20]!r}")
        yield line


def _starts(record: _Object, key: str, path: str) -> Iterator[int]:
    """The lines that the branches under `key` start from."""
    for branch in _list(record, key, path):
        pair = cast("list[object]", branch) if isinstance(branch, list) else []
        if len(pair) != 2 or not all(isinstance(end, int) for end in pair):  # noqa: PLR2004 - from and to
            raise _ShapeError(f"`{key}` of {path} holds something else")
        yield cast("int", pair[0])


def _count(summary: _Object, key: str, path: str) -> int:
    value = summary.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _ShapeError(f"`summary.{key}` of {path} is missing")
    return value
