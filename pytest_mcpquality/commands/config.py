"""`mcpquality config`."""

from __future__ import annotations

import argparse

from mcpquality_scanners.registry import load_scanners
from pytest_mcpquality.commands.loaded import settings_for
from pytest_mcpquality.commands.target import folder
from pytest_mcpquality.config.rendering import render_settings


def run(given: argparse.Namespace) -> int:
    """Print every setting that holds, and who set it."""
    settings = settings_for(folder(given.path), load_scanners(), config_file=given.config)
    print(render_settings(settings).rstrip())  # noqa: T201 - the command's output
    return 0
