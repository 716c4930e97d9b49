"""What is left of the processes that a test has started: found by a mark in their environment."""

from __future__ import annotations

from pathlib import Path

MARK = "MARK_OF_A_TEST"


def left_running(mark: str) -> list[str]:
    """Command lines of the processes that have the mark in their environment."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue  # it has ended, or belongs to somebody else
    return found
