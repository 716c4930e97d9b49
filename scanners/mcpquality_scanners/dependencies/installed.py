"""What is installed in an environment: asked of its own interpreter, which alone knows where it looks."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from mcpquality_scanners.base import ProcessRunner
from mcpquality_scanners.dependencies.model import (
    Origin,
    Pin,
    Reading,
    UnreadableError,
    as_table,
    below,
    make_pin,
    scrub,
)
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Command, Unseen
from mcpquality_scanners.text import last_lines

# Runs in the environment's interpreter, which may be as old as 3.8. A distribution whose metadata are
# broken is reported by its place, since `metadata` and `version` raise whatever the damage makes them raise.
_PROBE = """
import importlib.metadata, json, sys
rows = []
for found in importlib.metadata.distributions():
    try:
        modules = (found.read_text("top_level.txt") or "").split()
        modules = modules or sorted({path.parts[0] for path in found.files or () if path.suffix in (".py", ".so")})
        direct = found.read_text("direct_url.json")
        rows.append([found.metadata["Name"], found.version, direct, list(found.requires or ()), modules])
    except Exception:
        rows.append([None, str(getattr(found, "_path", "?")), None, [], []])
sys.stdout.write(json.dumps({"distributions": rows}))
"""
_COLUMNS = 5


def interpreter(root: Path, name: str) -> Path | None:
    """The interpreter that a path means, be it one or a virtual environment; None when there is none."""
    path = root / os.path.expanduser(name)  # noqa: PTH111 - pathlib raises for a user that is not there
    if path.is_file():
        return path
    candidates = (path / "bin" / "python", path / "Scripts" / "python.exe", path / "python.exe")
    return next((candidate for candidate in candidates if candidate.is_file()), None)


async def read_environment(
    name: str,
    root: Path,
    processes: ProcessRunner,
    cwd: Path,
    timeout: float,  # noqa: ASYNC109 - handed on to the runner
) -> tuple[Reading, tuple[Command, ...]]:
    """List the distributions of an environment.

    Args:
        name: Path of an interpreter or a virtual environment, absolute or relative to `root`.
        root: The folder that is scanned; a project in it is not a dependency.
        processes: Runs the interpreter.
        cwd: An empty folder: Python looks for modules where it is started.
        timeout: Seconds it may take.

    Raises:
        UnreadableError: There is no interpreter, or it did not answer; the message says why.
    """
    python = interpreter(root, name)
    if python is None:
        raise UnreadableError("there is no Python interpreter and no virtual environment at that path")
    try:
        completed = await processes.run((str(python), "-B", "-c", _PROBE), cwd=cwd, timeout=timeout)
    except ToolError as error:
        raise UnreadableError(scrub(str(error))) from error
    rows = _rows(completed.stdout) if completed.exit_code == 0 else None
    if rows is None:
        said = last_lines(completed.stderr) or f"it ended with {completed.exit_code}"
        raise UnreadableError(f"its interpreter could not list what is installed: {scrub(said)}")
    return _reading(name, root, rows), (completed.command,)


def _rows(output: bytes) -> list[list[object]] | None:
    """What the probe printed, or None when it is anything else."""
    try:
        document = as_table(json.loads(output))
    except (ValueError, RecursionError):
        return None
    rows: object = (document or {}).get("distributions")
    if not isinstance(rows, list):
        return None
    items = cast("list[object]", rows)
    lists = [cast("list[object]", row) for row in items if isinstance(row, list)]
    return lists if len(lists) == len(items) and all(len(row) == _COLUMNS for row in lists) else None


def _reading(name: str, root: Path, rows: Iterable[list[object]]) -> Reading:
    pins: list[Pin] = []
    unseen: list[Unseen] = []
    edges: dict[str, frozenset[str]] = {}
    modules: dict[str, frozenset[str]] = {}
    roots: set[str] = set()
    for package, version, direct, requires, imports in rows:
        place = _direct_url(direct)
        needs = frozenset(_required(requires))
        if place and _is_inside(place, root):
            roots |= needs
            continue
        pin = make_pin(str(package), str(version), Origin("")) if package else None
        if pin is not None:
            edges[pin.name] = needs
            modules[pin.name] = frozenset(module.removesuffix(".py") for module in _texts(imports))
        if place:
            reason = f"was installed from {scrub(place, 160)}, not from the registry"
            unseen.append(Unseen(f"{name}: {scrub(str(package))}", reason))
        elif pin is None:
            what = package or version
            unseen.append(Unseen(f"{name}: {scrub(str(what))}", "has no name or no version by PEP 440 in its metadata"))
        else:
            pins.append(pin)
    return Reading(
        name,
        pins=tuple(sorted(set(pins))),
        # An environment is that of the projects at the root.
        members=("",),
        edges=edges,
        modules=modules,
        roots=frozenset(roots),
        unseen=tuple(unseen),
    )


def _texts(value: object) -> list[str]:
    return [str(item) for item in cast("list[object]", value)] if isinstance(value, list) else []


def _required(requires: object) -> Iterator[str]:
    """The packages that a distribution needs, those of its extras aside."""
    for text in _texts(requires):
        with contextlib.suppress(InvalidRequirement):
            requirement = Requirement(text)
            if "extra" not in str(requirement.marker or ""):
                yield canonicalize_name(requirement.name)


def _direct_url(text: object) -> str:
    """The address in a `direct_url.json` (PEP 610); empty when the distribution has none."""
    if not isinstance(text, str):
        return ""
    try:
        document = as_table(json.loads(text)) or {}
    except (ValueError, RecursionError):
        document = {}
    return str(document.get("url", "somewhere that is not known"))


def _is_inside(address: str, root: Path) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "file" and below(root, Path(unquote(parts.path))) is not None
