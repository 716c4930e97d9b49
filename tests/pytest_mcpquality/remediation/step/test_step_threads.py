"""Threads that nobody waits for."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from pytest_mcpquality.remediation.step_threads import UnwaitedThreads


def test_results_and_errors_come_back() -> None:
    threads = UnwaitedThreads()
    assert threads.submit(pow, 2, exp=5).result(10) == 32
    failed = threads.submit(int, "x")
    with pytest.raises(ValueError, match="invalid literal"):
        failed.result(10)


def test_the_end_of_a_loop_leaves_behind_what_hangs() -> None:
    hanging, begun = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        hanging.wait(60)

    async def work() -> str:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(UnwaitedThreads())
        abandoned = loop.run_in_executor(None, hang)
        await asyncio.to_thread(begun.wait, 10)
        abandoned.cancel()
        return await asyncio.to_thread(socket.gethostbyname, "127.0.0.1")

    began = time.monotonic()
    assert asyncio.run(work()) == "127.0.0.1"
    assert time.monotonic() - began < 20
    hanging.set()
