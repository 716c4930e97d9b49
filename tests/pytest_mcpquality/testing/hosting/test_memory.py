# ruff: noqa: ANN401 - the SDK differs from major to major

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from mcp.shared.memory import create_client_server_memory_streams

from pytest_mcpquality.testing import FakeClock, faults
from pytest_mcpquality.testing.faults import Fault
from pytest_mcpquality.testing.hosting import codec
from pytest_mcpquality.testing.hosting.memory import faulty
from pytest_mcpquality.testing.seam import SessionInfo
from tests.support.plain_server import PlainServer
from tests.support.raw_clients import INITIALIZE, INITIALIZED, add, request

PATIENCE = 10.0
SHORT = 0.05


class Memory:
    """A client in memory that sends and receives plain messages."""

    def __init__(self, streams: Any) -> None:
        self.read, self.write = streams

    async def send(self, message: dict[str, Any]) -> None:
        await self.write.send(codec.to_sdk(message))

    async def receive(self, patience: float = PATIENCE) -> Any:
        message = await asyncio.wait_for(self.read.receive(), patience)
        return codec.from_sdk(message)

    async def silent(self) -> bool:
        try:
            await self.receive(SHORT)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def connected(server: PlainServer) -> AsyncIterator[Memory]:
    info = SessionInfo("memory", server.next_start(), "memory-1")
    server.faults.attach("memory")
    async with create_client_server_memory_streams() as (client, streams):
        read, write = faulty(server, info, *streams)
        serving = asyncio.create_task(server.serve(read, write, session=info))
        memory = Memory(client)
        try:
            yield memory
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            server.faults.detach("memory")


async def _ready(memory: Memory) -> None:
    await memory.send(INITIALIZE)
    assert (await memory.receive())["id"] == 0
    await memory.send(INITIALIZED)


async def _answers(memory: Memory, count: int = 1) -> list[Any]:
    await memory.send(add(1))
    return [await memory.receive() for _ in range(count)]


@pytest.mark.asyncio
async def test_without_faults_messages_pass() -> None:
    server = PlainServer()
    async with connected(server) as memory:
        await _ready(memory)
        (answer,) = await _answers(memory)
    assert answer["result"]["structuredContent"] == {"sum": 3}
    assert server.applied == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "ids"),
    [
        (faults.WrongId(7, tool="add"), [7]),
        (faults.UnknownId(7, tool="add"), [7, 1]),
        (faults.DuplicateResponse(tool="add"), [1, 1]),
        (faults.BreaksOutputSchema(), [1]),
        (faults.Oversize(5000, tool="add"), [1]),
    ],
    ids=repr,
)
async def test_what_is_distorted(fault: Fault, ids: list[int]) -> None:
    server = PlainServer(fault)
    async with connected(server) as memory:
        await _ready(memory)
        answers = await _answers(memory, len(ids))
    assert [answer["id"] for answer in answers] == ids
    assert [(each.fault, each.served) for each in server.applied] == [(fault, True)]


@pytest.mark.asyncio
async def test_hangs_while_others_are_answered() -> None:
    async with connected(PlainServer(faults.Hangs(tool="add"))) as memory:
        await _ready(memory)
        await memory.send(add(1))
        await memory.send(request(2, "ping"))
        assert (await memory.receive())["id"] == 2
        assert await memory.silent()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "fault", [faults.Dies(tool="add"), faults.Dies(tool="add", mid_answer=True), faults.ClosesStream()]
)
async def test_the_stream_ends(fault: Fault) -> None:
    async with connected(PlainServer(fault)) as memory:
        if fault.tool:
            await _ready(memory)
        await memory.send(add(1))
        with pytest.raises(anyio.EndOfStream):
            await memory.receive()


@pytest.mark.asyncio
async def test_delays_on_the_clock_and_others_overtake() -> None:
    clock = FakeClock()
    async with connected(PlainServer(faults.Delays(60, tool="add", times=1), clock=clock)) as memory:
        await _ready(memory)
        await memory.send(add(1))
        await memory.send(add(2))
        assert (await memory.receive())["id"] == 2
        assert await memory.silent()
        await clock.elapse(60)
        assert (await memory.receive())["id"] == 1


@pytest.mark.asyncio
async def test_answers_out_of_order() -> None:
    async with connected(PlainServer(faults.OutOfOrder(2, tool="add"))) as memory:
        await _ready(memory)
        await memory.send(add(1))
        await memory.send(add(2))
        assert {(await memory.receive())["id"] for _ in range(2)} == {1, 2}


@pytest.mark.asyncio
async def test_an_answer_that_is_still_delayed_at_the_end_is_dropped() -> None:
    async with connected(PlainServer(faults.Delays(3600, tool="add"))) as memory:
        await _ready(memory)
        await memory.send(add(1))
        assert await memory.silent()


@pytest.mark.asyncio
async def test_bytes_make_no_sense_in_memory() -> None:
    server = PlainServer(faults.Garbage())
    with pytest.raises(
        faults.FaultDoesNotApplyError, match=r"Garbage makes no sense over memory.*http\(\) or by stdio\(\)"
    ):
        server.faults.attach("memory")
