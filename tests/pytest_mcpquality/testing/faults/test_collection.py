from __future__ import annotations

import threading

import pytest

from pytest_mcpquality.testing.faults import (
    CommandNotFound,
    Dies,
    FailsToStart,
    FaultDoesNotApplyError,
    FaultError,
    Faults,
    Forbidden,
    Hangs,
    WrongId,
)
from pytest_mcpquality.testing.faults.base import HttpRequest

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def test_nothing_applies_when_nothing_was_given() -> None:
    given = Faults()
    assert given.for_message(PING, "stdio", 1) == ()
    assert given.at_start("stdio", 1) == ()
    assert given.for_http(HttpRequest("GET", None), 1) == ()
    assert (len(given), bool(given), repr(given)) == (0, False, "Faults()")


@pytest.mark.parametrize(
    ("after", "times", "expected"),
    [
        (0, None, "xxxxx"),
        (2, None, "..xxx"),
        (0, 1, "x...."),
        (1, 2, ".xx.."),
        (9, None, "....."),
    ],
)
def test_after_and_times(after: int, times: int | None, expected: str) -> None:
    given = Faults([Hangs(after=after, times=times)])
    assert "".join("x" if given.for_message(PING, "stdio", 1) else "." for _ in range(5)) == expected


def test_only_what_meets_the_conditions_is_counted() -> None:
    given = Faults([Hangs(method="ping", after=1)])
    given.for_message({**PING, "method": "tools/list"}, "stdio", 1)
    given.for_http(HttpRequest("POST", PING), 1)

    assert given.for_message(PING, "stdio", 1) == ()
    assert given.for_message(PING, "stdio", 1) == (Hangs(method="ping", after=1),)


def test_each_counts_for_itself_and_equal_ones_are_two() -> None:
    given = Faults([Hangs(times=1), Hangs(times=1), WrongId()])
    assert given.for_message(PING, "stdio", 1) == (Hangs(times=1), Hangs(times=1), WrongId())
    assert given.for_message(PING, "stdio", 1) == (WrongId(),)


def test_occasions_are_told_apart() -> None:
    given = Faults([FailsToStart(), Hangs(), Forbidden(transport="http"), CommandNotFound()])
    assert given.at_start("stdio", 1) == (FailsToStart(),)
    assert given.for_message(PING, "stdio", 1) == (Hangs(),)
    assert given.for_http(HttpRequest("GET", None), 1) == (Forbidden(transport="http"),)
    assert given.present(CommandNotFound) == CommandNotFound()
    assert Faults().present(CommandNotFound) is None


def test_a_transport_can_be_left_out() -> None:
    given = Faults([Hangs(transport="http")])
    assert given.for_message(PING, "stdio", 1) == ()
    assert given.for_message(PING, "http", 1)


def test_added_and_removed() -> None:
    given = Faults()
    given.add(Hangs(), WrongId())
    assert list(given) == [Hangs(), WrongId()]
    given.remove(Hangs())
    assert Hangs() not in given
    assert WrongId() in given
    with pytest.raises(FaultError, match=r"Hangs\(\) is not among the faults: \[WrongId\(\)\]"):
        given.remove(Hangs())
    given.clear()
    assert len(given) == 0


def test_what_makes_no_sense_is_refused_at_once_and_nothing_is_added() -> None:
    given = Faults()
    given.attach("stdio")
    with pytest.raises(FaultDoesNotApplyError, match=r"Forbidden.*over stdio.*transport='http'"):
        given.add(Hangs(), Forbidden())
    assert len(given) == 0
    given.detach("stdio")
    given.add(Forbidden())
    with pytest.raises(FaultDoesNotApplyError, match="Forbidden makes no sense over memory"):
        given.attach("memory")
    given.attach("http")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [(Hangs, r"Hangs is a kind of fault: make one, Hangs\(\.\.\.\)"), ("dies", "'dies' is no fault: give one of")],
)
def test_what_is_no_fault_is_refused(wrong: object, message: str) -> None:
    faults = Faults()
    with pytest.raises(FaultError, match=message):
        faults.add(Hangs(), wrong)  # type: ignore[arg-type]
    assert not faults


def test_listeners_hear_of_every_change_until_they_leave() -> None:
    heard: list[int] = []
    given = Faults()

    def listener() -> None:
        heard.append(len(given))

    given.attach("http", listener)
    given.add(Hangs())
    given.remove(Hangs())
    given.clear()
    given.detach("http", listener)
    given.add(Hangs())

    assert heard == [1, 0, 0]


def test_counts_are_right_from_many_threads() -> None:
    given = Faults([Dies(after=100, times=200)])
    applied: list[int] = []

    def use() -> None:
        applied.append(sum(bool(given.for_message(PING, "stdio", 1)) for _ in range(100)))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(applied) == 200
