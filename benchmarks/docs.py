"""What documentation costs, against the goals that it has.

    python benchmarks/docs.py [--runs N]

The service is the fake at a loopback port, in another process. Each figure is the best of the runs (a shared machine
only ever adds to them):

- a hit in memory, and in the SQLite file, through the whole client;
- 200 rules with a warm file: open the client, fetch all, close it;
- the rejection of a call while the breaker is open, alone and through the whole client;
- a fetch of what is not kept, against the same request with a bare httpx2 client;
- a thousand who ask for the same at the same time;
- a second scan of the same repository: how much of it is answered from the cache.

Nothing is asserted: machines are shared and noisy. Read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import quantiles

import httpx2

from pytest_mcpquality.remediation.client import DocsClient, open_client
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import Documentation
from pytest_mcpquality.resilience.errors import BreakerOpenError

LIBRARY = "/psf/requests"
RULES = 200
ASKERS = 1000
CALLS = 2000
A_MILLISECOND = 1e-3
SERVICE = """
import sys
from pytest_mcpquality.testing import FakeContext7
with FakeContext7() as fake:
    print(fake.url, flush=True)
    sys.stdin.read()
"""

Measured = Callable[[DocsSettings], Awaitable[float]]


def query(number: int) -> str:
    """A question of its own."""
    return f"question number {number}"


async def fetched(client: DocsClient, number: int) -> None:
    """Fetch, and make sure that something came."""
    found = await client.fetch(LIBRARY, query(number))
    if not isinstance(found, Documentation):
        raise TypeError(found.text)


async def warm(settings: DocsSettings, rules: int = RULES) -> None:
    """Fill the file."""
    async with open_client(settings) as client:
        for number in range(rules):
            await fetched(client, number)


async def memory_hit(settings: DocsSettings) -> float:
    """Seconds a hit."""
    async with open_client(settings) as client:
        await fetched(client, 0)
        asked = query(0)
        began = time.perf_counter()
        for _ in range(CALLS):
            await client.fetch(LIBRARY, asked)
        return (time.perf_counter() - began) / CALLS


async def disk_hit(settings: DocsSettings) -> float:
    """Seconds a hit: each is the first of its process."""
    async with open_client(settings) as client:
        await fetched(client, 0)
        began = time.perf_counter()
        for number in range(1, RULES):
            await fetched(client, number)
        return (time.perf_counter() - began) / (RULES - 1)


async def warm_scan(settings: DocsSettings) -> float:
    """Seconds for all rules, in batches of three, the opening and closing included."""
    began = time.perf_counter()
    async with open_client(settings) as client:
        for start in range(0, RULES, 3):
            await asyncio.gather(*(fetched(client, number) for number in range(start, min(start + 3, RULES))))
    return time.perf_counter() - began


async def rejection(settings: DocsSettings) -> float:
    """Seconds a rejection by the breaker alone."""
    async with open_client(settings) as client:
        breaker = client.breaker
        breaker.force_open()

        async def call() -> None:
            """Never called."""

        began = time.perf_counter()
        for _ in range(CALLS):
            with contextlib.suppress(BreakerOpenError):
                await breaker.call(call)
        return (time.perf_counter() - began) / CALLS


async def miss_while_open(settings: DocsSettings) -> float:
    """Seconds until the client says that there is nothing, while the breaker is open."""
    async with open_client(settings) as client:
        client.breaker.force_open()
        began = time.perf_counter()
        for number in range(RULES):
            await client.fetch(LIBRARY, f"never asked {number}")
        return (time.perf_counter() - began) / RULES


async def cold_and_bare(settings: DocsSettings, requests: int) -> tuple[float, float]:
    """Seconds a fetch of what is not kept, and seconds for the same with httpx2 alone, its JSON parsed.

    In turns, each over one connection; of each the first quartile, as a busy machine spoils single requests.
    """
    ours: list[float] = []
    theirs: list[float] = []
    async with open_client(settings) as client, httpx2.AsyncClient(trust_env=False) as plain:
        await client.clear()

        async def ask(number: int) -> None:
            asked = {"libraryId": LIBRARY, "query": query(number), "type": "json"}
            answer = await plain.get(f"{settings.api_url}/v2/context", params=asked)
            answer.raise_for_status().json()

        for number in range(requests):
            began = time.perf_counter()
            await fetched(client, number)
            between = time.perf_counter()
            await ask(number)
            ours.append(between - began)
            theirs.append(time.perf_counter() - between)
    return quantiles(ours)[0], quantiles(theirs)[0]


async def askers(settings: DocsSettings) -> float:
    """Seconds for a thousand who ask for the same."""
    async with open_client(replace(settings, cache="memory")) as client:
        began = time.perf_counter()
        await asyncio.gather(*(fetched(client, 0) for _ in range(ASKERS)))
        took = time.perf_counter() - began
        if client.statistics.requests != 1:
            raise ValueError(client.statistics.requests)
        return took


@contextlib.contextmanager
def service() -> Iterator[str]:
    """The fake, in a process of its own, as its threads would hold up ours; its URL."""
    command = [sys.executable, "-c", SERVICE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.communicate()


def measured(what: Measured, settings: DocsSettings, runs: int) -> float:
    """The best of the runs."""

    async def once() -> float:
        return await what(settings)

    return min(asyncio.run(once()) for _ in range(runs))


def show(what: str, seconds: float, goal: float | None = None) -> None:
    """One line: the figure, and its goal."""
    unit, factor = ("ms", 1e3) if seconds >= A_MILLISECOND else ("us", 1e6)
    limit = "" if goal is None else f"   goal {goal * factor:g} {unit}: {'held' if seconds <= goal else 'NOT HELD'}"
    print(f"{what:<46} {seconds * factor:10.2f} {unit}{limit}")


async def second_scan(settings: DocsSettings) -> float:
    """Share of a second scan that is answered from the cache."""
    async with open_client(settings) as client:
        for number in range(RULES):
            await fetched(client, number)
        return client.statistics.hit_rate


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="how often (default: 20)")
    runs = parser.parse_args().runs
    with service() as url, tempfile.TemporaryDirectory() as folder:
        settings = DocsSettings(api_url=url, cache=str(Path(folder) / "docs.sqlite"))
        asyncio.run(warm(settings))
        show("a hit in memory", measured(memory_hit, settings, runs), 2e-6)
        show("a hit in the file", measured(disk_hit, settings, runs), 60e-6)
        show(f"{RULES} rules with a warm file", measured(warm_scan, settings, runs), 50e-3)
        print(f"{'answered from the cache in a second scan':<46} {asyncio.run(second_scan(settings)):10.0%}")
        show("a rejection by the open breaker", measured(rejection, settings, runs), 2e-6)
        show("nothing from the client while it is open", measured(miss_while_open, settings, runs))
        ours, theirs = asyncio.run(cold_and_bare(settings, RULES * runs))
        show("a fetch of what is not kept", ours, 1.3 * theirs)
        show("the same with httpx2 alone", theirs)
        print(f"{'ratio':<46} {ours / theirs:10.2f}")
        show(f"{ASKERS} who ask for the same", measured(askers, settings, runs))


if __name__ == "__main__":
    main()
