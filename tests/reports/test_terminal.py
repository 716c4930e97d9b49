from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from mcpquality_reports import terminal
from mcpquality_reports.base import no_sources
from mcpquality_reports.comparison import compared
from mcpquality_reports.terminal import Detail, TerminalReport
from mcpquality_scanners.findings import ScanStatus, Severity, Unseen
from mcpquality_scanners.results import Gate, GateStatus, Results
from tests.reports import hostile, samples

ALL = [samples.failing, samples.passing, samples.incomplete, hostile.results]


def shown(results: Results, detail: Detail = Detail.NORMAL) -> str:
    return TerminalReport(detail).render(results, no_sources)


def words(results: Results, detail: Detail = Detail.NORMAL) -> str:
    return " ".join(shown(results, detail).split())


@pytest.mark.parametrize("detail", Detail)
def test_the_verdict_is_last(detail: Detail) -> None:
    assert words(samples.failing(), detail).endswith("line coverage 73.1 %, branch coverage 58.3 %")
    assert re.search(r"\n FAILED  5 of 6", shown(samples.failing(), detail))


@pytest.mark.parametrize("detail", Detail)
def test_what_was_not_seen_shows_at_every_level_of_detail(detail: Detail) -> None:
    text = words(samples.failing(), detail)
    for scan in samples.SCANNERS:
        for item in scan.unseen:
            assert item.name in text
            assert item.reason in text
    text = words(samples.incomplete(), detail)
    assert "bandit: incomplete, accepted by name is Python 2: src/old.py" in text
    assert "semgrep: error semgrep was ended by signal 11: run it again" in text
    assert "detect-secrets: no result" in text
    assert "The run was interrupted" in text
    assert "accepted as incomplete bandit" in text


@pytest.mark.parametrize("detail", Detail)
def test_weakened_settings_show_at_every_level_of_detail(detail: Detail) -> None:
    assert "exclude = vendor/** leaves out 14 files" in words(samples.failing(), detail)


def test_long_lists_of_names_say_how_many_more_unless_all_are_asked_for() -> None:
    unseen = (*(Unseen(f"a{one}.py", "too large") for one in range(30)), Unseen("b.py", "no permission"))
    scan = replace(samples.SCANNERS[0], unseen=unseen, status=ScanStatus.COMPLETE)
    results = replace(samples.failing(), scanners=(scan,))
    assert "and 11 more" in shown(results)
    assert "b.py" not in shown(results)
    assert "b.py" in shown(results, Detail.VERBOSE)
    assert "more:" not in shown(results, Detail.VERBOSE)


def test_quiet_prints_failures_and_verdict_only() -> None:
    text = shown(samples.failing(), Detail.QUIET)
    assert "CRITICAL src/weather/server.py:13:12 mcp-command-injection: " in text
    assert "bandit" not in text
    assert "Suppressed" not in text
    assert shown(samples.passing(), Detail.QUIET) == " PASSED  The only gate passed\n"


def test_findings_at_or_over_the_threshold_come_with_places_and_advice() -> None:
    text = words(samples.failing())
    assert "CRITICAL Command injection from a tool's argument (mcp-command-injection, semgrep)" in text
    assert "src/weather/server.py:13:12 Fix: Pass a list and no shell" in text
    assert "requirements.txt:3 requests 2.19.1, fixed in 2.20.0" in text
    assert "LOW 12 x assert_used (B101, bandit)" in text
    assert "part_3.py" not in text


def test_verbose_prints_everything() -> None:
    text = words(samples.failing(), Detail.VERBOSE)
    for finding in samples.failing().findings:
        assert finding.location
        assert finding.location.path in text
    assert "src/weather/fetch.py:40:12 B310 pragma in line 40: the address is a constant" in text
    assert "config: fixtures of the tests hold no real secrets" in text
    assert "npm-audit: There is no package-lock.json." in text
    unsaid = replace(samples.failing(), suppressed=(replace(samples.SUPPRESSED[0], suppression=None),))
    assert "no reason was recorded" in words(unsaid, Detail.VERBOSE)


def test_many_places_are_cut_unless_all_are_asked_for() -> None:
    results = replace(samples.failing(), fail_on=samples.WEAK_ASSERTS[0].severity)
    assert "and 2 more places" in shown(results)
    assert "more places" not in shown(results, Detail.VERBOSE)
    files = tuple(replace(samples.COVERAGE[0], path=f"c{one}.py") for one in range(12))
    results = replace(results, scanners=(replace(samples.SCANNERS[4], coverage=files),))
    assert "and 2 more files" in shown(results)
    assert "c11.py: 11-14" in shown(results, Detail.VERBOSE)


def test_places_that_fail_are_not_mixed_with_those_that_do_not() -> None:
    head, *others = samples.WEAK_ASSERTS
    results = replace(samples.failing(), findings=(replace(head, severity=Severity.HIGH), *others))
    assert f"and {len(others)} more places under the threshold" in shown(results)
    assert all(one.location.path not in shown(results) for one in others if one.location)
    assert "under the threshold" not in shown(results, Detail.VERBOSE)


def test_a_comparison_says_what_is_new_and_what_is_fixed() -> None:
    new, *rest = samples.failing().findings
    fixed = samples.WEAK_ASSERTS[0]
    before = replace(samples.failing(), findings=(*rest, replace(fixed, fingerprint="gone")))
    scanners = tuple(scan for scan in before.scanners if scan.scanner != new.scanner)
    results = compared(samples.failing(), replace(before, scanners=scanners))
    text = words(results)
    assert f"1 new, 1 fixed, {len(rest)} unchanged." in text
    assert f"new {new.severity.value}" in text
    assert f"fixed {fixed.severity.value}" in text
    assert f"may only be newly seen: {new.scanner} had not seen everything then" in text
    assert "1 new, 1 fixed" in words(results, Detail.QUIET)
    assert f"fixed {fixed.severity.value}" not in words(results, Detail.QUIET)
    many = compared(samples.failing(), replace(before, findings=()))
    assert f"and {len(samples.failing().findings) - 10} more: -v" in words(many)
    assert "more: -v" not in words(many, Detail.VERBOSE)


def test_why_a_gate_is_not_complete_is_told_once() -> None:
    gate = Gate("semgrep", "semgrep", GateStatus.INCOMPLETE, "-", "-", "it crashed on the way")
    scan = replace(samples.SCANNERS[0], scanner="semgrep", problems=("it crashed on the way",))
    results = replace(samples.failing(), gates=(gate,), scanners=(scan,))
    assert all(words(results, detail).count("it crashed on the way") == 1 for detail in Detail)


def test_findings_of_one_rule_keep_their_own_words_and_missing_fixes_are_said() -> None:
    package = replace(samples.ADVISORIES[0].package, fixed=()) if samples.ADVISORIES[0].package else None
    other = replace(samples.ADVISORIES[0], message="Other words.", package=package)
    text = words(replace(samples.failing(), findings=(samples.ADVISORIES[0], other)))
    assert "Other words." in text
    assert "fixed in no version yet" in text


@pytest.mark.parametrize("make", [samples.failing, samples.passing, samples.incomplete])
def test_nothing_but_places_is_wider_than_the_terminal(make: Callable[[], Results]) -> None:
    for line in shown(make(), Detail.VERBOSE).splitlines():
        assert len(line) <= 80


@pytest.mark.parametrize("detail", Detail)
def test_no_control_invisible_or_reordering_character_is_printed(detail: Detail) -> None:
    text = shown(hostile.results(), detail)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert len(text) < 300_000


@pytest.mark.parametrize("detail", Detail)
def test_no_command_to_a_ci_runner_is_printed(detail: Detail) -> None:
    text = shown(hostile.results(), detail)
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text
    assert "error file=a" in text


def test_markup_and_emoji_codes_are_printed_as_they_are() -> None:
    finding = replace(samples.SECRET, message="[bold]x[/] :warning: [link=https://example.org]y[/link]")
    assert "[bold]x[/] :warning: [link=https://example.org]y[/link]" in shown(
        replace(samples.failing(), findings=(finding,))
    )


class Stream(io.StringIO):
    """A stream that says it is a terminal, in an encoding of its own."""

    def __init__(self, *, tty: bool, encoding: str = "utf-8") -> None:
        super().__init__()
        self._tty = tty
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._tty


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


def printed(stream: Stream, *, colour: bool = True) -> str:
    terminal.show(samples.failing(), stream, colour=colour)
    return stream.getvalue()


COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-9]|4[0-9])[0-9;]*m")


def test_a_terminal_gets_colour_and_a_pipe_gets_none() -> None:
    assert COLOUR.search(printed(Stream(tty=True)))
    assert "\x1b" not in printed(Stream(tty=False))


def test_colour_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not COLOUR.search(printed(Stream(tty=True), colour=False))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(printed(Stream(tty=True)))


def test_a_dumb_terminal_gets_no_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in printed(Stream(tty=True))


def test_colour_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert COLOUR.search(printed(Stream(tty=False)))


def test_a_stream_that_knows_ascii_only_gets_ascii() -> None:
    stream = Stream(tty=False, encoding="ascii")
    finding = replace(samples.SECRET, message="é")
    terminal.show(replace(samples.failing(), findings=(finding,)), stream)
    assert "\\xe9" in stream.getvalue()
    stream.getvalue().encode("ascii")


def test_the_same_results_give_the_same_text() -> None:
    assert shown(samples.failing()) == shown(samples.failing())
