from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.cache.cache import STALE_FOR, Cache
from pytest_mcpquality.resilience.cache.disk import DiskTier
from pytest_mcpquality.resilience.cache.memory import Eviction, MemoryTier
from pytest_mcpquality.resilience.cache.ttl import TTL_BY_TOPIC, ttl_of
from pytest_mcpquality.resilience.cache.values import Answer, Entry, Json, NoAnswerError, Source
from pytest_mcpquality.testing import FakeClock

pytestmark = pytest.mark.timeout(60)
HOUR = 3600.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DiskTier]:
    tier = DiskTier(tmp_path / "cache" / "answers.sqlite")
    yield tier
    tier.close()


class Service:
    """Answers with a number that grows, or with what it is told."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: Exception | None = None

    async def __call__(self) -> Json:
        self.calls += 1
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return {"answer": self.calls}


def entry(value: Json, at: float = 0.0, ttl: float = 10.0) -> Entry:
    return Entry(value, at, at + ttl, at + ttl + 10)


# Both tiers together.


@pytest.mark.asyncio
async def test_an_answer_is_computed_once_while_it_is_fresh(clock: FakeClock) -> None:
    cache, service = Cache(clock=clock), Service()
    assert await cache.get_or_compute("q", service) == Answer({"answer": 1}, Source.COMPUTED)
    clock.advance(4 * HOUR - 1)
    assert await cache.get_or_compute("q", service) == Answer({"answer": 1}, Source.MEMORY)
    clock.advance(1)
    assert await cache.get_or_compute("q", service) == Answer({"answer": 2}, Source.COMPUTED)


@pytest.mark.asyncio
async def test_a_stale_answer_is_given_when_the_source_is_down_but_not_for_ever(clock: FakeClock) -> None:
    cache, service = Cache(clock=clock), Service()
    await cache.get_or_compute("q", service)
    service.error = OSError("down")
    clock.advance(4 * HOUR)
    assert await cache.get_or_compute("q", service) == Answer({"answer": 1}, Source.STALE)
    clock.advance(STALE_FOR)
    with pytest.raises(OSError, match="down"):
        await cache.get_or_compute("q", service)


@pytest.mark.asyncio
async def test_that_there_is_no_answer_is_known_for_an_hour(clock: FakeClock) -> None:
    cache, service = Cache(clock=clock), Service()
    service.error = NoAnswerError("none")
    for _ in range(3):
        with pytest.raises(NoAnswerError):
            await cache.get_or_compute("q", service)
    assert service.calls == 1
    with pytest.raises(NoAnswerError, match="'q', as was found out a while ago"):
        cache.get("q")

    clock.advance(HOUR)
    service.error = OSError("down")
    with pytest.raises(OSError, match="down"):
        await cache.get_or_compute("q", service)
    service.error = None
    assert (await cache.get_or_compute("q", service)).source is Source.COMPUTED


@pytest.mark.asyncio
async def test_many_who_ask_at_the_same_time_cost_one_computation(clock: FakeClock) -> None:
    cache, service = Cache(clock=clock), Service()
    answers = await asyncio.gather(*(cache.get_or_compute("q", service) for _ in range(50)))
    assert service.calls == 1
    assert {answer.source for answer in answers} == {Source.COMPUTED}


@pytest.mark.asyncio
async def test_the_file_outlives_the_process(clock: FakeClock, disk: DiskTier) -> None:
    service = Service()
    await Cache(disk=disk, clock=clock).get_or_compute("q", service)
    later = DiskTier(disk.path)
    cache = Cache(disk=later, clock=clock)
    assert await cache.get_or_compute("q", service) == Answer({"answer": 1}, Source.DISK)
    assert await cache.get_or_compute("q", service) == Answer({"answer": 1}, Source.MEMORY)
    assert service.calls == 1
    later.close()


@pytest.mark.asyncio
async def test_each_tier_has_its_figures(clock: FakeClock, disk: DiskTier) -> None:
    cache, service = Cache(disk=disk, clock=clock), Service()
    for _ in range(4):
        await cache.get_or_compute("q", service)
    memory, file = cache.statistics[Source.MEMORY], cache.statistics[Source.DISK]
    assert (memory.size, memory.hits, memory.misses, memory.evictions) == (1, 3, 1, 0)
    assert memory.hit_rate == 0.75
    assert (file.size, file.hits, file.misses, file.hit_rate) == (1, 0, 1, 0.0)
    assert repr(cache) == "<Cache: memory 75% hits, disk 0% hits>"
    cache.clear()
    assert [tier.size for tier in cache.statistics.values()] == [0, 0]


def test_a_wrong_time_of_day_only_shifts_freshness(clock: FakeClock) -> None:
    cache = Cache(clock=clock)
    cache.put("q", 1, ttl=HOUR)
    clock.set_now(clock.now() + timedelta(hours=2))
    assert cache.get("q") is None


@pytest.mark.parametrize(
    ("topic", "hours"), [("Best practices", 24), ("api", 12), ("examples", 6), ("errors", 2), ("weather", 4)]
)
def test_how_long_an_answer_is_fresh_depends_on_its_topic(topic: str, hours: int) -> None:
    assert ttl_of(topic) == hours * HOUR
    assert len(TTL_BY_TOPIC) == 8


# Memory.


@pytest.mark.parametrize(
    ("eviction", "kept"),
    [(Eviction.LRU, {"a", "c"}), (Eviction.LFU, {"a", "c"}), (Eviction.FIFO, {"b", "c"}), (Eviction.TTL, {"a", "c"})],
)
def test_who_goes_when_it_is_full(eviction: Eviction, kept: set[str], clock: FakeClock) -> None:
    now = clock.now().timestamp()
    tier = MemoryTier(2, eviction, clock=clock)
    for key in ("a", "b"):
        tier.put(key, entry(key, now), now)
    tier.get("a", now)
    tier.put("c", entry("c", now), now)
    assert {key for key in "abc" if tier.get(key, now)} == kept
    assert tier.statistics.evictions == 1
    assert repr(tier) == f"<MemoryTier {eviction.name}: 2 of 2 entries>"


def test_with_ttl_the_expired_go_first(clock: FakeClock) -> None:
    now = clock.now().timestamp()
    tier = MemoryTier(2, Eviction.TTL, clock=clock)
    tier.put("short", entry(1, now, ttl=1), now)
    tier.put("long", entry(2, now, ttl=100), now)
    tier.get("short", now)
    clock.advance(50)
    later = clock.now().timestamp()
    tier.put("new", entry(3, later), later)
    assert tier.get("short", later) is None
    assert tier.get("long", later) is not None


def test_hits_are_counted_per_entry() -> None:
    tier = MemoryTier()
    tier.put("a", entry(1), 0)
    found = [tier.get("a", 1) for _ in range(3)][-1]
    assert found is not None
    assert found.hits == 3


def test_a_cache_of_no_size_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1 entry"):
        MemoryTier(0)


# The file.


def test_values_come_back_as_they_were(disk: DiskTier) -> None:
    value: Json = {"text": "grüße \u2028 \U0001f600", "list": [1, 2.5, None, True], "deep": {"a": {"b": []}}}
    disk.put("k", entry(value), 0)
    found = disk.get("k", 1)
    assert found is not None
    assert (found.value, found.hits) == (value, 1)
    again = disk.get("k", 1)
    assert again is not None
    assert again.hits == 2


def test_what_is_no_json_is_the_callers_mistake(disk: DiskTier) -> None:
    with pytest.raises(TypeError):
        disk.put("k", entry({1, 2}), 0)  # type: ignore[arg-type]
    assert not disk.trouble


def test_the_oldest_and_the_useless_go(tmp_path: Path) -> None:
    tier = DiskTier(tmp_path / "small.sqlite", size=2)
    for number in range(4):
        tier.put(str(number), entry(number, at=number), number)
    assert [tier.get(str(number), 4) is not None for number in range(4)] == [False, False, True, True]
    tier.put("late", entry("late", at=1000), 1000)
    assert tier.statistics.size == 1
    assert tier.statistics.evictions == 4
    tier.close()


def test_hits_are_written_when_there_is_time(disk: DiskTier) -> None:
    for number in range(300):
        disk.put(str(number), entry(number), 0)
    for number in range(300):
        disk.get(str(number), 1)
        disk.get("7", 1)
    disk.close()
    later = DiskTier(disk.path)
    hits = {key: found.hits for key in ("7", "8", "299") if (found := later.get(key, 1))}
    assert hits == {"7": 302, "8": 2, "299": 2}
    later.close()


def test_hits_that_cannot_be_written_are_no_trouble(disk: DiskTier, caplog: pytest.LogCaptureFixture) -> None:
    disk.put("k", entry(1), 0)
    disk.get("k", 1)
    other = sqlite3.connect(disk.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    disk.close()
    assert not disk.trouble
    assert not caplog.records
    other.close()


def test_what_nobody_wants_goes_now_and_then(disk: DiskTier) -> None:
    disk.put("old", entry("old", at=0), 0)
    for number in range(100):
        disk.put(str(number), entry(number, at=1000), 1000)
    assert disk.statistics.evictions == 1


WRITER = """
import sys
from pathlib import Path
from pytest_mcpquality.resilience.cache.disk import DiskTier
from pytest_mcpquality.resilience.cache.values import Entry
tier = DiskTier(Path(sys.argv[1]))
for number in range(50):
    tier.put(f"{sys.argv[2]}-{number}", Entry(number, 0.0, 1e12, 1e12), 0.0)
tier.close()
print(tier.trouble)
"""


def test_several_processes_may_use_it_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, encoding="utf-8") for number in range(3)
    ]
    troubles = [writer.communicate(timeout=60)[0].strip() for writer in writers]
    # On a machine that is very busy one of them may have lost its patience; what the others wrote is whole.
    assert set(troubles) <= {"", "database is locked"}
    tier = DiskTier(path)
    for number, trouble in enumerate(troubles):
        kept = [tier.get(f"{number}-{one}", 1.0) for one in range(50)]
        assert trouble or all(kept)
    tier.close()


def test_two_may_use_it_at_the_same_time(disk: DiskTier) -> None:
    other = DiskTier(disk.path)
    for number in range(20):
        (disk, other)[number % 2].put(str(number), entry(number), 0)
    assert disk.statistics.size == other.statistics.size == 20
    other.close()


def corrupt(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 100)


def newer(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()


def folder(path: Path) -> None:
    path.mkdir()


def no_folder(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("a file", encoding="utf-8")


@pytest.mark.parametrize("spoil", [corrupt, newer, folder, no_folder])
@pytest.mark.asyncio
async def test_a_file_that_cannot_be_used_is_done_without_and_said_once(
    spoil: Callable[[Path], None], tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "folder" / "answers.sqlite"
    path.parent.mkdir()
    spoil(path)
    tier = DiskTier(path)
    cache, service = Cache(disk=tier, clock=clock), Service()
    for _ in range(3):
        await cache.get_or_compute("q", service)
    cache.clear()
    await cache.get_or_compute("q", service)

    assert service.calls == 2
    assert tier.trouble
    assert repr(tier).endswith(f"off, {tier.trouble}>")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "going on without it; delete it to start anew" in record.message
    assert str(path) in record.message


def test_a_newer_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    newer(path)
    before = path.read_bytes()
    assert "newer version" in DiskTier(path).trouble
    assert path.read_bytes() == before


def test_a_locked_file_is_done_without(disk: DiskTier, caplog: pytest.LogCaptureFixture) -> None:
    other = sqlite3.connect(disk.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for number in range(3):
        disk.put(str(number), entry(number), 0)
    assert "locked" in disk.trouble
    assert disk.get("0", 0) is None
    assert disk.statistics.size == 0
    assert len(caplog.records) == 1
    other.close()


def test_a_read_only_file_is_done_without(disk: DiskTier) -> None:
    assert disk._database is not None
    disk._database.execute("PRAGMA query_only = ON")
    disk.put("k", entry(1), 0)
    assert "readonly" in disk.trouble


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_without_write_permission_is_done_without(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    DiskTier(path).close()
    path.chmod(0o400)
    tier = DiskTier(path)
    tier.put("k", entry(1), 0)
    assert tier.trouble
    tier.close()


def test_a_full_disk_is_done_without(disk: DiskTier) -> None:
    assert disk._database is not None
    disk._database.execute("PRAGMA max_page_count = 3")
    disk.put("k", entry("x" * 100_000), 0)
    assert "full" in disk.trouble


def test_a_file_that_becomes_corrupt_while_it_is_used_is_done_without(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    first = DiskTier(path)
    for number in range(200):
        first.put(str(number), entry("x" * 1000), 0)
    first.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    tier = DiskTier(path)
    assert tier.get("5", 0) is None
    assert tier.trouble
    tier.close()


def test_a_value_that_somebody_spoiled_is_a_miss_and_goes(disk: DiskTier) -> None:
    disk.put("k", entry(1), 0)
    other = sqlite3.connect(disk.path, isolation_level=None)
    other.execute("UPDATE entries SET value = '{'")
    other.close()
    assert disk.get("k", 0) is None
    assert disk.statistics.size == 0
    assert not disk.trouble
