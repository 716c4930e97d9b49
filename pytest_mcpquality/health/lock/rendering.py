"""A change as a person reads it: what it is, and the lines that went and came."""

from __future__ import annotations

import difflib
from typing import Final

from mcpquality_reports.text import visible
from pytest_mcpquality.health.lock.changes import Change

LINES: Final = 12
"""Lines of a difference that are shown; the lock file's own diff has all of them."""


def described(change: Change) -> str:
    """A sentence, `tool search: description changed`, and the lines that differ; invisible characters spelled out."""
    where = f"{change.subject} {change.name}: " if change.subject else ""
    return "\n".join([f"{visible(where)}{visible(change.what)}", *difference(change.before, change.after)])


def difference(before: str, after: str) -> list[str]:
    """The lines that went (`-`) and came (`+`), at most `LINES` of them; nothing where both are empty."""
    was, now = visible(before).splitlines(), visible(after).splitlines()
    lines = [line for line in difflib.ndiff(was, now) if line[:2] in {"- ", "+ "}]
    left = len(lines) - LINES
    return [*lines[:LINES], f"... {left} more lines"] if left > 0 else lines
