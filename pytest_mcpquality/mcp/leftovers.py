"""What a server started outside of its process group: known by a variable that its children inherit.

A child with a session of its own, such as a browser that Node starts as `detached`, is not ended with the group. Where
there is no `/proc` (macOS) it cannot be found, and only the group is ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from mcpquality_scanners.text import one_line

VARIABLE = "PYTEST_MCPQUALITY_STARTED"
"""The variable that marks a server and all that it starts."""

_SHOWN = 120
_ROUNDS = 50  # one that the system holds on to cannot be killed, and must not hold us
_PROCESSES = Path("/proc")
_NONE = b"\0"


def left_behind(mark: str) -> dict[int, str]:
    """The command lines of all processes with the mark that are still there, by process id."""
    wanted = _NONE + f"{VARIABLE}={mark}".encode() + _NONE
    return {pid: _command_line(pid) for pid, variables in _environments() if wanted in _NONE + variables}


def kill_left_behind(mark: str) -> None:
    """Kill them, and what they start in the meantime."""
    for _ in range(_ROUNDS):
        found = left_behind(mark)
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


def _environments() -> Iterator[tuple[int, bytes]]:
    """Those that can be read: of our own processes that have not ended."""
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(_PROCESSES):  # noqa: PTH208 - ten times as fast, and this is done at each end
            if name.isdecimal():
                with contextlib.suppress(OSError):
                    yield int(name), (_PROCESSES / name / "environ").read_bytes()


def _command_line(pid: int) -> str:
    with contextlib.suppress(OSError):
        words = (_PROCESSES / str(pid) / "cmdline").read_bytes().split(_NONE)
        return one_line(b" ".join(words).decode("utf-8", "replace").strip())[:_SHOWN]
    return ""
