"""The hook through which checks of servers come in: ours and anybody's, by the same door.

A plugin is a module or object with functions marked by `hookimpl`, found through the entry-point group
`mcpquality`.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcpquality_scanners.hookspecs import PROJECT, hookimpl, hookspec
from pytest_mcpquality.health.check import Check
from pytest_mcpquality.health.observation import Observation

__all__ = ["PROJECT", "hookimpl", "mcpquality_health_checks"]


@hookspec
def mcpquality_health_checks() -> Sequence[Check[Observation]]:  # type: ignore[empty-body]
    """The checks of MCP servers that this plugin brings.

    Called once a run, before any server is started. The id of each of their rules starts with `mcp-` and stays what
    it is between versions.
    """
