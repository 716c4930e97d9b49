"""What GitLab's reports have in common."""

from __future__ import annotations

from mcpquality_reports.text import without_surrogates
from mcpquality_scanners.findings import Location

_LONGEST_PATH = 4096


def path_of(location: Location | None) -> str:
    """The file's path as GitLab takes it, relative and with forward slashes; empty when there is none."""
    if location is None:
        return ""
    steps = [step for step in location.path[:_LONGEST_PATH].split("/") if step not in {"", ".", ".."}]
    return without_surrogates("/".join(steps))
