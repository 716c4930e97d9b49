"""The documentation step of a scan: after the verdict, which it never changes, and with one deadline for all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mcpquality_reports.digest import RuleGroup
from mcpquality_scanners.errors import McpQualityError
from mcpquality_scanners.remediation import Remediation
from pytest_mcpquality.remediation.choosing.choosing import Chooser
from pytest_mcpquality.remediation.choosing.surroundings import Project
from pytest_mcpquality.remediation.choosing.values import MOST_LIBRARIES, Question
from pytest_mcpquality.remediation.choosing.words import subject
from pytest_mcpquality.remediation.fallback import Explain, without_asking
from pytest_mcpquality.remediation.rendering import remediation
from pytest_mcpquality.remediation.values import Documentation, Miss, MissReason
from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.resilience.deadline import Deadline

AT_ONCE = 3
"""Questions that are under way at the same time."""

MOST_CALLS = 3
"""Requests that one question may take, retries included."""

_ENDING = 0.5  # seconds that a cancelled question has to let go of what it holds


class Fetcher(Protocol):
    """What the step needs of a `DocsClient`."""

    async def fetch(self, library: str, query: str, *, topic: str = "", calls: int = 3) -> Documentation | Miss:
        """See `DocsClient.fetch`."""
        ...

    def kept(self, library: str, query: str) -> Documentation | None:
        """See `DocsClient.kept`."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the step came to.

    Attributes:
        remediation: For every rule, in the order in which the rules were given.
        misses: Why there is no documentation about what was asked; each reason once.
        late: Questions that were not answered in time.
    """

    remediation: tuple[Remediation, ...]
    misses: tuple[Miss, ...] = ()
    late: int = 0


def questions(groups: Iterable[RuleGroup], chooser: Chooser, project: Project) -> list[Question | None]:
    """What is asked about each rule."""
    return [
        chooser.question(
            subject(group.findings),
            project.around(finding.location.path for finding in group.findings if finding.location),
        )
        for group in groups
    ]


def unasked(groups: Iterable[RuleGroup], explain: Explain) -> tuple[Remediation, ...]:
    """What there is to say about each rule without asking anybody."""
    return tuple(without_asking(group, explain) for group in groups)


async def remediate(
    groups: Sequence[RuleGroup],
    asked: Sequence[Question | None],
    client: Fetcher,
    *,
    explain: Explain,
    deadline: float,
    clock: Clock,
) -> Outcome:
    """Ask each question once, three at a time, the worst rules first, and use what is there when the time is up.

    When the calling task is cancelled, the time is up: what is there is returned.

    Args:
        groups: The rules, worst first.
        asked: What is asked about each of them; None for nothing.
        client: Whom to ask.
        explain: The help of the scanners.
        deadline: Seconds for all questions together.
        clock: Measures them.
    """
    answers = await ask(filter(None, asked), client, deadline, clock)
    documents = {question: one for question, one in answers.items() if isinstance(one, Documentation)}
    misses = {one.reason: one for one in answers.values() if isinstance(one, Miss)}
    made = (
        remediation(group, documents[question]) if question in documents else without_asking(group, explain)
        for group, question in zip(groups, asked, strict=True)
    )
    return Outcome(tuple(made), tuple(misses.values()), sum(one is None for one in answers.values()))


async def ask(
    asked: Iterable[Question], client: Fetcher, deadline: float, clock: Clock
) -> dict[Question, Documentation | Miss | None]:
    """The answers by question; for those that were late what is kept, or None. Cancelled, it returns what is there."""
    slots = asyncio.Semaphore(AT_ONCE)
    tasks = {question: asyncio.create_task(_one(question, client, slots)) for question in dict.fromkeys(asked)}
    if tasks:
        await _in_time(tasks.values(), deadline, clock)
    return {question: _result(task) or _kept(question, client) for question, task in tasks.items()}


async def _in_time(tasks: Iterable[asyncio.Task[Documentation | Miss]], deadline: float, clock: Clock) -> None:
    pending = set(tasks)
    try:
        with Deadline(clock, deadline):
            await asyncio.wait(pending)
    except (TimeoutError, asyncio.CancelledError):
        for task in pending:
            task.cancel()
        # Whoever does not let go when told to is left behind: nobody waits for advice.
        await asyncio.wait(pending, timeout=_ENDING)


def _result(task: asyncio.Task[Documentation | Miss]) -> Documentation | Miss | None:
    return task.result() if task.done() and not task.cancelled() else None


def _kept(question: Question, client: Fetcher) -> Documentation | None:
    kept = (client.kept(library, question.query) for library in question.libraries)
    return next(filter(None, kept), None)


async def _one(question: Question, client: Fetcher, slots: asyncio.Semaphore) -> Documentation | Miss:
    async with slots:
        return await _first(question, client)


async def _first(question: Question, client: Fetcher) -> Documentation | Miss:
    """The first library that has documentation; what is kept of the later ones is taken when no call is left."""
    missed, left = Miss(MissReason.NOT_FOUND, "no library is known that has documentation about it"), MOST_CALLS
    for library in question.libraries[:MOST_LIBRARIES]:
        answer = await _fetched(client, library, question, left)
        if isinstance(answer, Documentation):
            return answer
        # What went wrong first says most: after that, the service is left alone.
        missed = answer if missed.reason is MissReason.NOT_FOUND else missed
        left = max(left - answer.calls, 0)
    return missed


async def _fetched(client: Fetcher, library: str, question: Question, calls: int) -> Documentation | Miss:
    try:
        return await client.fetch(library, question.query, topic=question.topic, calls=calls)
    except McpQualityError as error:
        return Miss(MissReason.REFUSED, str(error), calls)
    except Exception as error:  # noqa: BLE001 - advice is never worth a scan
        return Miss(MissReason.UNUSABLE, f"the client broke off with {type(error).__name__}. This is a bug.", calls)
