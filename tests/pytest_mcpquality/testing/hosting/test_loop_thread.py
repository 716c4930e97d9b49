from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.testing.hosting import loop_thread
from pytest_mcpquality.testing.hosting.errors import HostingClosedError
from pytest_mcpquality.testing.hosting.loop_thread import LoopThread


async def _where() -> str:
    return threading.current_thread().name


def test_work_runs_in_the_thread_and_its_result_comes_back() -> None:
    thread = LoopThread("a server")
    try:
        assert thread.call(_where) == "mcpquality: a server"
        assert not thread.is_current()
        assert "running" in repr(thread)
    finally:
        thread.close()


def test_the_caller_s_context_stays_with_the_caller() -> None:
    thread = LoopThread("a server")
    library: ContextVar[str] = ContextVar("library", default="none")
    library.set("trio")

    async def look() -> str:
        return library.get()

    assert thread.call(look) == "none"
    thread.close()


def test_an_error_comes_back_too() -> None:
    thread = LoopThread("a server")

    async def fail() -> None:
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        thread.call(fail)
    thread.close()


def test_posted_work_is_done_by_the_loop() -> None:
    thread = LoopThread("a server")
    done = threading.Event()

    async def work() -> None:
        done.set()

    async def post() -> None:
        assert thread.is_current()
        thread.post(work)

    thread.call(post)
    assert done.wait(10)
    thread.close()


def test_close_cancels_what_runs_and_joins_the_thread() -> None:
    thread = LoopThread("a server")
    cancelled = threading.Event()

    async def sleep() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    async def start() -> asyncio.Task[None]:
        task = asyncio.create_task(sleep())
        await asyncio.sleep(0)
        return task

    thread.call(start)
    thread.close()
    thread.close()

    assert cancelled.is_set()
    assert "closed" in repr(thread)
    assert not [other for other in threading.enumerate() if other.name == "mcpquality: a server"]
    with pytest.raises(HostingClosedError, match="a server is closed") as caught:
        thread.call(_where)
    assert isinstance(caught.value, UsageError)


def test_the_end_of_the_process_closes_what_is_open() -> None:
    thread = LoopThread("left open")
    loop_thread._close_all()
    assert "closed" in repr(thread)
