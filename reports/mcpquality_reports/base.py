"""What a report format is, and the one way to write a file."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mcpquality_scanners.errors import WriteError
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results


class Report(Protocol):
    """A report format: results in, text out. The same results give the same text."""

    def render(self, results: Results, sources: ReadLines) -> str:
        """The whole report.

        Everything that a scanner did not see is in it, whatever the format. `sources` is asked for the code
        around findings, by formats that show it.

        Raises:
            WriteError: The results hold something that this format cannot express.
        """
        ...


def _nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Format:
    """A report format as it is registered; see `hookspecs` for how. Knowing it imports nothing heavy.

    Attributes:
        name: On the command line and in the configuration; lower case, hyphens.
        file: What its file is called in a folder of reports.
        title: What it is for, in a few words.
        load: Gives the report; imports what it is made with.
        problem: Why it cannot be made here and what to do, as a sentence; empty when it can.
    """

    name: str
    file: str
    title: str
    load: Callable[[], Report]
    problem: Callable[[], str] = _nothing


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
