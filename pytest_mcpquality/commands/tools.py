"""`mcpquality tools list|install|doctor`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mcpquality_scanners.clock import SystemClock
from mcpquality_scanners.errors import ToolError, UsageError
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.toolchain import ON_PATH, SPECS, Toolchain
from pytest_mcpquality.commands.loaded import settings_for
from pytest_mcpquality.commands.running import run_to_the_end
from pytest_mcpquality.config.checking import nearest
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.exit_codes import INCOMPLETE
from pytest_mcpquality.planning import toolchain


def run(given: argparse.Namespace) -> int:
    """List, install or check tools; 3 when one of them cannot be used."""
    settings = settings_for(Path.cwd(), load_scanners())
    names = _names(given.names)
    tools = toolchain(settings, SystemClock(), _notify)
    if given.action == "list":
        return _list(tools, settings, names)
    action = _install if given.action == "install" else _doctor
    usable = [run_to_the_end(action(tools, settings, name)) for name in names]
    return 0 if all(usable) else INCOMPLETE


def _names(given: list[str]) -> list[str]:
    unknown = [name for name in given if name not in SPECS]
    if unknown:
        raise UsageError(f"there is no tool {unknown[0]!r}{nearest(unknown[0], SPECS)}")
    return given or sorted(SPECS)


def _notify(name: str, text: str) -> None:
    print(f"{name}: {text}", file=sys.stderr, flush=True)  # noqa: T201 - progress


def _list(tools: Toolchain, settings: Settings, names: list[str]) -> int:
    for name in names:
        if settings.tools.get(name) == ON_PATH:
            print(f"{name:<16}{'from PATH':<12}")  # noqa: T201 - the command's output
            continue
        environment = tools.environment(name)
        state = "installed" if environment.is_complete() else "not installed"
        locked = "locked" if tools.is_locked(name) else "not locked"
        where = environment.folder if environment.is_complete() else ""
        print(f"{name:<16}{environment.version:<12}{locked:<12}{state:<15}{where}".rstrip())  # noqa: T201
    return 0


async def _install(tools: Toolchain, settings: Settings, name: str) -> bool:
    try:
        if settings.tools.get(name) == ON_PATH:
            tool = await tools.tool(name)
            _say(name, f"{tool.version}, from PATH")
            return True
        # What is whole stays; what is broken in any way that `doctor` sees is built anew.
        again = await tools.check(name) is not None
        environment = await tools.install(name, again=again)
    except ToolError as error:
        _say(name, str(error))
        return False
    _say(name, f"{environment.version} in {environment.folder}")
    return True


async def _doctor(tools: Toolchain, settings: Settings, name: str) -> bool:
    if settings.tools.get(name) == ON_PATH:
        return await _install(tools, settings, name)
    problem = await tools.check(name)
    _say(name, problem or f"{tools.environment(name).version}, whole")
    absent = not tools.environment(name).folder.exists()
    return problem is None or absent


def _say(name: str, text: str) -> None:
    print(f"{name}: {text}", flush=True)  # noqa: T201 - the command's output
