"""The door that plugins come in by, whatever they bring: scanners, report formats, checks of servers.

Each kind has a hook of its own; how plugins are found, and what is said of one that is broken, is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import TypeVar

import pluggy

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.hookspecs import PROJECT

Part = TypeVar("Part")


def plugin_manager(
    specification: ModuleType, built_in: object = None, plugins: Sequence[object] = ()
) -> pluggy.PluginManager:
    """A manager that knows the installed plugins (entry points), `plugins`, and `built_in`, which is ours, if any.

    Ours comes in last; with its hook implementations marked `tryfirst`, it is called before all others.

    Raises:
        UsageError: An installed plugin cannot be loaded.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specification)
    try:
        manager.load_setuptools_entrypoints(PROJECT)
    except (Exception, SystemExit) as error:  # a plugin may fail in any way; ending with 0 is one
        raise UsageError(
            f"a plugin of the entry-point group {PROJECT!r} cannot be loaded: "
            f"{type(error).__name__}: {error}. Repair or uninstall it."
        ) from error
    for plugin in plugins:
        manager.register(plugin)
    if built_in is not None:
        manager.register(built_in, "built-in")
    return manager


def brought(hook: Callable[[], list[Iterable[Part]]], what: str) -> list[list[Part]]:
    """What each plugin brings through `hook`; `what` says in the plural what that is.

    Raises:
        UsageError: A plugin fails to say it.
    """
    try:
        return [list(parts) for parts in hook()]
    except (Exception, SystemExit) as error:  # as above
        raise UsageError(
            f"a plugin cannot say which {what} it brings: {type(error).__name__}: {error}. Repair or uninstall it."
        ) from error
