"""`mcpquality health`: servers in, reports out, the verdict's exit code."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from mcpquality_reports.redacting import without_secrets
from mcpquality_scanners.errors import McpQualityError
from pytest_mcpquality.commands.docs_step import DocumentationStep
from pytest_mcpquality.commands.health_planning import Asked, prepare
from pytest_mcpquality.commands.running import run_to_the_end
from pytest_mcpquality.commands.scan import style
from pytest_mcpquality.commands.target import folder
from pytest_mcpquality.exit_codes import INCOMPLETE, INTERRUPTED
from pytest_mcpquality.health.explaining import CheckHelp
from pytest_mcpquality.health.gate import HealthPlan, HealthRun, run_gate
from pytest_mcpquality.health.lock.document import save
from pytest_mcpquality.health.registry import rules_of
from pytest_mcpquality.orchestrator import line_reader
from pytest_mcpquality.outputs import Style, deliver, preload
from pytest_mcpquality.progress import observer
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK


def run(given: argparse.Namespace) -> int:
    """Look at the servers, write the reports, and end as the verdict says."""
    how = style(given)
    prepared = prepare(_asked(given))
    step = DocumentationStep(prepared.settings, [CheckHelp(rules_of(prepared.plan.checks))])
    preload(prepared.outputs)
    with observer(SYSTEM_CLOCK, quiet=given.quiet, color=how.color) as watching:
        done = run_to_the_end(run_gate(prepared.plan, SYSTEM_CLOCK, watching))
    locked = save_lock(prepared.plan, done, how)
    results = step.run(done.results, partial(without_secrets, done.results), quiet=given.quiet)
    written = deliver(results, prepared.outputs, line_reader(prepared.plan.root), how)
    if results.interrupted:
        return INTERRUPTED
    return results.verdict.exit_code or (0 if written and locked else INCOMPLETE)


def _asked(given: argparse.Namespace) -> Asked:
    return Asked(
        root=folder(given.path),
        target=str(given.path),
        config=given.config or (),
        overrides={
            "fail-on": given.fail_on,
            "select": given.server,
            "lock": given.lock,
            "report": given.report,
            "skip": given.skip,
            "timeout": given.timeout,
        },
        update_lock=given.update_lock,
        docs=given.docs,
    )


def save_lock(plan: HealthPlan, done: HealthRun, how: Style) -> bool:
    """Write the lock file where that was asked for; False when it could not be, which is said."""
    if done.relocked is None:
        return True
    try:
        save(plan.lock.path, done.relocked)
    except McpQualityError as error:
        _say(str(error))
        return False
    if not how.quiet:
        _say(f"wrote {plan.lock.name}: {len(done.relocked)} locked, to be reviewed and committed")
    return True


def _say(text: str) -> None:
    print(f"mcpquality: {text}", file=sys.stderr)  # noqa: T201 - the user has to know
