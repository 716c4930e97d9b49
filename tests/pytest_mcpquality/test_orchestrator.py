"""A whole run with scanners that do what tests want: nothing they do may cost another's findings, or end green."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from mcpquality_scanners.base import Completed, ScanContext, Scanner, Tool, ToolProvider
from mcpquality_scanners.errors import McpQualityError, ToolError, ToolNotInstalledError, UsageError
from mcpquality_scanners.findings import (
    Category,
    Finding,
    Location,
    Region,
    ScanResult,
    ScanStatus,
    Severity,
    Suppression,
    SuppressionKind,
)
from mcpquality_scanners.options import Option
from mcpquality_scanners.results import GateStatus, Results, Verdict
from pytest_mcpquality import __version__, orchestrator
from pytest_mcpquality.orchestrator import Assignment, Plan, line_reader, run_scan
from pytest_mcpquality.policy import SuppressionRule
from tests.support.clock import FakeClock

Scan = Callable[[ScanContext], Awaitable[ScanResult]]


class FakeScanner:
    """A scanner that does what it is told; by default it looks at everything and finds nothing."""

    title = "fake"
    category = Category.CODE
    options: tuple[Option, ...] = ()

    def __init__(self, name: str, scan: Scan | None = None, *, weight: int = 1) -> None:
        self.name = name
        self.weight = weight
        self.contexts: list[ScanContext] = []
        self._scan = scan

    async def scan(self, context: ScanContext) -> ScanResult:
        self.contexts.append(context)
        if self._scan is not None:
            return await self._scan(context)
        return ScanResult(self.name, ScanStatus.COMPLETE, seen=context.files)

    def explain(self, rule: str) -> str | None:
        return rule or None


class NoTools:
    """A provider that has none, and takes a minute of the clock to say so."""

    def __init__(self, clock: FakeClock, notify: Callable[[str, str], None]) -> None:
        self._clock = clock
        self._notify = notify

    async def tool(self, name: str) -> Tool:
        self._notify(name, "installing")
        self._clock.advance(60)
        raise ToolNotInstalledError(f"{name} cannot be had")


class Watcher:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def started(self, scanner: str) -> None:
        self.events.append(("started", scanner))

    def progress(self, scanner: str, text: str) -> None:
        self.events.append((text, scanner))

    def finished(self, result: ScanResult) -> None:
        self.events.append(("finished", result.scanner))


def finding(scanner: str, severity: Severity = Severity.HIGH, **changes: object) -> Finding:
    plain = Finding(scanner, "B602", severity, "message", Location("a.py", Region(1)))
    return replace(plain, **changes)  # type: ignore[arg-type]  # the names are those of the class


def finds(scanner: str, *findings: Finding) -> FakeScanner:
    async def scan(context: ScanContext) -> ScanResult:
        return ScanResult(scanner, ScanStatus.COMPLETE, findings=findings, seen=context.files)

    return FakeScanner(scanner, scan)


def raises(name: str, error: BaseException) -> FakeScanner:
    async def scan(_context: ScanContext) -> ScanResult:
        raise error

    return FakeScanner(name, scan)


def returns(name: str, returned: object) -> FakeScanner:
    async def scan(_context: ScanContext) -> ScanResult:
        return cast("ScanResult", returned)

    return FakeScanner(name, scan)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text("run(x)\nrun(y)\n", encoding="utf-8")
    return root


class Bench:
    """Everything a run needs, and what came of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = FakeClock()
        self.watcher = Watcher()

    def plan(self, *scanners: Scanner, timeout: float = 100.0, off: Mapping[str, str] | None = None) -> Plan:
        reasons = off or {}
        assignments = (Assignment(each, {}, timeout, reasons.get(each.name, "")) for each in scanners)
        return Plan(self.root, "project", tuple(assignments), jobs=2)

    async def run_async(self, plan: Plan) -> Results:
        def tools(notify: Callable[[str, str], None]) -> ToolProvider:
            return NoTools(self.clock, notify)

        return await run_scan(plan, tools, self.clock, self.watcher)

    def run(self, plan: Plan) -> Results:
        return asyncio.run(self.run_async(plan))

    def scan(self, *scanners: Scanner) -> Results:
        return self.run(self.plan(*scanners))


@pytest.fixture
def bench(project: Path) -> Bench:
    return Bench(project)


def by_name(results: Results, name: str) -> ScanResult:
    return next(result for result in results.scanners if result.scanner == name)


# --- what a run says ---


def test_a_run_in_which_all_was_seen_and_nothing_found_is_green(bench: Bench) -> None:
    results = bench.run(replace(bench.plan(FakeScanner("one"), FakeScanner("two")), weakened=("loose",)))
    assert results.verdict is Verdict.PASSED
    assert results.headline == "Passed: 2 of 2 gates passed."
    assert [gate.status for gate in results.gates] == [GateStatus.PASSED] * 2
    assert (results.target, results.started, results.weakened) == ("project", "2026-05-01T12:00:00Z", ("loose",))
    assert results.environment.mcpquality == __version__
    assert (results.files.listed, results.files.source) == (1, "folder")
    assert results.commit is None
    assert not results.interrupted


def test_findings_are_merged_marked_and_ordered_and_leave_their_scanners(bench: Bench) -> None:
    results = bench.scan(
        finds("one", finding("one", Severity.LOW, rule="x", location=None), finding("one", cwe=(78,))),
        finds("two", finding("two", Severity.CRITICAL, rule="shell", cwe=(78,))),
    )
    assert results.verdict is Verdict.FAILED
    assert [(each.rule, each.also_found_by) for each in results.findings] == [("shell", ("one:B602",)), ("x", ())]
    assert all(each.fingerprint for each in results.findings)
    assert all(result.findings == () for result in results.scanners)
    assert [gate.status for gate in results.gates] == [GateStatus.FAILED, GateStatus.FAILED]


def test_what_is_suppressed_is_shown_and_does_not_count(bench: Bench) -> None:
    pragma = Suppression(SuppressionKind.PRAGMA, "known", 1)
    scanner = finds("one", finding("one", suppression=pragma), finding("one", rule="B1"), finding("one", rule="B2"))
    plan = bench.plan(scanner)
    rules = (SuppressionRule("B1", "why"), SuppressionRule("B2", "over", expires=date(2026, 4, 30)))
    results = bench.run(replace(plan, suppressions=rules))
    assert [each.rule for each in results.findings] == ["B2"]
    assert [each.suppression and each.suppression.reason for each in results.suppressed] == ["why", "known"]
    assert results.verdict is Verdict.FAILED


def test_the_limit_and_what_is_accepted_are_the_plans(bench: Bench) -> None:
    broken = raises("broken", McpQualityError("cannot be had"))
    plan = bench.plan(finds("one", finding("one", Severity.MEDIUM)), broken)
    assert bench.run(plan).verdict is Verdict.INCOMPLETE
    assert bench.run(replace(plan, accepted={"broken"})).verdict is Verdict.PASSED
    assert bench.run(replace(plan, accepted={"broken"}, fail_on=Severity.MEDIUM)).verdict is Verdict.FAILED


def test_without_scanners_nothing_was_looked_at(bench: Bench) -> None:
    assert bench.scan().verdict is Verdict.INCOMPLETE


def test_one_that_is_off_is_not_run_and_shown_as_off(bench: Bench) -> None:
    off = FakeScanner("off")
    results = bench.run(bench.plan(off, FakeScanner("on"), off={"off": "switched off with --skip"}))
    assert off.contexts == []
    assert by_name(results, "off").status is ScanStatus.OFF
    assert results.gates[0].detail == "switched off with --skip"
    assert results.verdict is Verdict.PASSED
    assert bench.watcher.events == [("started", "on"), ("finished", "on")]


def test_a_root_that_is_not_there_is_wrong_usage(bench: Bench) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        bench.run(replace(bench.plan(FakeScanner("one")), root=bench.root / "nowhere"))


def test_the_revision_is_in_the_results(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(bench.root.parent))
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "one")):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        subprocess.run(("git", *identity, *arguments), cwd=bench.root, check=True)
    results = bench.scan(FakeScanner("one"))
    assert results.commit is not None
    assert not results.commit.dirty
    assert results.files.source == "git"


# --- what a scanner is handed ---


def test_a_scanner_is_handed_the_list_and_a_folder_of_its_own(bench: Bench) -> None:
    (bench.root / "b.txt").write_text("", encoding="utf-8")
    seen: list[bool] = []

    async def scan(context: ScanContext) -> ScanResult:
        (context.scratch / "file").write_text("x", encoding="utf-8")
        seen.append([each.name for each in context.scratch.iterdir()] == ["file"])
        context.progress("looking")
        return ScanResult("one", ScanStatus.COMPLETE, seen=context.files)

    one, two = FakeScanner("one", scan), FakeScanner("two")
    plan = replace(bench.plan(one, two), exclude=("*.txt",), offline=True)
    results = bench.run(plan)
    (context,) = one.contexts
    assert context.files == ("a.py",)
    assert (context.root, context.offline, context.jobs, context.timeout) == (bench.root, True, 2, 100.0)
    assert context.scratch != two.contexts[0].scratch
    assert not context.scratch.is_relative_to(bench.root)
    assert seen == [True]
    assert not context.scratch.exists()
    assert results.files.excluded == (("*.txt", 1),)
    assert ("looking", "one") in bench.watcher.events


def test_the_heaviest_start_first_and_results_keep_the_order_of_the_plan(bench: Bench) -> None:
    names = {"light": 1, "even": 5, "heavy": 9, "same": 5}
    results = bench.scan(*(FakeScanner(name, weight=weight) for name, weight in names.items()))
    started = [name for event, name in bench.watcher.events if event == "started"]
    assert started == ["heavy", "even", "same", "light"]
    assert [result.scanner for result in results.scanners] == list(names)
    assert [gate.name for gate in results.gates] == list(names)


def test_no_more_processes_run_at_once_than_the_plan_says(bench: Bench, tmp_path: Path) -> None:
    code = """
import os, sys, time
folder, name = sys.argv[1:]
open(os.path.join(folder, name), "w").close()
print(len(os.listdir(folder)))
time.sleep(0.05)
os.unlink(os.path.join(folder, name))
"""
    running = tmp_path / "running"
    running.mkdir()
    seen: list[int] = []

    async def scan(context: ScanContext) -> ScanResult:
        async def one(name: str) -> Completed:
            argv = (sys.executable, "-c", code, str(running), f"{context.scratch.name}-{name}")
            return await context.processes.run(argv, cwd=context.root, timeout=60)

        for done in await asyncio.gather(one("1"), one("2"), one("3")):
            assert done.exit_code == 0
            seen.append(int(done.stdout))
        return ScanResult("x", ScanStatus.COMPLETE, seen=context.files)

    bench.run(replace(bench.plan(FakeScanner("one", scan), FakeScanner("two", scan)), jobs=1))
    assert seen == [1] * 6


def test_time_is_the_scanners_own_and_installing_is_not(bench: Bench) -> None:
    async def scan(context: ScanContext) -> ScanResult:
        bench.clock.advance(5)
        with pytest.raises(ToolNotInstalledError):
            await context.tools.tool("bandit")
        return ScanResult("one", ScanStatus.COMPLETE, seen=context.files)

    results = bench.scan(FakeScanner("one", scan))
    assert by_name(results, "one").seconds == 5
    assert results.seconds == 65
    assert ("installing", "one") in bench.watcher.events


# --- scanners that misbehave ---


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (McpQualityError("bandit cannot be had. Install it."), "bandit cannot be had. Install it."),
        (ValueError("line\none"), "broke off with ValueError: line one. This is a bug in the scanner."),
        (KeyError("x"), "broke off with KeyError: 'x'. This is a bug in the scanner."),
        (SystemExit(0), "broke off with SystemExit: 0. This is a bug in the scanner."),
        (RecursionError(), "broke off with RecursionError: . This is a bug in the scanner."),
        (OSError(28, "No space left on device"), "could not go on: [Errno 28] No space left on device"),
        (asyncio.CancelledError(), "cancelled itself. This is a bug in the scanner."),
        (TimeoutError(), "could not go on: TimeoutError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_one_that_raises_is_an_error_and_costs_nobody_else_anything(
    bench: Bench, error: BaseException, said: str
) -> None:
    results = bench.scan(raises("broken", error), finds("whole", finding("whole", Severity.LOW)))
    broken = by_name(results, "broken")
    assert (broken.status, broken.problems) == (ScanStatus.ERROR, (said,))
    assert [each.scanner for each in results.findings] == ["whole"]
    assert results.verdict is Verdict.INCOMPLETE
    assert not results.interrupted
    assert {("finished", "broken"), ("finished", "whole")} <= set(bench.watcher.events)


def test_one_that_breaks_off_still_says_what_it_had_started_without_naming_folders(bench: Bench) -> None:
    async def scan(context: ScanContext) -> ScanResult:
        script = context.scratch / "a.py"
        script.write_text("raise SystemExit(7)", encoding="utf-8")
        await context.processes.run((sys.executable, str(script), str(context.root)), cwd=context.root, timeout=60)
        raise ToolError("its output cannot be trusted")

    (broken,) = bench.scan(FakeScanner("broken", scan)).scanners
    (command,) = broken.commands
    assert (broken.status, command.exit_code) == (ScanStatus.ERROR, 7)
    assert command.argv == (Path(sys.executable).name, "{scratch}/broken/a.py", ".")


@pytest.mark.parametrize(
    "returned",
    [
        None,
        "fine",
        ScanResult("broken", ScanStatus.COMPLETE, findings=cast("tuple[Finding, ...]", ("no finding",)), seen=("a",)),
        ScanResult(
            "broken",
            ScanStatus.COMPLETE,
            findings=(Finding("broken", "r", cast("Severity", "high"), "m"),),
            seen=("a",),
        ),
    ],
    ids=["nothing", "a string", "no finding", "no severity"],
)
def test_one_that_returns_what_is_no_result_is_an_error(bench: Bench, returned: object) -> None:
    results = bench.scan(returns("broken", returned), FakeScanner("whole"))
    assert by_name(results, "broken").status is ScanStatus.ERROR
    assert "This is a bug in the scanner." in by_name(results, "broken").problems[0]
    assert results.verdict is Verdict.INCOMPLETE


def test_one_that_saw_nothing_and_calls_itself_complete_is_not_believed(bench: Bench) -> None:
    results = bench.scan(returns("blind", ScanResult("blind", ScanStatus.COMPLETE)), FakeScanner("whole"))
    assert by_name(results, "blind").status is ScanStatus.INCOMPLETE
    assert results.verdict is Verdict.INCOMPLETE


def test_findings_count_for_the_scanner_that_brought_them_whatever_name_they_bear(bench: Bench) -> None:
    masked = ScanResult("somebody", ScanStatus.COMPLETE, findings=(finding("nobody"),), seen=("a.py",))
    results = bench.scan(returns("one", masked), FakeScanner("two"))
    assert [(gate.name, gate.status) for gate in results.gates] == [
        ("one", GateStatus.FAILED),
        ("two", GateStatus.PASSED),
    ]
    assert [each.scanner for each in results.findings] == ["one"]
    assert results.verdict is Verdict.FAILED


async def never(_context: ScanContext) -> ScanResult:
    await asyncio.Event().wait()
    raise AssertionError


def test_one_that_hangs_without_a_process_is_ended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orchestrator, "_OVERTIME", 0.0)
    finished: list[bool] = []

    async def hang(context: ScanContext) -> ScanResult:
        bench.clock.advance(7)  # more than it has, before anybody looks
        try:
            return await never(context)
        finally:
            finished.append(True)

    results = bench.run(bench.plan(FakeScanner("slow", hang), FakeScanner("whole"), timeout=0.05))
    slow = by_name(results, "slow")
    assert slow.status is ScanStatus.ERROR
    assert slow.problems == ("took longer than 0.05 s and was ended; raise it with --timeout",)
    assert by_name(results, "whole").status is ScanStatus.COMPLETE
    assert results.verdict is Verdict.INCOMPLETE
    assert finished == [True]


def test_one_whose_time_stands_still_is_waited_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orchestrator, "_OVERTIME", 0.0)

    async def slow(context: ScanContext) -> ScanResult:
        # Real time passes, the scanner's does not: as while it waits for a slot.
        await context.processes.run(
            (sys.executable, "-c", "import time; time.sleep(0.2)"), cwd=context.root, timeout=60
        )
        return ScanResult("slow", ScanStatus.COMPLETE, seen=context.files)

    results = bench.run(bench.plan(FakeScanner("slow", slow), timeout=0.05))
    assert by_name(results, "slow").status is ScanStatus.COMPLETE


def test_an_impossible_folder_for_temporary_files_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(bench.root / "nowhere"))
    with pytest.raises(McpQualityError, match="Set TMPDIR"):
        bench.scan(FakeScanner("one"))


# --- the list itself ---


def test_what_cannot_be_listed_is_incomplete_and_can_be_accepted_by_name(bench: Bench) -> None:
    (bench.root / "stray").symlink_to("nowhere")
    plan = bench.plan(FakeScanner("one"))
    results = bench.run(plan)
    assert [unseen.name for unseen in by_name(results, "files").unseen] == ["stray"]
    assert results.verdict is Verdict.INCOMPLETE
    assert bench.run(replace(plan, accepted={"files"})).verdict is Verdict.PASSED


@pytest.mark.parametrize("exclude", [(), ("**",)], ids=["empty", "all left out"])
def test_where_there_is_no_file_there_is_no_green(bench: Bench, exclude: tuple[str, ...]) -> None:
    if not exclude:
        (bench.root / "a.py").unlink()
    results = bench.run(replace(bench.plan(FakeScanner("one")), exclude=exclude))
    assert results.files.listed == 0
    assert results.verdict is Verdict.INCOMPLETE


# --- interruption ---


def test_cancelling_keeps_what_is_finished_and_leaves_no_process(bench: Bench, tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    async def busy(context: ScanContext) -> ScanResult:
        code = "import os, sys, time; open(sys.argv[1], 'w').close(); time.sleep(60)"
        await context.processes.run((sys.executable, "-c", code, str(pid)), cwd=context.root, timeout=60)
        return ScanResult("busy", ScanStatus.COMPLETE, seen=context.files)

    whole, busy_one, hanging = finds("whole", finding("whole")), FakeScanner("busy", busy), FakeScanner("hangs", never)

    async def interrupted() -> Results:
        running = asyncio.create_task(bench.run_async(bench.plan(busy_one, whole, hanging)))
        while not (pid.exists() and ("finished", "whole") in bench.watcher.events):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        running.cancel()
        async with asyncio.timeout(1):  # Ctrl-C is through within a second
            return await running

    results = asyncio.run(interrupted())
    assert results.interrupted
    assert results.verdict is Verdict.FAILED
    assert results.headline.startswith("Interrupted. Failed: ")
    assert [each.scanner for each in results.findings] == ["whole"]
    assert [(result.scanner, result.status) for result in results.scanners] == [
        ("busy", ScanStatus.ERROR),
        ("whole", ScanStatus.COMPLETE),
        ("hangs", ScanStatus.ERROR),
    ]
    assert by_name(results, "busy").problems == ("interrupted before it was done",)
    assert not busy_one.contexts[0].scratch.exists()


def test_an_interrupted_run_is_never_green(bench: Bench) -> None:
    async def cancelled_at_the_end() -> Results:
        running = asyncio.current_task()
        assert running is not None

        async def last(context: ScanContext) -> ScanResult:
            running.cancel()
            return ScanResult("last", ScanStatus.COMPLETE, seen=context.files)

        return await bench.run_async(replace(bench.plan(FakeScanner("last", last)), accepted={"last"}))

    results = asyncio.run(cancelled_at_the_end())
    assert results.interrupted
    assert results.verdict is Verdict.INCOMPLETE


def test_an_interruption_while_only_git_is_waited_for_keeps_the_findings(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_git = tmp_path / "bin" / "git"
    slow_git.parent.mkdir()
    slow_git.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexec sleep 60\n", encoding="utf-8")
    slow_git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow_git.parent}:/usr/bin:/bin")

    async def interrupted() -> Results:
        running = asyncio.create_task(bench.run_async(bench.plan(finds("whole", finding("whole")))))
        while not ((tmp_path / "asked").exists() and bench.watcher.events[-1:] == [("finished", "whole")]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        running.cancel()
        async with asyncio.timeout(1):
            return await running

    results = asyncio.run(interrupted())
    assert results.interrupted
    assert results.commit is None
    assert [each.scanner for each in results.findings] == ["whole"]


# --- lines ---


def test_lines_are_counted_as_tools_count_them(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("one\r\ntwo\x0ctwo\u2028two\rthree\n".encode())
    (tmp_path / "utf16.py").write_bytes("one".encode("utf-16"))
    read = line_reader(tmp_path)
    assert read("a.py") == ("one", "two\x0ctwo\u2028two", "three", "")
    assert read("utf16.py") is None
    assert read("nowhere.py") is None
    assert read("a.py") is read("a.py")
