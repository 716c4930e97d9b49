"""What a report format is, where the built-in ones are, and the one way to write a file.

Nothing heavy is imported here: each format lives in a module of its own that is imported when it is asked
for.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import secrets
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from mcpquality_scanners.errors import UsageError, WriteError
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results


class Report(Protocol):
    """A report format: results in, text out. The same results give the same text.

    Attributes:
        name: On the command line; lower case, hyphens.
        suffix: Of the file it is written to when no path is given, with the dot.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see Attributes
    @property
    def suffix(self) -> str: ...  # noqa: D102

    def render(self, results: Results, sources: ReadLines) -> str:
        """The whole report.

        Everything that a scanner did not see is in it, whatever the format. `sources` is asked for the code
        around findings, by formats that show it.

        Raises:
            WriteError: The results hold something that this format cannot express.
        """
        ...


BUILT_IN: Mapping[str, str] = {
    "html": "mcpquality_reports.html",
    "json": "mcpquality_reports.json_report",
    "sarif": "mcpquality_reports.sarif",
    "terminal": "mcpquality_reports.terminal",
}
"""Name of each built-in format, and the module that holds it as `REPORT`."""


def load(name: str) -> Report:
    """The built-in format of that name.

    Raises:
        UsageError: There is none; the message names the nearest and all there are.
    """
    if name not in BUILT_IN:
        near = difflib.get_close_matches(name, BUILT_IN, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(f"there is no report format {name!r}: {hint}There are {', '.join(sorted(BUILT_IN))}")
    return cast("Report", import_module(BUILT_IN[name]).REPORT)


def no_sources(_path: str) -> list[str] | None:
    """For reports made without the code at hand: no file can be read."""
    return None


def write(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all.

    A new file is filled beside the old one, flushed to the disk, and takes its place in one step; when
    anything goes wrong (or the user interrupts) the old file is as it was and nothing new is left behind.
    Links are not followed: a repository under review must not choose what is overwritten.

    Raises:
        WriteError: It could not be written; the message names the path and what to do.
    """
    _check_target(path)
    # A short name of its own: the target's may already be as long as the file system allows.
    fresh = path.with_name(f".mcpquality-{secrets.token_hex(8)}.tmp")
    try:
        _fill(fresh, text.encode("utf-8", "backslashreplace"))
        fresh.replace(path)
    except (OSError, ValueError) as error:
        raise WriteError(_message(path, str(getattr(error, "strerror", None) or error))) from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _check_target(path: Path) -> None:
    try:
        unfit = path.is_symlink() or (path.exists() and not path.is_file())
        folder = path.parent.is_dir()
    except (OSError, ValueError) as error:
        raise WriteError(_message(path, str(error))) from error
    if unfit:
        raise WriteError(_message(path, "it is a link, a folder or a device, not a regular file"))
    if not folder:
        raise WriteError(_message(path, f"there is no folder {str(path.parent)!r}"))


def _fill(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _message(path: Path, reason: str) -> str:
    return f"the report {str(path)!r} could not be written: {reason}; name another file, or put that right"
