from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console

from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus, Severity, Unseen
from pytest_mcpquality.progress import LiveLines, PlainLines, Silent, observer, summary
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
