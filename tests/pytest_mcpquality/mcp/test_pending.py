from __future__ import annotations

import asyncio

import pytest

from pytest_mcpquality.mcp.diagnosis import Odd, Oddity
from pytest_mcpquality.mcp.pending import REMEMBERED, Requests, Waiting


@pytest.fixture
def loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.close()  # futures need one, and nothing here runs in it
    return loop


def waiting(loop: asyncio.AbstractEventLoop) -> Waiting:
    return Waiting("tools/call", asyncio.Future(loop=loop))


def test_each_request_has_an_id_of_its_own(loop: asyncio.AbstractEventLoop) -> None:
    requests = Requests()
    first, second = waiting(loop), waiting(loop)
    one, two = requests.add(first), requests.add(second)
    assert one != two
    assert requests.answered(two) is second
    assert requests.answered(one) is first
    assert not requests.waiting


@pytest.mark.parametrize(
    ("answered", "kind", "says"),
    [
        (1, Odd.DUPLICATE_ID, "answered id 1 twice"),
        (2, Odd.LATE, "answered id 2 after it was given up"),
        (7, Odd.UNKNOWN_ID, "answered id 7, nobody asked"),
        (None, Odd.NO_ID, "answered without an id"),
        ("3", Odd.UNKNOWN_ID, "answered id '3', nobody asked (the id was a number, and the answer has a string)"),
        (True, Odd.UNKNOWN_ID, "answered id True, nobody asked"),
        (3.0, Odd.UNKNOWN_ID, "answered id 3.0, nobody asked"),
        ([1], Odd.UNKNOWN_ID, "answered id [1], nobody asked"),
    ],
)
def test_an_answer_that_nobody_waits_for(
    loop: asyncio.AbstractEventLoop, answered: object, kind: Odd, says: str
) -> None:
    requests = Requests()
    for _ in range(3):
        requests.add(waiting(loop))
    requests.answered(1)
    requests.give_up(2)
    requests.give_up(99)
    assert requests.answered(answered) == Oddity(kind, says)
    assert list(requests.waiting) == [3]


def test_a_long_id_is_cut(loop: asyncio.AbstractEventLoop) -> None:
    requests = Requests()
    requests.add(waiting(loop))
    oddity = requests.answered("x" * 1000)
    assert isinstance(oddity, Oddity)
    assert len(oddity.text) < 80


def test_only_the_latest_are_remembered(loop: asyncio.AbstractEventLoop) -> None:
    requests = Requests()
    for _ in range(REMEMBERED + 1):
        requests.answered(requests.add(waiting(loop)))
    assert requests.answered(1) == Oddity(Odd.UNKNOWN_ID, "answered id 1, nobody asked")
    assert requests.answered(2) == Oddity(Odd.DUPLICATE_ID, "answered id 2 twice")
