"""`mcpquality demo`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from mcpquality_scanners.base import Scanner
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.results import GateStatus, Results, Verdict
from pytest_mcpquality.commands.loaded import settings_for
from pytest_mcpquality.commands.scan import scan, style, wants_color
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.demo import unpack
from pytest_mcpquality.exit_codes import INCOMPLETE, INTERRUPTED
from pytest_mcpquality.orchestrator import line_reader
from pytest_mcpquality.outputs import deliver
from pytest_mcpquality.planning import plan_scan

_INCOMPLETE = """
Not all of the demonstration could be shown; the lines above say what is missing and why.
  check the scanners' tools    mcpquality tools doctor
  install them                 mcpquality tools install
"""


def run(given: argparse.Namespace) -> int:
    """Unpack the demonstration, scan it, and say what to look at.

    It ends with 0 although the gates fail, since that is what it shows; with 3 when a scanner could not run.
    """
    target = unpack(given.folder, Path.cwd())
    page = target / "report.html"
    print(f"A small MCP server with planted flaws is in {target}. Scanning it ...", flush=True)  # noqa: T201
    scanners = load_scanners()
    settings = _settings(target, page, scanners)
    plan = plan_scan(settings, scanners, str(target))
    results = scan(settings, plan, quiet=given.quiet, color=wants_color(given))
    written = deliver(results, settings.outputs, line_reader(settings.root), style(given))
    if results.interrupted:
        return INTERRUPTED
    if not written or not shows_everything(results):
        print(_INCOMPLETE)  # noqa: T201
        return INCOMPLETE
    print(_what_next(target, page))  # noqa: T201
    return 0


def shows_everything(results: Results) -> bool:
    """Whether the planted flaws made it fail and every scanner did its part: else it is no demonstration."""
    incomplete = any(gate.status is GateStatus.INCOMPLETE for gate in results.gates)
    return results.verdict is Verdict.FAILED and not incomplete


def _settings(target: Path, page: Path, scanners: Sequence[Scanner]) -> Settings:
    # Only the demonstration's own configuration counts: the caller's variables are about another project.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MCPQUALITY_")}
    ours |= {name: value for name, value in os.environ.items() if name == "MCPQUALITY_CACHE_DIR"}
    # It shows itself without anybody being asked, today and in a year.
    wanted = {"format": ["terminal", f"html={page}"], "docs.enabled": False}
    return settings_for(target.absolute(), scanners, overrides=wanted, environ=ours)


def _what_next(target: Path, page: Path) -> str:
    return f"""
The gates failed because the flaws are planted; {target / "README.md"} lists them.
  read the report          {page}
  learn about a finding    mcpquality explain mcp-command-injection
  scan your own project    mcpquality scan PATH
  settings to start from   mcpquality init PATH
"""
