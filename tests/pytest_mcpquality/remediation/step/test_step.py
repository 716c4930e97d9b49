"""The step: one deadline, three at a time, each question once, and always something for every rule."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcpquality_reports.digest import RuleGroup, groups
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import Finding, Location, Region, Severity
from mcpquality_scanners.remediation import RemediationSource
from pytest_mcpquality.remediation.choosing.choosing import Chooser
from pytest_mcpquality.remediation.choosing.surroundings import Project
from pytest_mcpquality.remediation.choosing.values import Question
from pytest_mcpquality.remediation.step import AT_ONCE, Outcome, questions, remediate, unasked
from pytest_mcpquality.remediation.values import Documentation, Miss, MissReason, Snippet
from pytest_mcpquality.testing import FakeClock

NOW = datetime(2026, 11, 21, tzinfo=UTC)
Answer = Documentation | Miss | Exception


@dataclass
class Service:
    """A client that answers by library, after a wait on the test's clock."""

    clock: FakeClock
    answer: Callable[[str], Answer] = lambda library: Documentation(library, "q", (Snippet("title", "text"),), NOW)
    seconds: float = 0.0
    stubborn: bool = False
    known: tuple[str, ...] = ()
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    running: int = 0
    most: int = 0

    async def fetch(self, library: str, query: str, *, topic: str = "", calls: int = 3) -> Documentation | Miss:
        assert topic == ""
        self.asked.append((library, query, calls))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self._wait()
        finally:
            self.running -= 1
        answer = self.answer(library)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def kept(self, library: str, query: str) -> Documentation | None:
        assert query == "q"
        return Documentation(library, query, (Snippet("old"),), NOW, stale=True) if library in self.known else None

    async def _wait(self) -> None:
        while self.stubborn:
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                continue
        await self.clock.sleep(self.seconds)


def rules(*names: str) -> list[RuleGroup]:
    found = [
        Finding("bandit", name, Severity.HIGH, "m", Location("a.py", Region(1)), fix=f"fix {name}") for name in names
    ]
    return groups(found)


def no_help(_scanner: str, _rule: str) -> None:
    return None


async def run(
    service: Service, groups_: Sequence[RuleGroup], asked: Sequence[Question | None], deadline: float = 10
) -> Outcome:
    return await remediate(groups_, asked, service, explain=no_help, deadline=deadline, clock=service.clock)


def question(number: int) -> Question:
    return Question((f"/lib/{number}",), "q")


def sources(outcome: Outcome) -> list[RemediationSource]:
    return [one.source for one in outcome.remediation]


@pytest.mark.asyncio
async def test_every_rule_gets_what_was_found_or_our_own_words_in_their_order() -> None:
    service = Service(FakeClock())
    found = rules("R1", "R2", "R3")
    outcome = await run(service, found, [question(1), None, question(3)])
    assert sources(outcome) == [RemediationSource.CONTEXT7, RemediationSource.TOOL, RemediationSource.CONTEXT7]
    assert [one.rule for one in outcome.remediation] == ["R1", "R2", "R3"]
    assert outcome.remediation[0].library == "/lib/1"
    assert outcome.remediation[1].text == "fix R2"
    assert (outcome.misses, outcome.late) == ((), 0)


@pytest.mark.asyncio
async def test_rules_with_the_same_question_share_one_request() -> None:
    service = Service(FakeClock())
    outcome = await run(service, rules("B602", "S602", "mcp-x"), [question(1)] * 3)
    assert service.asked == [("/lib/1", "q", 3)]
    assert sources(outcome) == [RemediationSource.CONTEXT7] * 3


@pytest.mark.asyncio
async def test_no_more_than_three_are_under_way() -> None:
    clock = FakeClock()
    service = Service(clock, seconds=1)
    names = [f"R{number:02}" for number in range(10)]
    running = asyncio.create_task(run(service, rules(*names), [question(number) for number in range(10)]))
    await clock.elapse(4)
    assert sources(await running) == [RemediationSource.CONTEXT7] * 10
    assert service.most == AT_ONCE


@pytest.mark.asyncio
async def test_when_the_time_is_up_what_is_there_is_used() -> None:
    clock = FakeClock()
    service = Service(clock, seconds=4)
    names = [f"R{number:02}" for number in range(7)]
    running = asyncio.create_task(run(service, rules(*names), [question(number) for number in range(7)]))
    await clock.elapse(9.5)
    assert not running.done()
    await clock.elapse(0.5)
    outcome = await asyncio.wait_for(running, 5)
    assert sources(outcome) == [RemediationSource.CONTEXT7] * 6 + [RemediationSource.TOOL]
    assert outcome.late == 1
    assert service.running == 0


@pytest.mark.asyncio
async def test_for_what_is_late_an_old_answer_stands_in() -> None:
    clock = FakeClock()
    service = Service(clock, seconds=60, known=("/lib/2",))
    running = asyncio.create_task(run(service, rules("R1", "R2"), [question(1), question(2)], deadline=1))
    await clock.elapse(1)
    outcome = await asyncio.wait_for(running, 5)
    assert sources(outcome) == [RemediationSource.TOOL, RemediationSource.STALE]
    assert outcome.late == 1


@pytest.mark.asyncio
async def test_who_does_not_let_go_is_left_behind() -> None:
    clock = FakeClock()
    service = Service(clock, stubborn=True)
    running = asyncio.create_task(run(service, rules("R1"), [question(1)], deadline=2))
    await clock.elapse(2)
    outcome = await asyncio.wait_for(running, 5)
    assert sources(outcome) == [RemediationSource.TOOL]
    service.stubborn = False  # so that the test's loop can end
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


@pytest.mark.asyncio
async def test_an_interruption_ends_the_waiting_and_not_the_report() -> None:
    clock = FakeClock()
    service = Service(clock, seconds=5)
    running = asyncio.create_task(run(service, rules("R1"), [question(1)]))
    await clock.elapse(1)
    running.cancel()
    assert sources(await running) == [RemediationSource.TOOL]


@pytest.mark.asyncio
async def test_the_next_library_is_tried_with_the_calls_that_are_left() -> None:
    def answer(library: str) -> Answer:
        return Miss(MissReason.NOT_FOUND, "none", calls=2 if library == "a" else 1)

    service = Service(FakeClock(), answer)
    outcome = await run(service, rules("R1"), [Question(("a", "b", "c", "d"), "q")])
    assert service.asked == [("a", "q", 3), ("b", "q", 1), ("c", "q", 0)]
    assert [one.reason for one in outcome.misses] == [MissReason.NOT_FOUND]


@pytest.mark.asyncio
async def test_a_kept_answer_about_a_later_library_is_taken_when_the_service_is_down() -> None:
    def answer(library: str) -> Answer:
        if library == "b":
            return Documentation("/b/b", "q", (Snippet("t"),), NOW, stale=True)
        return Miss(MissReason.UNREACHABLE, "down", calls=3)

    service = Service(FakeClock(), answer)
    outcome = await run(service, rules("R1"), [Question(("a", "b"), "q")])
    assert sources(outcome) == [RemediationSource.STALE]
    assert outcome.misses == ()


@pytest.mark.parametrize("error", [UsageError("cannot be asked"), RuntimeError("a bug")])
@pytest.mark.asyncio
async def test_whatever_the_client_raises_costs_no_advice(error: Exception) -> None:
    service = Service(FakeClock(), lambda _library: error)
    outcome = await run(service, rules("R1"), [question(1)])
    assert sources(outcome) == [RemediationSource.TOOL]
    assert len(outcome.misses) == 1


@pytest.mark.asyncio
async def test_nothing_to_ask_starts_nothing() -> None:
    service = Service(FakeClock())
    assert await run(service, [], []) == Outcome(())
    outcome = await run(service, rules("R1"), [None])
    assert sources(outcome) == [RemediationSource.TOOL]
    assert service.asked == []


def test_questions_are_chosen_by_the_files_of_the_findings(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import httpx\n", encoding="utf-8")
    asked = questions(rules("B501", "B101"), Chooser(), Project(tmp_path))
    assert asked[0] is None
    assert asked[1] is not None
    assert asked[1].libraries == ("/encode/httpx", "httpx")


def test_without_asking_every_rule_has_something() -> None:
    assert [one.text for one in unasked(rules("R1", "R2"), no_help)] == ["fix R1", "fix R2"]
