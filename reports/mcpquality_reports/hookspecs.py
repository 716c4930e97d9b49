"""The hook through which report formats come in: ours and anybody's, by the same door.

A plugin is a module or object with functions marked by `hookimpl`, found through the entry-point group
`mcpquality`; the same plugin may bring scanners.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcpquality_reports.base import Format
from mcpquality_scanners.hookspecs import PROJECT, hookimpl, hookspec

__all__ = ["PROJECT", "hookimpl", "mcpquality_reports"]


@hookspec
def mcpquality_reports() -> Sequence[Format]:  # type: ignore[empty-body]
    """The report formats that this plugin brings.

    Called once a run, before the configuration is read: the names of the formats are what it is checked against.
    """
