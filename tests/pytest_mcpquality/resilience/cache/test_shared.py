"""The tier that machines share: another process's answers, and what happens when it is away."""

from __future__ import annotations

import asyncio
import json
import logging
import sys

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.cache.cache import Cache
from pytest_mcpquality.resilience.cache.shared import RedisTier
from pytest_mcpquality.resilience.cache.values import (
    Answer,
    Entry,
    Json,
    NoAnswerError,
    Source,
    TierStatistics,
)
from pytest_mcpquality.testing import FakeClock

pytestmark = pytest.mark.timeout(20)
HOUR = 3600.0


class Shelf:
    """A shared tier in a dictionary."""

    trouble = ""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.asked = 0

    @property
    def statistics(self) -> TierStatistics:
        return TierStatistics(0, self.asked, 0, 0)

    async def get(self, key: str, now: float) -> Entry | None:
        del now
        self.asked += 1
        return self.entries.get(key)

    async def put(self, key: str, entry: Entry, now: float) -> None:
        del now
        self.entries[key] = entry

    async def clear(self) -> None:
        self.entries.clear()

    async def aclose(self) -> None:
        pass


async def one() -> Json:
    return 1


async def down() -> Json:
    raise OSError("down")


async def none() -> Json:
    raise NoAnswerError("none", detail="why")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.mark.asyncio
async def test_what_one_has_computed_the_others_have(clock: FakeClock) -> None:
    shelf = Shelf()
    first, second = (Cache(shared=shelf, clock=clock) for _ in range(2))
    assert await first.get_or_compute("q", one) == Answer(1, Source.COMPUTED)
    assert await second.get_or_compute("q", down) == Answer(1, Source.SHARED)
    assert await second.get_or_compute("q", down) == Answer(1, Source.MEMORY)
    assert shelf.asked == 2
    assert second.statistics[Source.SHARED].hits == 2
    assert "shared" in repr(second)


@pytest.mark.asyncio
async def test_also_that_there_is_none_and_why(clock: FakeClock) -> None:
    shelf = Shelf()
    for compute in (none, one):
        with pytest.raises(NoAnswerError) as told:
            await Cache(shared=shelf, clock=clock).get_or_compute("q", compute)
        assert told.value.detail == "why"


@pytest.mark.asyncio
async def test_what_others_have_stands_in_when_it_is_stale(clock: FakeClock) -> None:
    shelf = Shelf()
    await Cache(shared=shelf, clock=clock).get_or_compute("q", one, ttl=HOUR)
    clock.advance(HOUR)
    cache = Cache(shared=shelf, clock=clock)
    assert await cache.get_or_compute("q", down) == Answer(1, Source.STALE)
    assert cache.kept("q") is None


@pytest.mark.asyncio
async def test_what_passes_is_not_kept_instead_of_an_older_answer(clock: FakeClock) -> None:
    async def soon() -> Json:
        raise NoAnswerError("soon", passing=True)

    cache = Cache(clock=clock)
    await cache.get_or_compute("q", one, ttl=HOUR)
    assert cache.kept("q") == Answer(1, Source.MEMORY)
    clock.advance(HOUR)
    assert await cache.get_or_compute("q", soon) == Answer(1, Source.STALE)
    assert cache.kept("q") == Answer(1, Source.STALE)
    with pytest.raises(NoAnswerError):
        await cache.get_or_compute("another", soon)
    assert cache.kept("another") is None


# A server that is not there, and what is no server.


def tier(url: str = "redis://:secret@127.0.0.1:1/0") -> RedisTier:
    return RedisTier(url)


@pytest.mark.asyncio
async def test_a_server_that_is_not_there_is_done_without_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    shared = tier()
    cache = Cache(shared=shared)
    assert await cache.get_or_compute("q", one) == Answer(1, Source.COMPUTED)
    await asyncio.gather(*(cache.get_or_compute(str(number), one) for number in range(10)))
    assert shared.trouble
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "the cache server 127.0.0.1:1 cannot be used" in record.message
    assert "secret" not in record.message + repr(shared)
    assert shared.statistics.misses == 11
    await shared.clear()
    await shared.aclose()


@pytest.mark.parametrize("url", ["", "redis://", "http://h", "redis://h:99999999", "redis://[::x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(UsageError, match="must be like redis://host:6379/0"):
        tier(url)


def test_without_its_client_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(UsageError, match=r"pytest-mcpquality\[redis\]"):
        tier()


class Server:
    """Answers every command with the same."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def execute_command(self, *_: object) -> object:
        return self.answer


@pytest.mark.parametrize(
    "kept",
    [7, b"", b"{", b"[]", b"[" * 100_000, b'{"value": 1}', json.dumps(dict.fromkeys("abc")).encode(), b"x" * 5_000_000],
)
@pytest.mark.asyncio
async def test_what_is_kept_there_may_be_anything(kept: object) -> None:
    shared = tier()
    await shared.aclose()
    shared._server = Server(kept)  # type: ignore[assignment]
    assert await shared.get("q", 0.0) is None


@pytest.mark.asyncio
async def test_a_mistake_of_ours_is_not_taken_for_its_trouble() -> None:
    shared = tier()
    with pytest.raises(TypeError):
        await shared.put("q", Entry({1, 2}, 0.0, 1.0, 2.0), 0.0)  # type: ignore[arg-type]
    await shared.aclose()
    shared._server = object()  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        await shared.get("q", 0.0)
