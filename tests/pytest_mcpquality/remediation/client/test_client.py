"""The client's policy on virtual time: what is asked how often, what is kept, what is given when nothing can be had."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.remediation import client as client_module
from pytest_mcpquality.remediation.client import DocsClient
from pytest_mcpquality.remediation.errors import (
    KeyRefusedError,
    MovedError,
    NoDocumentationError,
    QuotaExceededError,
    RefusedError,
    UnreachableError,
    UnusableAnswerError,
)
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import Documentation, Library, Miss, MissReason
from pytest_mcpquality.resilience.breaker_values import BreakerSettings, BreakerState
from pytest_mcpquality.resilience.cache.values import Json
from pytest_mcpquality.testing import FakeClock
from tests.support.docs_client import REQUESTS, SNIPPETS, Scripted, Step, client_of, close_clients, hang

pytestmark = [pytest.mark.timeout(20), pytest.mark.asyncio]

T = TypeVar("T")
DAY = 24 * 3600.0
QUERY = "verify TLS certificates"
DOWN = UnreachableError("down")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture(autouse=True)
async def closed() -> AsyncIterator[None]:
    """No file of a client is left to the garbage collector, which warns in whichever test runs then."""
    yield
    await close_clients()


async def after(clock: FakeClock, call: Coroutine[Any, Any, T], seconds: float = 60.0) -> T:
    """What a call comes to when so much time passes."""
    task = asyncio.create_task(call)
    await clock.elapse(seconds)
    assert task.done(), f"still waits after {seconds} s"
    return await task


async def ask(client: DocsClient, clock: FakeClock, library: str = "/psf/requests") -> Documentation | Miss:
    return await after(clock, client.fetch(library, QUERY))


async def documented(client: DocsClient, clock: FakeClock, library: str = "/psf/requests") -> Documentation:
    found = await ask(client, clock, library)
    assert isinstance(found, Documentation), found
    return found


async def missed(client: DocsClient, clock: FakeClock, library: str = "/psf/requests") -> Miss:
    found = await ask(client, clock, library)
    assert isinstance(found, Miss), found
    return found


# Asked and kept.


async def test_documentation_is_asked_for_once_and_says_from_when_it_is(clock: FakeClock) -> None:
    transport = Scripted()
    client = client_of(transport, clock)
    began = clock.now()
    first = await documented(client, clock)
    again = await documented(client, clock)
    assert transport.asked == ["/psf/requests"]
    assert (first.library, first.query, first.snippets, first.stale) == ("/psf/requests", QUERY, SNIPPETS, False)
    assert first.fetched_at == again.fetched_at == began
    assert (first.calls, again.calls) == (1, 0)
    assert (first.title, first.url) == ("Verify TLS", "https://example.org/tls")


async def test_it_is_asked_again_after_a_week_or_as_its_topic_has_it(clock: FakeClock) -> None:
    transport = Scripted()
    client = client_of(transport, clock)
    await documented(client, clock)
    clock.advance(7 * DAY - 120)
    await documented(client, clock)
    assert len(transport.asked) == 1
    clock.advance(120)
    await documented(client, clock)
    assert len(transport.asked) == 2

    await after(clock, client.fetch("/psf/requests", "another", topic="errors"))
    clock.advance(2 * 3600)
    await after(clock, client.fetch("/psf/requests", "another", topic="errors"))
    assert len(transport.asked) == 4


async def test_a_name_is_searched_for_once_a_day_whatever_the_query(clock: FakeClock) -> None:
    other = Library("/other/requests-toolbelt", "Requests Toolbelt", state="finalized", trust_score=9.9)
    transport = Scripted(libraries=(other, REQUESTS))
    client = client_of(transport, clock)
    found = await documented(client, clock, "requests")
    await after(clock, client.fetch("Requests", "another query"))
    assert transport.asked == ["requests", "/psf/requests", "/psf/requests"]
    assert (found.library, found.calls) == ("/psf/requests", 2)
    assert await after(clock, client.libraries("requests", "x")) == (REQUESTS, other)
    clock.advance(DAY)
    await documented(client, clock, "requests")
    assert transport.asked[3:] == ["requests"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NoDocumentationError("none"), MissReason.NOT_FOUND),
        (NoDocumentationError("soon", pending=True), MissReason.PENDING),
    ],
)
async def test_that_there_is_none_is_kept_for_an_hour_with_the_reason(
    error: Exception, reason: MissReason, clock: FakeClock
) -> None:
    transport = Scripted(error)
    client = client_of(transport, clock)
    first = await missed(client, clock)
    clock.advance(3000)
    again = await missed(client, clock)
    assert (first.reason, first.text, first.calls) == (reason, str(error), 1)
    assert (again.reason, again.text, again.calls) == (reason, str(error), 0)
    clock.advance(600)
    await documented(client, clock)


@pytest.mark.parametrize("error", [UnusableAnswerError("html"), RefusedError("400"), DOWN, QuotaExceededError("429")])
async def test_no_error_is_ever_kept_as_an_answer(error: Exception, clock: FakeClock, tmp_path: Path) -> None:
    transport = Scripted(error, error, error)
    client = client_of(transport, clock, file=tmp_path / "docs.sqlite")
    await missed(client, clock)
    transport.steps = []
    assert client.kept("/psf/requests", QUERY) is None
    await documented(client, clock)
    await client.aclose()


async def test_the_next_process_asks_nothing(clock: FakeClock, tmp_path: Path) -> None:
    transport = Scripted()
    for _ in range(2):
        client = client_of(transport, clock, file=tmp_path / "docs.sqlite")
        found = await documented(client, clock, "requests")
        await client.aclose()
    assert transport.asked == ["requests", "/psf/requests"]
    assert found.snippets == SNIPPETS
    assert client.statistics.hit_rate == 1.0
    assert client.statistics.requests == 0


@pytest.mark.parametrize("record", [1, [], {"library": "/a/b"}, {"library": "/a/b", "snippets": [{}], "fetched_at": 0}])
async def test_what_somebody_else_wrote_into_the_cache_is_replaced(record: Json, clock: FakeClock) -> None:
    client = client_of(Scripted(), clock)
    client._cache.put(client._docs_key("/psf/requests", QUERY), record)
    client._cache.put(client._search_key("requests"), record if record != [] else [7])
    assert client.kept("requests", QUERY) is None
    assert (await documented(client, clock, "requests")).snippets == SNIPPETS
    assert (await documented(client, clock, "requests")).calls == 0


@pytest.mark.parametrize("content", [b"no database" * 1000, b""])
async def test_without_its_file_the_client_goes_on_and_says_so_once(
    content: bytes, clock: FakeClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "docs.sqlite"
    file.write_bytes(content)
    client = client_of(Scripted(), clock, file=file)
    for number in range(5):
        assert isinstance(await after(clock, client.fetch(f"/library/number{number}", QUERY)), Documentation)
    assert client.statistics.troubles.keys() == ({"disk"} if content else set())
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == bool(content)
    await client.aclose()


@pytest.mark.parametrize(
    ("listed", "reason"),
    [((), MissReason.NOT_FOUND), ((Library("/a/requests", "Requests", state="processing"),), MissReason.PENDING)],
)
async def test_a_name_that_stands_for_nothing(
    listed: tuple[Library, ...], reason: MissReason, clock: FakeClock
) -> None:
    transport = Scripted(libraries=listed)
    client = client_of(transport, clock)
    for calls in (1, 0):
        found = await missed(client, clock, "requests")
        assert (found.reason, found.calls) == (reason, calls)
    assert transport.asked == ["requests"]


async def test_a_reason_that_somebody_else_kept_is_not_shown(clock: FakeClock) -> None:
    client = client_of(Scripted(), clock)
    client._cache.put_negative(client._docs_key("/psf/requests", QUERY), detail=["<script>"])
    assert (await missed(client, clock)).text == "Context7 has none"


async def test_only_so_many_are_kept_ready(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_FRONT", 2)
    transport = Scripted()
    client = client_of(transport, clock)
    for library in ("/a/one", "/a/two", "/a/three", "/a/one"):
        await documented(client, clock, library)
    assert [library for library, _ in client._front] == ["/a/three", "/a/one"]
    assert len(transport.asked) == 3


async def test_its_breaker_can_be_seen(clock: FakeClock) -> None:
    client = client_of(Scripted(), clock)
    client.breaker.force_open()
    assert (await missed(client, clock)).text == "Context7 is left alone: it has failed too often"


async def test_a_service_that_is_left_alone_is_said_to_have_failed_how_at_first(
    clock: FakeClock, tmp_path: Path
) -> None:
    settings = DocsSettings(cache="memory", breaker=BreakerSettings(consecutive_failures=2))
    steps = [UnreachableError(f"failure {number}") for number in range(3)]
    client = client_of(Scripted(*steps), clock, settings=settings, file=tmp_path / "docs.sqlite")
    found = await after(clock, client.fetch("/a/one", QUERY), 20)
    assert isinstance(found, Miss)
    assert found.text.endswith(": it has failed too often, at first so: failure 0")
    await client.aclose()
    # The next process is told, too.
    later = client_of(Scripted(), clock, settings=settings, file=tmp_path / "docs.sqlite")
    assert (await missed(later, clock)).text.endswith("at first so: failure 0")


async def test_a_failure_before_an_answer_is_not_the_first_of_those_after_it(clock: FakeClock) -> None:
    settings = DocsSettings(cache="memory", breaker=BreakerSettings(consecutive_failures=2))
    steps: tuple[Step, ...] = (UnreachableError("old"), SNIPPETS, *(UnreachableError("new") for _ in range(3)))
    client = client_of(Scripted(*steps), clock, settings=settings)
    await documented(client, clock, "/a/one")
    assert (await missed(client, clock, "/a/two")).text.endswith("at first so: new")


# Stale when down.


@pytest.mark.parametrize("error", [DOWN, QuotaExceededError("429"), UnusableAnswerError("html"), RefusedError("400")])
async def test_what_is_past_its_time_stands_in_for_what_cannot_be_had(error: Exception, clock: FakeClock) -> None:
    transport = Scripted()
    client = client_of(transport, clock)
    first = await documented(client, clock)
    transport.steps = [error] * 3
    clock.advance(8 * DAY)
    found = await documented(client, clock)
    assert found.stale
    assert found.fetched_at == first.fetched_at
    transport.steps = []
    assert not (await documented(client, clock)).stale


async def test_what_stood_in_is_not_taken_for_fresh_by_who_is_patient(clock: FakeClock) -> None:
    transport = Scripted()
    client = client_of(transport, clock)
    await after(clock, client.fetch("/psf/requests", QUERY, topic="errors"))
    clock.advance(3 * 3600)
    transport.steps = [DOWN] * 3
    assert (await documented(client, clock)).stale
    assert not (await documented(client, clock)).stale


async def test_what_is_being_made_anew_is_given_as_it_was(clock: FakeClock) -> None:
    transport = Scripted()
    client = client_of(transport, clock)
    await documented(client, clock)
    transport.steps = [NoDocumentationError("soon", pending=True)]
    clock.advance(8 * DAY)
    assert (await documented(client, clock)).stale
    assert not (await documented(client, clock)).stale


async def test_what_is_gone_is_gone(clock: FakeClock) -> None:
    transport = Scripted()
    client = client_of(transport, clock)
    await documented(client, clock)
    transport.steps = [NoDocumentationError("gone")]
    clock.advance(8 * DAY)
    assert (await missed(client, clock)).reason is MissReason.NOT_FOUND


async def test_offline_only_what_is_kept_is_given(clock: FakeClock, tmp_path: Path) -> None:
    file = tmp_path / "docs.sqlite"
    client = client_of(Scripted(), clock, file=file)
    await documented(client, clock)
    await client.aclose()

    transport = Scripted()
    offline = client_of(transport, clock, settings=DocsSettings(offline=True), file=file)
    assert not (await documented(offline, clock)).stale
    assert (await missed(offline, clock, "/pallets/flask")).reason is MissReason.OFFLINE
    clock.advance(8 * DAY)
    assert (await documented(offline, clock)).stale
    assert transport.asked == []
    await offline.aclose()


async def test_what_is_kept_can_be_had_without_waiting(clock: FakeClock) -> None:
    client = client_of(Scripted(), clock)
    assert client.kept("requests", QUERY) is None
    await documented(client, clock, "requests")
    for library in ("requests", "/psf/requests"):
        kept = client.kept(library, QUERY)
        assert kept is not None
        assert not kept.stale
    clock.advance(8 * DAY)
    kept = client.kept("requests", QUERY)
    assert kept is not None
    assert kept.stale
    client._cache.put_negative(client._docs_key("/psf/requests", QUERY))
    assert client.kept("/psf/requests", QUERY) is None


# Retries, within what one question may cost.


async def test_a_failure_is_tried_again(clock: FakeClock) -> None:
    transport = Scripted(DOWN, DOWN)
    client = client_of(transport, clock)
    assert (await documented(client, clock)).calls == 3
    assert client.statistics.retries == 2
    assert client.statistics.errors == {"unreachable": 2}


async def test_no_more_requests_are_sent_than_allowed(clock: FakeClock) -> None:
    transport = Scripted(DOWN, DOWN, DOWN, DOWN, DOWN)
    client = client_of(transport, clock)
    for calls in (1, 2):
        before = len(transport.asked)
        found = await after(clock, client.fetch("/psf/requests", QUERY, calls=calls))
        assert isinstance(found, Miss)
        assert (found.reason, found.calls) == (MissReason.UNREACHABLE, calls)
        assert len(transport.asked) - before == calls
    found = await after(clock, client.fetch("requests", QUERY, calls=1))
    assert isinstance(found, Miss)
    assert "no more requests" in found.text


@pytest.mark.parametrize("error", [RefusedError("400"), NoDocumentationError("404"), UnusableAnswerError("html")])
async def test_what_asking_again_would_not_change_is_not_asked_again(error: Exception, clock: FakeClock) -> None:
    transport = Scripted(error)
    client = client_of(transport, clock)
    assert (await missed(client, clock)).calls == 1
    assert client.statistics.retries == 0


async def test_a_short_wait_that_the_service_asks_for_is_kept(clock: FakeClock) -> None:
    transport = Scripted(QuotaExceededError("429", retry_after=1.5))
    client = client_of(transport, clock)
    began = clock.monotonic()
    task = asyncio.create_task(client.fetch("/psf/requests", QUERY))
    await clock.elapse(1.4)
    assert not task.done()
    await clock.elapse(0.2)
    assert task.done()
    assert clock.monotonic() - began < 2
    assert isinstance(await task, Documentation)


async def test_a_hung_service_is_given_up(clock: FakeClock) -> None:
    client = client_of(Scripted(hang, hang, hang), clock)
    task = asyncio.create_task(client.fetch("/psf/requests", QUERY))
    await clock.elapse(9)
    found = await task
    assert isinstance(found, Miss)
    assert found.reason is MissReason.UNREACHABLE
    assert found.text == "Context7 gave no answer in 4 s"


async def test_one_question_ends_within_its_deadline(clock: FakeClock) -> None:
    client = client_of(Scripted(hang, hang, hang), clock, settings=DocsSettings(deadline=3, cache="memory"))
    task = asyncio.create_task(client.fetch("/psf/requests", QUERY))
    await clock.elapse(2.9)
    assert not task.done()
    await clock.elapse(0.1)
    found = await task
    assert isinstance(found, Miss)
    assert found.reason is MissReason.LATE


async def test_the_deadline_counts_for_the_search_too(clock: FakeClock) -> None:
    transport = Scripted()
    client = client_of(transport, clock, settings=DocsSettings(deadline=3, cache="memory"))

    async def slow(name: str, query: str, *, key: object = None) -> tuple[Library, ...]:
        del name, query, key
        await clock.sleep(3)
        return (REQUESTS,)

    transport.libraries = slow  # type: ignore[method-assign]
    found = await after(clock, client.fetch("requests", QUERY), 3)
    assert isinstance(found, Miss)
    assert found.reason is MissReason.LATE
    assert transport.asked == []


# Moved libraries.


async def test_a_library_that_has_moved_is_followed_once(clock: FakeClock) -> None:
    transport = Scripted(MovedError("301", target="/psf/requests"))
    found = await documented(client_of(transport, clock), clock, "/kennethreitz/requests")
    assert transport.asked == ["/kennethreitz/requests", "/psf/requests"]
    assert (found.library, found.calls) == ("/psf/requests", 2)


@pytest.mark.parametrize(
    "steps", [("/psf/requests",), ("/b/b", "/c/c"), ("/b/b", "/psf/requests")], ids=["itself", "chain", "circle"]
)
async def test_further_it_is_not_followed(steps: tuple[str, ...], clock: FakeClock) -> None:
    transport = Scripted(*(MovedError("301", target=target) for target in steps))
    found = await missed(client_of(transport, clock), clock)
    assert found.reason is MissReason.UNUSABLE
    assert len(transport.asked) == len(steps)


# The breaker.


async def test_a_dead_service_is_left_alone_and_costs_nothing_then(clock: FakeClock) -> None:
    transport = Scripted(*[DOWN] * 100)
    client = client_of(transport, clock)
    for number in range(20):
        await after(clock, client.fetch(f"/library/number{number}", QUERY), 5)
        if client.statistics.breaker.state is BreakerState.OPEN:
            break
    asked = len(transport.asked)
    before = clock.monotonic()
    found = await client.fetch("/psf/requests", QUERY)
    assert clock.monotonic() == before
    assert len(transport.asked) == asked
    assert isinstance(found, Miss)
    assert found.reason is MissReason.BREAKER_OPEN
    assert "left alone until 2026-05-01 12:" in found.text


async def test_it_is_asked_again_when_it_may_have_recovered(clock: FakeClock) -> None:
    client = client_of(Scripted(*[DOWN] * 5), clock)
    for number in range(2):
        await after(clock, client.fetch(f"/library/number{number}", QUERY), 20)
    assert client.statistics.breaker.state is BreakerState.OPEN
    clock.advance(30)
    assert isinstance(await ask(client, clock), Documentation)


@pytest.mark.parametrize(
    "error", [NoDocumentationError("404"), RefusedError("400"), KeyRefusedError("403", lasting=False)]
)
async def test_answers_that_are_no_failures_do_not_open_it(error: Exception, clock: FakeClock) -> None:
    client = client_of(Scripted(*[error] * 30), clock)
    for number in range(30):
        await after(clock, client.fetch(f"/library/number{number}", QUERY))
    assert client.statistics.breaker.state is BreakerState.CLOSED
    assert client.statistics.breaker.successful == 30


async def test_a_wait_of_days_is_not_slept_but_kept(clock: FakeClock, tmp_path: Path) -> None:
    transport = Scripted(QuotaExceededError("429: Quota Exceeded", retry_after=499_415, hold=499_415))
    client = client_of(transport, clock, file=tmp_path / "docs.sqlite")
    began = clock.monotonic()
    found = await after(clock, client.fetch("/psf/requests", QUERY), 0)
    assert clock.monotonic() == began
    assert isinstance(found, Miss)
    assert (found.reason, found.calls) == (MissReason.QUOTA, 1)
    clock.advance(499_000)
    again = await missed(client, clock)
    assert again.reason is MissReason.BREAKER_OPEN
    assert again.text == "Context7 is left alone until 2026-05-07 06:43:35 UTC: 429: Quota Exceeded"
    await client.aclose()

    later = client_of(transport, clock, file=tmp_path / "docs.sqlite")
    assert (await missed(later, clock)).text == again.text
    assert len(transport.asked) == 1
    clock.advance(415)
    await documented(later, clock)
    await later.aclose()


async def test_other_keys_have_another_quota(clock: FakeClock, tmp_path: Path) -> None:
    transport = Scripted(QuotaExceededError("429", retry_after=499_415))
    client = client_of(transport, clock, file=tmp_path / "docs.sqlite")
    await missed(client, clock)
    await client.aclose()
    keyed = DocsSettings(api_keys=("ctx7sk-new",))
    other = client_of(transport, clock, settings=keyed, file=tmp_path / "docs.sqlite")
    await documented(other, clock)
    await other.aclose()


async def test_a_service_that_was_down_is_left_alone_by_the_next_process_for_a_minute(
    clock: FakeClock, tmp_path: Path
) -> None:
    first = client_of(Scripted(*[DOWN] * 6), clock, file=tmp_path / "docs.sqlite")
    for number in range(2):
        await after(clock, first.fetch(f"/library/number{number}", QUERY), 5)
    await first.aclose()
    transport = Scripted()
    second = client_of(transport, clock, file=tmp_path / "docs.sqlite")
    assert isinstance(await second.fetch("/psf/requests", QUERY), Miss)
    assert transport.asked == []
    clock.advance(60)
    await documented(second, clock)
    await second.aclose()


async def test_clearing_forgets_all_of_it(clock: FakeClock, tmp_path: Path) -> None:
    transport = Scripted(SNIPPETS, QuotaExceededError("429", retry_after=499_415))
    client = client_of(transport, clock, file=tmp_path / "docs.sqlite")
    await documented(client, clock)
    await missed(client, clock, "/pallets/flask")
    await client.clear()
    assert client.kept("/psf/requests", QUERY) is None
    await documented(client, clock)
    assert len(transport.asked) == 3
    await client.aclose()


# Several at once.


async def test_a_hundred_who_ask_the_same_make_one_request(clock: FakeClock) -> None:
    transport = Scripted()
    client = client_of(transport, clock)
    found = await asyncio.gather(*(client.fetch("/psf/requests", QUERY) for _ in range(100)))
    assert transport.asked == ["/psf/requests"]
    assert {type(one) for one in found} == {Documentation}


async def test_also_when_the_first_who_asked_is_cancelled(clock: FakeClock) -> None:
    transport = Scripted()
    client = client_of(transport, clock)
    tasks = [asyncio.create_task(client.fetch("/psf/requests", QUERY)) for _ in range(100)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert {type(one) for one in found[1:]} == {Documentation}
    assert transport.asked == ["/psf/requests"]


# The time of day steps.


@pytest.mark.parametrize("step", [timedelta(days=-3650), timedelta(days=3650), timedelta(hours=-1)])
async def test_a_clock_that_is_set_breaks_nothing(step: timedelta, clock: FakeClock, tmp_path: Path) -> None:
    transport = Scripted()
    client = client_of(transport, clock, file=tmp_path / "docs.sqlite")
    await documented(client, clock)
    clock.set_now(clock.now() + step)
    found = await documented(client, clock)
    # A small step is nothing; after a large one nobody knows how old it is, and it is had anew.
    assert len(transport.asked) == (1 if abs(step) < timedelta(days=1) else 2)
    assert not found.stale
    await client.aclose()


# Usage.


@pytest.mark.parametrize(
    "library", ["", "/", "/a", "/a/../b", "/../b", "/a/b/c/d", "/a b/c", "x" * 501, "/a/b?c=d", "a\0"]
)
async def test_what_is_no_library_is_the_callers_mistake(library: str, clock: FakeClock) -> None:
    with pytest.raises(UsageError, match="docs: "):
        await client_of(Scripted(), clock).fetch(library, QUERY)


@pytest.mark.parametrize("query", ["", " \n", "x" * 501, "a\x1b[31m"])
async def test_what_is_no_query_is_the_callers_mistake(query: str, clock: FakeClock) -> None:
    client = client_of(Scripted(), clock)
    with pytest.raises(UsageError, match="query must have 1 to 500 characters"):
        await client.fetch("/psf/requests", query)
    with pytest.raises(UsageError, match="query must have 1 to 500 characters"):
        await client.libraries("requests", query)


async def test_what_it_has_opened_is_closed(clock: FakeClock) -> None:
    transport = Scripted()
    async with client_of(transport, clock) as client:
        await documented(client, clock)
        assert "DocsClient over rest" in repr(client)
    assert transport.closed


async def test_nothing_is_made_that_is_not_needed(clock: FakeClock) -> None:
    async with client_of(Scripted(), clock) as client:
        assert client._service.transport is None
        assert client.statistics.requests == 0
        assert client.place == ""
