from __future__ import annotations

import asyncio

import pytest

from pytest_mcpquality.resilience.errors import EventLoopError
from pytest_mcpquality.resilience.single_flight import SingleFlight

pytestmark = pytest.mark.timeout(10)


class Computation:
    """Computes when it is told to, and counts."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = asyncio.Event()
        self.cancelled = False
        self.error: Exception | None = None

    async def __call__(self) -> str:
        self.begun += 1
        number = self.begun
        try:
            await self.ended.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.error:
            raise self.error
        return f"answer {number}"


async def begin(flight: SingleFlight[str, str], compute: Computation, count: int) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(flight.run("key", compute)) for _ in range(count)]
    await settle()
    return tasks


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_all_who_ask_meanwhile_share_one_computation() -> None:
    flight, compute = SingleFlight[str, str](), Computation()
    tasks = await begin(flight, compute, 100)
    assert repr(flight) == "<SingleFlight: 1 under way>"
    compute.ended.set()
    assert set(await asyncio.gather(*tasks)) == {"answer 1"}
    assert await flight.run("key", compute) == "answer 2"
    assert repr(flight) == "<SingleFlight: 0 under way>"


@pytest.mark.asyncio
async def test_other_keys_fly_alone() -> None:
    flight, compute = SingleFlight[str, str](), Computation()
    compute.ended.set()
    first, second = await asyncio.gather(flight.run("a", compute), flight.run("b", compute))
    assert (first, second) == ("answer 1", "answer 2")


@pytest.mark.asyncio
async def test_who_began_it_may_be_cancelled_without_harm_to_the_others() -> None:
    flight, compute = SingleFlight[str, str](), Computation()
    first, second = await begin(flight, compute, 2)
    first.cancel()
    await settle()
    assert first.cancelled()
    compute.ended.set()
    assert await second == "answer 1"


@pytest.mark.asyncio
async def test_when_all_are_cancelled_so_is_the_computation_and_the_next_begins_anew() -> None:
    flight, compute = SingleFlight[str, str](), Computation()
    for task in await begin(flight, compute, 2):
        task.cancel()
    await settle()
    assert compute.cancelled
    compute.ended.set()
    assert await flight.run("key", compute) == "answer 2"


@pytest.mark.asyncio
async def test_an_error_is_everybodys_and_not_kept() -> None:
    flight, compute = SingleFlight[str, str](), Computation()
    compute.error = OSError("down")
    tasks = await begin(flight, compute, 3)
    compute.ended.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [compute.error] * 3
    compute.error = None
    assert await flight.run("key", compute) == "answer 2"


def test_without_asyncio_it_says_so() -> None:
    async def never() -> str:
        return "never"

    with pytest.raises(EventLoopError, match="single-flight needs a running asyncio event loop"):
        SingleFlight[str, str]().run("key", never).send(None)
