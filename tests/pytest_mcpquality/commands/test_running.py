from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from threading import Thread

import pytest

from pytest_mcpquality.commands.running import run_to_the_end


async def interrupted_by(number: signal.Signals, then: Callable[[], Awaitable[str]]) -> str:
    signal.raise_signal(number)
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        return await then()
    return "nobody ended it"


async def kept() -> str:
    return "what was found"


async def nothing() -> str:
    raise asyncio.CancelledError


def polite() -> list[signal.Signals]:
    if sys.platform == "win32":
        return [signal.SIGINT]
    return [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", polite())
def test_a_signal_that_asks_to_end_leaves_time_to_say_what_was_found(number: signal.Signals) -> None:
    assert run_to_the_end(interrupted_by(number, kept)) == "what was found"


@pytest.mark.parametrize("number", polite())
def test_without_a_result_it_is_an_interruption(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_to_the_end(interrupted_by(number, nothing))


@pytest.mark.skipif(sys.platform == "win32", reason="asyncio's own way raises there")
@pytest.mark.parametrize("number", polite())
def test_an_impatient_user_does_not_cut_short_how_it_ends(number: signal.Signals) -> None:
    async def ends_slowly() -> str:
        for _ in range(3):
            signal.raise_signal(number)
            await asyncio.sleep(0)
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0.01)
        return "what was found"

    assert run_to_the_end(interrupted_by(number, ends_slowly)) == "what was found"


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGHUP")
def test_what_is_ignored_on_purpose_stays_ignored() -> None:
    async def goes_on() -> str:
        signal.raise_signal(signal.SIGHUP)
        await asyncio.sleep(0)
        return "went on"

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run_to_the_end(goes_on()) == "went on"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_of_the_main_thread_it_runs_without_signals() -> None:
    results: list[str] = []
    thread = Thread(target=lambda: results.append(run_to_the_end(kept())))
    thread.start()
    thread.join(30)
    assert results == ["what was found"]


def test_the_handlers_are_gone_afterwards() -> None:
    run_to_the_end(kept())
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
