"""The folder that a command is about."""

from __future__ import annotations

from pathlib import Path

from mcpquality_scanners.errors import UsageError


def name_of(path: str) -> str:
    """What reports call the folder: as the user wrote it, but dots alone by the name they stand for.

    >>> name_of("../other/project"), name_of(".") == Path.cwd().name
    ('../other/project', True)
    """
    if Path(path).name in {"", ".."}:
        return Path(path).resolve().name or path
    return path


def folder(path: str) -> Path:
    """The folder a user named, absolute.

    Raises:
        UsageError: It is not there, or is no folder.
    """
    root = Path(path)
    try:
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "does not exist"
            raise UsageError(f"{path!r} {what}. Give the folder of a project.")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path!r} cannot be looked at: {error}") from error
    return root.absolute()
