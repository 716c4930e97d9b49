"""A report that a tool wrote earlier: read, and not believed when it is old or about something else."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.foreign.interface import ForeignTool, Reading
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.foreign.sarif import is_sarif, read_sarif
from mcpquality_scanners.outputs import json_value
from mcpquality_scanners.text import one_line

LARGEST = 200_000_000
"""Bytes of a report that are read; no tool writes as many about a project that can be put right."""


def read_report(tool: ForeignTool, root: Path, name: str, files: tuple[str, ...], places: Places) -> Reading:
    """What the report `name` of a tool says, and what speaks against believing it.

    Raises:
        ToolError: It is not there, cannot be read, or is no report of this tool.
    """
    document = load_report(root / name, name)
    if is_sarif(document):
        reading = read_sarif(cast("dict[str, object]", document), places, scanner=tool.name, category=tool.category)
    else:
        reading = tool.read(document, places)
    doubts = doubtful(root, name, files, places)
    # A report tells what it found, seldom what it read: it stands for the files the tool is about.
    seen = tuple(path for path in reading.seen or files or (name,) if path not in places.strange)
    note = f"Read from {one_line(name)}; nothing was run."
    return dataclasses.replace(reading, seen=seen, problems=(*reading.problems, *doubts), notes=(note, *reading.notes))


def load_report(path: Path, name: str) -> object:
    """The JSON document in a report file.

    Raises:
        ToolError: It is not there, cannot be read, or holds something else.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ToolError(f"the report {name} is larger than {LARGEST:,} bytes. Correct `report`.")
        data = path.read_bytes()
    except OSError as error:
        raise ToolError(
            f"the report {name} cannot be read: {error.strerror}. Write it, or correct `report`."
        ) from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # what PowerShell's `>` writes
        data = data.decode("utf-16", "replace").encode()
    return json_value(data.removeprefix(b"\xef\xbb\xbf"), f"whoever wrote {name}")


def doubtful(root: Path, name: str, files: Iterable[str], places: Places) -> tuple[str, ...]:
    """Sentences about a report that is older than what it is about, or about other files than ours."""
    doubts: list[str] = []
    written = _changed(root / name)
    newer = sorted(path for path in files if path != name and _changed(root / path) > written)
    if newer:
        more = f" and {len(newer) - 1} other files" if len(newer) > 1 else ""
        doubts.append(f"{name} is older than {one_line(newer[0])}{more}: write it anew.")
    if places.strange:
        first = one_line(min(places.strange))
        what = f"{name} names files that are not here, such as {first}"
        whose = "it is of an older state" if places.here else "it is another project's"
        doubts.append(f"{what}: {whose}. Write it anew, in this folder.")
    return tuple(doubts)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
