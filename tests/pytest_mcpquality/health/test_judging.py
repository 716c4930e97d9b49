from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest

from mcpquality_scanners.findings import Category, ScanStatus, Severity, Subject, Unseen
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.judging import Looked, result_of, scanner_of
from pytest_mcpquality.health.observation import Look, Observation
from pytest_mcpquality.health.settings import Allowed, HealthSettings
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from pytest_mcpquality.policy import checked

TODAY = date(2030, 1, 1)
TOOL = {"name": "search"}
DEFINITIONS = Definitions(
    "one", "2025-11-25", {"version": "1.2"}, tools=(TOOL, {"name": "add"}), prompts=({"name": "p"},)
)
WHOLE = Observation("one", Look(DEFINITIONS), Look(DEFINITIONS))
DEAD = Observation("one", failure=Diagnosis(Cause.EXITED, "exited with 3", stderr=("bye",)))


def rule(name: str, group: Group = Group.SPEED, severity: Severity = Severity.MEDIUM) -> Rule:
    return Rule(
        f"mcp-{group.value}-{name}", group, severity, "A title", "Help.", "A fix.", (400,), ("https://a.example",)
    )


@dataclass
class FakeCheck:
    rules: tuple[Rule, ...]
    answer: Callable[[Observation], Outcome] = lambda _: Outcome()
    asked: list[Observation] = field(default_factory=list)

    def look(self, observed: Observation) -> Outcome:
        self.asked.append(observed)
        return self.answer(observed)


def hits(*found: Hit) -> Callable[[Observation], Outcome]:
    return lambda _: Outcome(found)


SLOW = rule("slow")
HIT = Hit(SLOW, Subject("one", "tool", "search"), "took 2 s")


def test_what_a_check_finds_is_a_finding_about_its_subject() -> None:
    result = checked(result_of(Looked(WHOLE, seconds=1.5), [FakeCheck((SLOW,), hits(HIT))], HealthSettings(), TODAY))
    (finding,) = result.findings
    assert (finding.scanner, finding.rule, finding.severity) == ("mcp:one", "mcp-speed-slow", Severity.MEDIUM)
    assert (finding.message, finding.title, finding.fix) == ("took 2 s", "A title", "A fix.")
    assert (finding.category, finding.cwe, finding.subject) == (Category.MCP, (400,), HIT.subject)
    assert (result.status, result.version, result.seconds) == (ScanStatus.COMPLETE, "1.2", 1.5)
    assert result.seen == ("server", "tool search", "tool add", "prompt p")
    assert result.notes == ("protocol 2025-11-25: 2 tools, 1 prompt",)


def test_of_a_server_that_lists_nothing_nothing_was_seen() -> None:
    empty = Look(Definitions("one", "2025-11-25", capabilities={"tools": {}}))
    result = checked(result_of(Looked(Observation("one", empty, empty)), [], HealthSettings(), TODAY))
    assert result.status is ScanStatus.INCOMPLETE
    assert result.unseen == (
        Unseen("one: what it offers", "it lists no tools, resources or prompts, so there was nothing to check"),
    )


def test_a_hit_with_a_severity_of_its_own_keeps_it() -> None:
    hit = Hit(SLOW, Subject("one"), "took a year", Severity.CRITICAL)
    (finding,) = result_of(Looked(WHOLE), [FakeCheck((SLOW,), hits(hit))], HealthSettings(), TODAY).findings
    assert finding.severity is Severity.CRITICAL


@pytest.mark.parametrize(("expires", "counts"), [(TODAY, False), (date(2029, 12, 31), True)])
def test_what_is_allowed_does_not_count_until_that_ends(expires: date, *, counts: bool) -> None:
    allowed = Allowed(rule="mcp-speed-*", reason="it is far away", expires=expires)
    settings = HealthSettings(allowed=(allowed,))
    (finding,) = result_of(Looked(WHOLE), [FakeCheck((SLOW,), hits(HIT))], settings, TODAY).findings
    assert (finding.suppression is None) is counts
    if finding.suppression is not None:
        assert finding.suppression.reason == "it is far away (until 2030-01-01)"


def test_a_rule_that_is_skipped_is_not_looked_for() -> None:
    both = FakeCheck((SLOW, rule("big")), hits(HIT, Hit(rule("big"), Subject("one"), "10 MB")))
    one = FakeCheck((SLOW,), hits(HIT))
    result = result_of(Looked(WHOLE), [both, one], HealthSettings(skip=("*-slow",)), TODAY)
    assert [finding.rule for finding in result.findings] == ["mcp-speed-big"]
    assert one.asked == []


def test_one_cause_is_said_once() -> None:
    start = rule("start", Group.ALIVE, Severity.HIGH)
    checks = [
        FakeCheck((start,), hits(Hit(start, Subject("one"), str(DEAD.failure)))),
        FakeCheck((SLOW,), lambda seen: not_reached(seen, "how fast it is")),
        FakeCheck((rule("big"),), lambda seen: not_reached(seen, "how much it says")),
    ]
    result = checked(result_of(Looked(DEAD), checks, HealthSettings(), TODAY))
    assert result.status is ScanStatus.INCOMPLETE
    assert [finding.message for finding in result.findings] == ["exited with 3; stderr ends: bye"]
    assert result.unseen == (Unseen("one: all else", "it did not get that far"),)
    assert result.seen == ()


def test_the_cause_is_said_with_what_was_not_seen_where_no_finding_says_it() -> None:
    check = FakeCheck((SLOW,), lambda seen: not_reached(seen, "how fast it is"))
    result = result_of(Looked(DEAD), [check], HealthSettings(), TODAY)
    assert result.unseen == (Unseen("one: all else", "exited with 3"),)


def test_what_the_second_start_left_unseen_is_named() -> None:
    half = Observation("one", Look(DEFINITIONS), failure=DEAD.failure)
    check = FakeCheck((SLOW,), lambda seen: not_reached(seen, "whether two starts are alike"))
    result = checked(result_of(Looked(half), [check], HealthSettings(), TODAY))
    assert result.unseen == (Unseen("one: whether two starts are alike", "exited with 3"),)
    assert result.status is ScanStatus.INCOMPLETE


def test_a_check_that_breaks_costs_no_other() -> None:
    def breaks(_: Observation) -> Outcome:
        raise KeyError("inputSchema")

    checks = [FakeCheck((rule("big"),), breaks), FakeCheck((SLOW,), hits(HIT))]
    result = checked(result_of(Looked(WHOLE), checks, HealthSettings(), TODAY))
    assert [finding.rule for finding in result.findings] == ["mcp-speed-slow"]
    assert result.status is ScanStatus.INCOMPLETE
    assert result.problems == ("the check mcp-speed-big broke off with KeyError: 'inputSchema'. This is a bug in it.",)


def test_of_a_server_that_cannot_be_started_only_the_configuration_is_looked_at() -> None:
    pinned = rule("unpinned", Group.CONFIGURATION)
    configuration = FakeCheck((pinned,), hits(Hit(pinned, Subject("one"), "npx without a version")))
    other = FakeCheck((SLOW,))
    looked = Looked(Observation("one"), ("${TOKEN} has no value: set the variable TOKEN",))
    result = checked(result_of(looked, [configuration, other], HealthSettings(), TODAY))
    assert [finding.rule for finding in result.findings] == ["mcp-configuration-unpinned"]
    assert (result.status, result.problems) == (ScanStatus.INCOMPLETE, looked.problems)
    assert other.asked == []


def test_no_checks_at_all_are_no_reason_to_be_green() -> None:
    assert checked(result_of(Looked(Observation("one")), [], HealthSettings(), TODAY)).status is ScanStatus.INCOMPLETE


def test_a_name_with_line_ends_stays_on_one_line() -> None:
    assert scanner_of("a\nb\x1b[31m") == "mcp:a b"
