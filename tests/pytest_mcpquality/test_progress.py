from __future__ import annotations

import asyncio
import io
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus, Severity, Unseen
from pytest_mcpquality import progress
from pytest_mcpquality.progress import LiveLines, Patient, PlainLines, Silent, observer, summary
from tests.support.clock import FakeClock

FLAW = Finding("bandit", "B602", Severity.HIGH, "a flaw")
DONE = ScanResult("bandit", ScanStatus.COMPLETE, findings=(FLAW,), seen=("a.py",), seconds=1.26)


class Terminal(io.StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A log whose reader has gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (DONE, "complete, 1 finding, 1.3 s"),
        (ScanResult("bandit", ScanStatus.COMPLETE, seen=("a.py",)), "complete, 0 findings, 0.0 s"),
        (
            ScanResult("bandit", ScanStatus.INCOMPLETE, unseen=(Unseen("a.py", "x"),)),
            "incomplete, 0 findings, 1 not looked at, 0.0 s",
        ),
        (
            ScanResult("bandit", ScanStatus.ERROR, problems=("could not\nstart", "more")),
            "error, 0.0 s: could not start",
        ),
        (ScanResult("bandit", ScanStatus.NOT_APPLICABLE), "not applicable, 0.0 s"),
    ],
)
def test_summary(result: ScanResult, words: str) -> None:
    assert summary(result) == words


def test_plain_lines_are_lines() -> None:
    log = io.StringIO()
    lines = PlainLines(log)
    lines.started("bandit")
    lines.progress("bandit", "reading\n\x1b[31m[red]many[/red] files")
    lines.finished(DONE)
    assert log.getvalue().splitlines() == [
        "bandit: started",
        "bandit: reading [red]many[/red] files",
        "bandit: complete, 1 finding, 1.3 s",
    ]


def told(*events: ScanResult | str, pause: float = 0.0) -> list[str]:
    """What a patient observer tells of scanners that start, of progress (text), and of results."""
    log = io.StringIO()

    async def watched() -> None:
        patient = Patient(PlainLines(log))
        for name in dict.fromkeys(event if isinstance(event, str) else event.scanner for event in events):
            patient.started(name)
        await asyncio.sleep(pause)
        for event in events:
            if isinstance(event, str):
                patient.progress(event, "installing")
            else:
                patient.finished(event)

    asyncio.run(watched())
    return log.getvalue().splitlines()


IDLE = ScanResult("snyk", ScanStatus.NOT_APPLICABLE, notes=("snyk was not found on PATH.",))


def test_a_scanner_that_has_nothing_to_do_is_no_news() -> None:
    off = replace(IDLE, scanner="coverage", status=ScanStatus.OFF)
    assert told(IDLE, off, DONE) == [
        "bandit: started",
        "bandit: complete, 1 finding, 1.3 s",
    ]


@pytest.mark.parametrize("result", [replace(IDLE, problems=("gone",)), replace(IDLE, unseen=(Unseen("a", "gone"),))])
def test_one_that_could_not_look_is_told(result: ScanResult) -> None:
    assert [line.partition(",")[0] for line in told(result)] == ["snyk: started", "snyk: not applicable"]


def test_one_that_does_something_is_told_once() -> None:
    assert told("snyk", IDLE) == ["snyk: started", "snyk: installing", "snyk: not applicable, 0.0 s"]


def test_one_that_takes_its_time_is_told_before_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_TURN", 0.0)
    assert told(IDLE, pause=0.05) == ["snyk: started", "snyk: not applicable, 0.0 s"]


def test_a_loop_that_others_keep_busy_makes_no_news_of_one_that_has_nothing_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "_TURN", 0.0)
    log = io.StringIO()

    async def busy() -> None:
        patient = Patient(PlainLines(log))
        patient.started("snyk")
        for _ in range(5):  # as often as the loop turns until the orchestrator hears of it; every timer is long due
            await asyncio.sleep(0)
        patient.finished(IDLE)

    asyncio.run(busy())
    assert log.getvalue() == ""


def test_a_log_that_nobody_reads_costs_no_scan() -> None:
    PlainLines(Gone()).started("bandit")


def test_a_terminal_shows_a_line_a_scanner() -> None:
    screen = io.StringIO()
    live = LiveLines(Console(file=screen, force_terminal=True, width=80, get_time=FakeClock().monotonic))
    live.display.start()
    live.started("bandit")
    live.progress("bandit", "installing [bold]bandit[/bold] " + "x" * 100)
    live.display.refresh()
    running = screen.getvalue()
    live.finished(DONE)
    live.display.refresh()
    done = screen.getvalue().removeprefix(running)
    live.display.stop()
    assert "installing [bold]" in running
    assert "complete, 1 finding" in done


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with observer(FakeClock(), quiet=True, color=True) as watching:
        assert isinstance(watching, Silent)
        watching.started("bandit")
        watching.progress("bandit", "x")
        watching.finished(DONE)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


def test_a_log_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with observer(FakeClock(), quiet=False, color=True) as watching:
        watching.started("bandit")
    assert capsys.readouterr().err == "bandit: started\n"


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "dumb")
    with observer(FakeClock(), quiet=False, color=True) as watching:
        assert isinstance(watching, PlainLines)


def test_a_terminal_is_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with observer(FakeClock(), quiet=False, color=False) as watching:
        assert isinstance(watching, LiveLines)
        watching.started("bandit")
        watching.finished(DONE)
    shown = screen.getvalue()
    assert "\x1b[2K" in shown  # the lines are erased again
    assert "\x1b[?25h" in shown  # the cursor is back
    assert "\x1b[3" not in shown  # no colours
