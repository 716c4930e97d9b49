"""What the breaker and the pool cost, beside others that do part of what they do.

    python benchmarks/resilience.py [--runs N]

In one process and in turns, each figure the best of the runs (a shared machine only ever adds to them):

- a call of an empty coroutine function through a closed breaker, and its rejection by an open one, through ours,
  purgatory, circuitbreaker, aiobreaker, hyx and pybreaker (which knows no coroutines without Tornado: an empty plain
  function). Ours limits the time of each call, none of the others does: purgatory with `asyncio.timeout`, too;
- acquiring and releasing a connection, alone and with 100 borrowers on 5 connections, through our pool,
  `asyncio.Queue` (no limits, no lifetimes, no fairness) and psycopg_pool with a connection that does nothing.

The others are installed from the package registry into a folder that is thrown away. Nothing is asserted: machines are
shared and noisy. Read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from ratios import Ratio, table
from uv import find_uv_bin

from pytest_mcpquality.resilience.breaker import CircuitBreaker
from pytest_mcpquality.resilience.breaker_values import BreakerSettings
from pytest_mcpquality.resilience.pool import Pool
from pytest_mcpquality.resilience.pool_values import PoolSettings

PEERS = ("purgatory", "circuitbreaker", "aiobreaker", "hyx", "pybreaker", "psycopg[binary]", "psycopg_pool")
CALLS = 5000  # in one turn
BORROWERS, CONNECTIONS, TURNS = 100, 5, 30

OURS, QUEUE, PSYCOPG, NO_BREAKER = "ours", "asyncio.Queue", "psycopg_pool", "no breaker"

Loop = Callable[[int], Awaitable[None]]
"""Does it so many times."""


Breaker = contextlib.AbstractAsyncContextManager[object]


class PeerPool(Protocol):
    """psycopg_pool, as far as it is used here."""

    async def open(self, *, wait: bool) -> None:
        """Open its connections."""
        ...

    async def close(self) -> None:
        """Close them."""
        ...

    async def getconn(self) -> object:
        """Borrow one."""
        ...

    async def putconn(self, connection: object) -> None:
        """Give it back."""
        ...


async def nothing() -> None:
    """The cheapest call there is."""


def nothing_at_once() -> None:
    """The same for those that know no coroutines."""


async def failure() -> None:
    """What opens a breaker."""
    raise ConnectionError


def repeated(call: Callable[[], Awaitable[object]]) -> Loop:
    """A call, over and over."""

    async def loop(times: int) -> None:
        for _ in range(times):
            await call()

    return loop


def rejected(call: Callable[[], Awaitable[object]]) -> Loop:
    """A call that raises, over and over."""

    async def loop(times: int) -> None:
        for _ in range(times):
            with contextlib.suppress(Exception):
                await call()

    return loop


async def measure(loops: dict[str, Loop], runs: int, times: int) -> dict[str, float]:
    """Nanoseconds for one time, the best of the runs, which are made in turns."""
    best = dict.fromkeys(loops, float("inf"))
    for _ in range(runs):
        for name, loop in loops.items():
            start = time.perf_counter()
            await loop(times)
            best[name] = min(best[name], (time.perf_counter() - start) / times * 1e9)
    return best


def show(figures: dict[str, float], against: str) -> None:
    """A line each, with its ratio to ours."""
    for name, figure in sorted(figures.items(), key=lambda item: item[1]):
        print(f"  {name:<42} {figure:8.0f} ns {figure / figures[against]:7.2f} times ours")


def through(breaker: CircuitBreaker) -> Loop:
    """Calls through one of ours."""

    async def loop(times: int) -> None:
        for _ in range(times):
            await breaker.call(nothing)

    return loop


def inside(breaker: Breaker, *, limited: bool = False) -> Loop:
    """Calls inside `async with breaker`, and a time limit."""

    async def plain(times: int) -> None:
        for _ in range(times):
            async with breaker:
                await nothing()

    async def with_limit(times: int) -> None:
        for _ in range(times):
            async with breaker, asyncio.timeout(5):
                await nothing()

    return with_limit if limited else plain


async def closed_breakers() -> dict[str, Loop]:
    """A call through each while it is closed."""
    purgatory = importlib.import_module("purgatory").AsyncCircuitBreakerFactory()
    theirs = await purgatory.get_breaker("nothing")
    py = importlib.import_module("pybreaker").CircuitBreaker()
    hyx = importlib.import_module("hyx.circuitbreaker")

    async def through_pybreaker(times: int) -> None:
        for _ in range(times):
            py.call(nothing_at_once)

    consecutive = hyx.consecutive_breaker(failure_threshold=5, recovery_time_secs=30)
    return {
        NO_BREAKER: repeated(nothing),
        OURS: through(CircuitBreaker()),
        "ours, call_timeout=None": through(CircuitBreaker(settings=BreakerSettings(call_timeout=None))),
        "purgatory, async with": inside(theirs),
        "purgatory, async with, asyncio.timeout": inside(theirs, limited=True),
        "purgatory, decorator": repeated(purgatory("decorated")(nothing)),
        "circuitbreaker": repeated(importlib.import_module("circuitbreaker").circuit(nothing)),
        "aiobreaker": repeated(partial(importlib.import_module("aiobreaker").CircuitBreaker().call_async, nothing)),
        "hyx": repeated(consecutive(nothing)),
        "pybreaker (no coroutine)": through_pybreaker,
    }


async def open_breakers() -> dict[str, Loop]:
    """A rejection by each while it is open."""
    purgatory = importlib.import_module("purgatory").AsyncCircuitBreakerFactory()
    ours = CircuitBreaker()
    hyx = importlib.import_module("hyx.circuitbreaker")
    consecutive = hyx.consecutive_breaker(failure_threshold=5, recovery_time_secs=30)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        OURS: partial(ours.call, failure),
        "purgatory, decorator": purgatory("failing")(failure),
        "circuitbreaker": importlib.import_module("circuitbreaker").circuit(failure),
        "aiobreaker": importlib.import_module("aiobreaker").CircuitBreaker()(failure),
        "hyx": consecutive(failure),
    }
    for call in calls.values():
        await rejected(call)(10)
    return {name: rejected(call) for name, call in calls.items()}


async def contend(acquire: Callable[[], Awaitable[Any]], release: Callable[[Any], Any], *, awaited: bool) -> None:
    """Many borrowers, each of which lets the others run while it holds a connection."""

    async def one() -> None:
        for _ in range(TURNS):
            lent = await acquire()
            await asyncio.sleep(0)
            if awaited:
                await release(lent)
            else:
                release(lent)

    async with asyncio.TaskGroup() as group:
        for _ in range(BORROWERS):
            group.create_task(one())


@contextlib.asynccontextmanager
async def connection() -> AsyncGenerator[object]:
    """A connection that does nothing."""
    yield object()


def fake_psycopg() -> PeerPool:
    """A psycopg_pool whose connections do nothing."""
    psycopg = importlib.import_module("psycopg")
    idle = psycopg.pq.TransactionStatus.IDLE

    class Wire:
        transaction_status = idle

    class Fake:
        def __init__(self) -> None:
            self.pgconn = Wire()
            self.closed = False
            self._pool = None

        @classmethod
        async def connect(cls, *_: object, **__: object) -> Fake:
            return cls()

        async def close(self) -> None:
            self.closed = True

    make: Callable[..., PeerPool] = importlib.import_module("psycopg_pool").AsyncConnectionPool
    return make("", connection_class=Fake, min_size=CONNECTIONS, max_size=CONNECTIONS, timeout=60, open=False)


async def compare_pools(runs: int) -> list[Ratio]:
    """Alone, then with many borrowers."""
    queue: asyncio.Queue[object] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        queue.put_nowait(object())
    theirs = fake_psycopg()
    await theirs.open(wait=True)
    settings = PoolSettings(min_size=CONNECTIONS, max_size=CONNECTIONS, acquire_timeout=60)
    async with Pool(connection, settings=settings) as ours:
        await ours.wait_ready()
        print("acquire and release, alone")
        alone = await measure(_alone(ours, queue, theirs), runs, CALLS)
        show(alone, OURS)
        print(f"acquire and release, {BORROWERS} borrowers on {CONNECTIONS}")
        together = await measure(_together(ours, queue, theirs), runs, BORROWERS * TURNS)
        show(together, OURS)
    await theirs.close()
    return [
        Ratio("pool / asyncio.Queue: alone", alone[OURS] / alone[QUEUE], 1.5),
        Ratio(f"pool / psycopg_pool: {BORROWERS} on {CONNECTIONS}", together[OURS] / together[PSYCOPG], 1 / 3),
    ]


def _alone(ours: Pool[object], queue: asyncio.Queue[object], theirs: PeerPool) -> dict[str, Loop]:
    async def through_ours(times: int) -> None:
        for _ in range(times):
            lease = await ours.acquire()
            lease.release()

    async def through_queue(times: int) -> None:
        for _ in range(times):
            lent = await queue.get()
            queue.put_nowait(lent)

    async def through_psycopg(times: int) -> None:
        for _ in range(times):
            lent = await theirs.getconn()
            await theirs.putconn(lent)

    return {OURS: through_ours, QUEUE: through_queue, PSYCOPG: through_psycopg}


def _together(ours: Pool[object], queue: asyncio.Queue[object], theirs: PeerPool) -> dict[str, Loop]:
    return {
        OURS: lambda _: contend(ours.acquire, lambda lease: lease.release(), awaited=False),
        QUEUE: lambda _: contend(queue.get, queue.put_nowait, awaited=False),
        PSYCOPG: lambda _: contend(theirs.getconn, theirs.putconn, awaited=True),
    }


async def compare(runs: int) -> list[Ratio]:
    """Everything, in turns."""
    print("a call through a closed breaker")
    closed = await measure(await closed_breakers(), runs, CALLS)
    show(closed, OURS)
    print("a rejection by an open breaker")
    opened = await measure(await open_breakers(), runs, CALLS)
    show(opened, OURS)
    cheapest, other = _cheapest(closed), _cheapest(opened)
    floor = closed[NO_BREAKER] / closed[cheapest]
    return [
        Ratio(f"breaker / {cheapest}: closed", closed[OURS] / closed[cheapest], 1, floor=floor),
        Ratio(f"breaker / {other}: open", opened[OURS] / opened[other], 1),
        *await compare_pools(runs),
    ]


def _cheapest(figures: dict[str, float]) -> str:
    """The best of the others."""
    return min((name for name in figures if name != NO_BREAKER and OURS not in name), key=figures.__getitem__)


def ratios(runs: int = 30) -> list[Ratio]:
    """Install the others, measure everything and print it."""
    with tempfile.TemporaryDirectory() as folder:
        install = (find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable, "--target", folder)
        subprocess.run((*install, *PEERS), check=True)
        # Last, so that nothing of what they bring takes the place of what is installed here.
        sys.path.append(folder)
        try:
            return asyncio.run(compare(runs))
        finally:
            sys.path.remove(folder)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30, help="turns (default: 30)")
    given = parser.parse_args()
    print("\n" + table(ratios(given.runs)))


if __name__ == "__main__":
    main()
