"""`pytest --mcp-health`: the gate before the tests. Registered by `plugin.py`, on the controller, when it is asked for.

PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar, cast

import pytest

from mcpquality_reports.terminal import Detail, TerminalReport
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import ScanResult
from mcpquality_scanners.results import Results, Verdict
from mcpquality_scanners.text import one_line
from pytest_mcpquality.commands.health import save_lock
from pytest_mcpquality.commands.health_planning import Asked, Prepared, prepare
from pytest_mcpquality.commands.running import run_to_the_end
from pytest_mcpquality.config.settings import Output
from pytest_mcpquality.health.gate import run_gate
from pytest_mcpquality.orchestrator import line_reader
from pytest_mcpquality.outputs import TERMINAL, Style, deliver
from pytest_mcpquality.progress import Silent
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK

_T = TypeVar("_T")

PREFIX = "mcp-health-"
_TITLE = "mcp health"


def register(config: pytest.Config) -> None:
    """Let the gate run in this session."""
    config.pluginmanager.register(HealthPlugin(config), "mcpquality-health")


class HealthPlugin:
    """The hooks of one session, and what its gate came to."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._prepared: Prepared | None = None
        self._results: Results | None = None
        self._all_written = True
        self._shown = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Read everything first: what is wrong with it is said before anything is started."""
        if self._config.option.collectonly:
            return
        try:
            self._prepared = prepare(_asked(self._config))
            _check_outputs(self._prepared.outputs)
        except UsageError as error:
            raise pytest.UsageError(f"--mcp-health: {error}") from error

    def pytest_report_header(self) -> str:
        """Say that it is going to run, and on what."""
        if self._prepared is None:
            return f"{_TITLE}: not run, since tests are only collected"
        plan = self._prepared.plan
        names = [one.name for one in plan.candidates if not one.off]
        return f"{_TITLE}: {', '.join(names) or 'no server'} (fails on {plan.settings.fail_on.value})"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Run the gate, before anything is collected."""
        if self._prepared is None:
            return
        plan = self._prepared.plan
        observer = self._observer()
        done = _run(lambda: run_to_the_end(run_gate(plan, SYSTEM_CLOCK, observer)))
        self._results = done.results
        if isinstance(observer, _Lines):
            observer.say(done.results.headline)
        with self._uncaptured():
            quiet = Style(color=False, quiet=self._quiet)
            locked = save_lock(plan, done, quiet)
            files = [output for output in self._prepared.outputs if output.path is not None]
            self._all_written = deliver(done.results, files, line_reader(plan.root), quiet) and locked
        if done.results.interrupted:
            raise KeyboardInterrupt

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Make the session end as the gate says, where it would have been green or had no tests.

        What pytest itself ends with when it was interrupted, broke or was used in a wrong way stays.
        """
        if self._results is None:
            return
        green = self._results.verdict is Verdict.PASSED and self._all_written
        if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.OK if green else pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The gate's own section, with its verdict: pytest's last line only knows of tests."""
        if self._results is None:
            return
        self._shown = True
        passed = self._results.verdict is Verdict.PASSED
        terminalreporter.section(_TITLE, green=passed, red=not passed)
        report = TerminalReport(self._detail, shutil.get_terminal_size().columns, colour=terminalreporter.hasmarkup)
        terminalreporter.write(report.render(self._results, lambda _path: None))

    def pytest_unconfigure(self) -> None:
        """Where there was no summary (`--no-summary`, an internal error) say at least what decided."""
        reporter = self._reporter
        if self._results is not None and not self._shown and reporter is not None:
            reporter.write_line(f"{_TITLE}: {self._results.headline}")

    @property
    def _reporter(self) -> pytest.TerminalReporter | None:
        """None with `-p no:terminal`."""
        return cast("pytest.TerminalReporter | None", self._config.pluginmanager.getplugin("terminalreporter"))

    @property
    def _quiet(self) -> bool:
        return self._config.get_verbosity() < 0

    @property
    def _detail(self) -> Detail:
        verbosity = self._config.get_verbosity()
        return Detail.QUIET if verbosity < 0 else Detail.VERBOSE if verbosity else Detail.NORMAL

    def _observer(self) -> _Lines | Silent:
        reporter = self._reporter
        return Silent() if reporter is None or self._quiet else _Lines(reporter)

    def _uncaptured(self) -> AbstractContextManager[None]:
        """What is said on standard error is for the user, not for a test."""
        capture = cast("_Capture | None", self._config.pluginmanager.getplugin("capturemanager"))
        return capture.global_and_fixture_disabled() if capture is not None else contextlib.nullcontext()


class _Capture(Protocol):
    """What we need of pytest's own plugin that captures output."""

    def global_and_fixture_disabled(self) -> AbstractContextManager[None]: ...


class _Lines:
    """A line for each server that is done."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter

    def say(self, line: str) -> None:
        """Say it, on a line of its own."""
        self._reporter.write_line(f"{_TITLE}: {one_line(line)}")

    def started(self, scanner: str) -> None:
        """Say nothing: the header has named it."""

    def progress(self, scanner: str, text: str) -> None:
        """Say what takes long."""
        self.say(f"{scanner}: {text}")

    def finished(self, result: ScanResult) -> None:
        """Say nothing: the verdict and, at the end, the section do."""


def _asked(config: pytest.Config) -> Asked:
    given = config.option
    return Asked(
        root=config.rootpath,
        target=".",
        config=given.mcp_health_config,
        overrides={
            "fail-on": given.mcp_health_fail_on,
            "select": given.mcp_health_server or None,
            "lock": given.mcp_health_lock,
            "report": given.mcp_health_report or None,
            "skip": given.mcp_health_skip or None,
            "timeout": given.mcp_health_timeout,
        },
        update_lock=given.mcp_health_update_lock,
        prefix=PREFIX,
    )


def _check_outputs(outputs: Sequence[Output]) -> None:
    """Pytest's own output is where a report without a file would go.

    Raises:
        UsageError: There is one, other than the section that is always shown.
    """
    for output in outputs:
        if output.path is None and output.format != TERMINAL:
            raise UsageError(f"the report {output.format!r} needs a file under pytest: {output.format}=FILE")


def _run(work: Callable[[], _T]) -> _T:
    """The work's result; in a thread of its own where this one is busy with a loop (pytest in a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
