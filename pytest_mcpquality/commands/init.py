"""`mcpquality init`."""

from __future__ import annotations

import argparse

from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.toolchain import SPECS
from pytest_mcpquality.commands.target import folder
from pytest_mcpquality.config.starting import init_file


def run(given: argparse.Namespace) -> int:
    """Write a commented configuration, and say where."""
    written = init_file(folder(given.path), load_scanners(), tuple(SPECS))
    print(f"Wrote a commented [tool.mcpquality] to {written}. `mcpquality config` shows what holds.")  # noqa: T201
    return 0
