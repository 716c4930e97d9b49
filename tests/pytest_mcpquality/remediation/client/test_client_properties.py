"""Whatever the service does and however time passes: what is handed out is documentation, and says how old it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mcpquality.remediation.client import DocsClient
from pytest_mcpquality.remediation.errors import (
    KeyRefusedError,
    MovedError,
    NoDocumentationError,
    QuotaExceededError,
    UnreachableError,
    UnusableAnswerError,
)
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import Documentation, Miss, Snippet
from pytest_mcpquality.resilience.breaker_values import BreakerState
from pytest_mcpquality.testing import FakeClock
from tests.support.docs_client import Scripted, Step, client_of, hang

pytestmark = pytest.mark.timeout(120)

DAY = 24 * 3600.0
FRESH, STALE = 7 * DAY, 97 * DAY
STEPS: dict[str, Callable[[], Step]] = {
    "down": lambda: UnreachableError("down"),
    "html": lambda: UnusableAnswerError("html"),
    "gone": lambda: NoDocumentationError("gone"),
    "soon": lambda: NoDocumentationError("soon", pending=True),
    "moved": lambda: MovedError("moved", target="/new/place"),
    "closed": lambda: KeyRefusedError("closed", lasting=False),
    "busy": lambda: QuotaExceededError("busy", retry_after=1),
    "quota": lambda: QuotaExceededError("quota", retry_after=DAY),
    "hang": lambda: hang,
}
ASKS = st.lists(st.sampled_from([*STEPS, ""]), max_size=4)
WAITS = st.sampled_from([1.0, 31.0, 3700.0, DAY, 5 * DAY, 50 * DAY])
ACTION: st.SearchStrategy[Any] = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(["/a/one", "/a/two"]), ASKS),
    st.tuples(st.just("wait"), WAITS, st.just([])),
    st.tuples(st.just("clear"), st.just(""), st.just([])),
)


class Service(Scripted):
    """Gives each answer a number, and remembers when it gave it."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.given: dict[str, float] = {}

    def answer(self) -> tuple[Snippet, ...]:
        code = f"answer({len(self.given)})"
        self.given[code] = self.clock.monotonic()
        return (Snippet("title", "text", code),)

    def play(self, names: list[str]) -> None:
        async def say() -> tuple[Snippet, ...]:
            return self.answer()

        self.steps = [STEPS[name]() if name else say for name in names] + [say] * 4


async def act(client: DocsClient, service: Service, clock: FakeClock, library: str, names: list[str]) -> None:
    service.play(names)
    asked, state = len(service.asked), client.breaker.state
    task = asyncio.create_task(client.fetch(library, "query"))
    await clock.elapse(11)
    # The deadline has passed: it is over, whatever happened.
    found = await asyncio.wait_for(task, 5)
    requests = len(service.asked) - asked
    assert requests <= 3
    assert found.calls == requests
    if state is BreakerState.OPEN:
        assert requests == 0
    if isinstance(found, Miss):
        assert found.text
        return
    assert isinstance(found, Documentation)
    (snippet,) = found.snippets
    age = clock.monotonic() - service.given[snippet.code]
    assert age <= (STALE if found.stale else FRESH) + 11
    if found.stale:
        assert age >= FRESH
    if names and not names[0] and not found.stale and requests == 1:
        assert age <= 11


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTION, max_size=12))
def test_whatever_happens(actions: list[tuple[str, object, list[str]]]) -> None:
    async def run() -> None:
        clock = FakeClock()
        service = Service(clock)
        client = client_of(service, clock, settings=DocsSettings(cache="memory"))
        for kind, value, names in actions:
            if kind == "ask":
                await act(client, service, clock, str(value), names)
            elif kind == "wait":
                assert isinstance(value, float)
                clock.advance(value)
            else:
                await client.clear()
        figures = client.statistics
        assert figures.requests == len(service.asked)
        assert figures.answered + sum(figures.errors.values()) <= figures.requests

    asyncio.run(run())
