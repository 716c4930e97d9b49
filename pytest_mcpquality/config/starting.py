"""`mcpquality init`: puts the commented settings where they belong, and touches nothing else."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mcpquality_scanners.errors import UsageError, WriteError
from pytest_mcpquality.config.files import OWN_FILE, PYPROJECT, TABLE, find_document, parse_toml
from pytest_mcpquality.config.reference import starter

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mcpquality_scanners.base import Scanner


def init_file(root: Path, scanners: Sequence[Scanner], tools: Collection[str]) -> Path:
    """Write the starter configuration: at the end of `pyproject.toml` if there is one, else a new file.

    What stands in `pyproject.toml` stays as it is, byte for byte. Returns the file that was written.

    Raises:
        UsageError: There is a configuration already, or `pyproject.toml` cannot be read or added to.
        WriteError: The file could not be written; it is as it was.
    """
    existing = find_document(root, None)
    if existing:
        raise UsageError(f"{existing.name} holds a configuration already: edit it, or remove it first")
    project = root / PYPROJECT
    try:
        if project.exists():
            # A link stays one: what is replaced is the file that it leads to.
            _append(project.resolve(), starter(scanners, tools, TABLE))
            return project
        own = root / OWN_FILE
        with own.open("x", encoding="utf-8", newline="\n") as file:
            file.write(starter(scanners, tools, ()))
    except OSError as error:
        raise WriteError(f"no configuration could be written to {root}: {error.strerror}") from error
    return own


def _append(path: Path, block: str) -> None:
    before = path.read_bytes()
    newline = "\r\n" if b"\r\n" in before else "\n"
    gap = "\n" if before.endswith(b"\n") else "\n\n"
    after = before + (gap + block).replace("\n", newline).encode()
    try:
        parse_toml(after.decode("utf-8"), path.name)
    except UsageError as error:
        raise UsageError(
            f"{path.name} cannot take a [tool.mcpquality] table at its end ({error}): add it by hand"
        ) from error
    _replace(path, after)


def _replace(path: Path, content: bytes) -> None:
    """Put the content in place of the file at once, with its mode: a reader sees the old or the new."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
