"""The hooks through which scanners come in: ours and anybody's, by the same door.

A plugin is a module or object with functions marked by `hookimpl`, found through the entry-point group
`mcpquality`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from mcpquality_scanners.base import Scanner

PROJECT = "mcpquality"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def mcpquality_scanners() -> Sequence[Scanner]:  # type: ignore[empty-body]
    """The scanners that this plugin brings.

    Called once a run, before the configuration is read: the names and options of the scanners are what the
    configuration is checked against.
    """
