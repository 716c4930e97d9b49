"""The demonstration: a small MCP server with planted flaws, unpacked and scanned with the real tools."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from mcpquality_scanners.errors import UsageError

PROJECT = Path(__file__).parent / "project"
FOLDER = "mcpquality-demo"
"""Where it is unpacked when no folder is named."""


def unpack(folder: Path | None, here: Path) -> Path:
    """Copy the project into `folder`, or into a free name below `here`; the folder it lies in.

    Raises:
        UsageError: The folder is there already, or cannot be written.
    """
    target = folder if folder is not None else _free_name(here)
    try:
        shutil.copytree(PROJECT, target, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
        # Written last: measured data older than the sources would be stale.
        (target / "coverage.json").touch()
    except FileExistsError as error:
        raise UsageError(f"{target} is there already. Name a folder that is not.") from error
    except OSError as error:
        raise UsageError(f"the demonstration could not be unpacked into {target}: {error.strerror or error}") from error
    return target


def _free_name(here: Path) -> Path:
    names = (FOLDER, *(f"{FOLDER}-{number}" for number in range(2, 1000)))
    return next(here / name for name in names if not os.path.lexists(here / name))
