"""`mcpquality scan`: settings in, reports out, the verdict's exit code."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from functools import partial

from mcpquality_reports.redacting import without_secrets
from mcpquality_scanners.clock import SystemClock
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.results import Results
from pytest_mcpquality.commands.comparing import compared, earlier
from pytest_mcpquality.commands.docs_step import DocumentationStep
from pytest_mcpquality.commands.loaded import settings_for
from pytest_mcpquality.commands.running import run_to_the_end
from pytest_mcpquality.commands.target import folder, name_of
from pytest_mcpquality.config.keys import SINCE
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.exit_codes import INCOMPLETE, INTERRUPTED
from pytest_mcpquality.orchestrator import Plan, line_reader, run_scan
from pytest_mcpquality.outputs import Style, deliver, preload
from pytest_mcpquality.planning import plan_scan, tools_for
from pytest_mcpquality.progress import Patient, observer


def run(given: argparse.Namespace) -> int:
    """Scan, write the reports, and end as the verdict says."""
    before = earlier(given.compare)
    settings, plan = prepare(given)
    step = DocumentationStep(settings, (assignment.scanner for assignment in plan.assignments))
    results = compared(scan(settings, plan, quiet=given.quiet, color=wants_color(given)), before)
    # The verdict stands. While the documentation is on its way, the texts of the reports are looked through once.
    documented = step.run(results, partial(without_secrets, results), quiet=given.quiet)
    return report(documented, settings, style(given))


def prepare(given: argparse.Namespace) -> tuple[Settings, Plan]:
    """The settings and the plan for parsed arguments.

    Raises:
        UsageError: The folder or the configuration is not right.
    """
    scanners = load_scanners()
    settings = settings_for(folder(given.path), scanners, config_file=given.config, overrides=overrides(given))
    return settings, plan_scan(settings, scanners, name_of(str(given.path)))


def overrides(given: argparse.Namespace) -> Mapping[str, object]:
    """The options that were given, under the names of their keys; a list adds to nothing and replaces what it names."""
    named = {
        "fail-on": given.fail_on,
        "select": given.scanner,
        "skip": given.skip,
        "format": given.format,
        "jobs": given.jobs,
        "timeout": given.timeout,
        "offline": given.offline,
        "allow-incomplete": given.allow_incomplete,
        SINCE: given.since,
        "docs.enabled": given.docs,
    }
    return {name: value for name, value in named.items() if value is not None}


def scan(settings: Settings, plan: Plan, *, quiet: bool, color: bool) -> Results:
    """Run the scan with its progress on standard error; Ctrl-C and SIGTERM end it with what was found so far."""
    clock = SystemClock()
    preload(settings.outputs)
    with observer(clock, quiet=quiet, color=color) as watching:
        return run_to_the_end(run_scan(plan, tools_for(settings, clock), clock, Patient(watching)))


def report(results: Results, settings: Settings, how: Style) -> int:
    """Write every report that was asked for; the exit code."""
    written = deliver(results, settings.outputs, line_reader(settings.root), how)
    if results.interrupted:
        return INTERRUPTED
    return results.verdict.exit_code or (0 if written else INCOMPLETE)


def style(given: argparse.Namespace) -> Style:
    """How the terminal report is to look."""
    return Style(color=wants_color(given), quiet=given.quiet, verbose=given.verbose)


def wants_color(given: argparse.Namespace) -> bool:
    """Whether colours are wanted, as far as options and NO_COLOR say."""
    return not given.no_color and not os.environ.get("NO_COLOR")
