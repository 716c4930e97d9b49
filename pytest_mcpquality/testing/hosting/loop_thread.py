"""An event loop in a thread of its own: what a mock server runs in, whatever the test does with its own loop."""

from __future__ import annotations

import asyncio
import atexit
import threading
import weakref
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar

from pytest_mcpquality.testing.hosting.errors import HostingClosedError

T = TypeVar("T")

PASSES = 10
"""Of the loop; a connection takes four from being accepted to being closed."""

_open: weakref.WeakSet[LoopThread] = weakref.WeakSet()


class LoopThread:
    """Starts at once; `close()` cancels every task and joins the thread. A daemon: it never keeps the process alive."""

    def __init__(self, name: str) -> None:
        self.name = name
        # Not the platform's own: only this one tells of a listening socket that somebody waits at.
        self._loop = asyncio.SelectorEventLoop()
        self._lock = threading.Lock()
        self._closed = False
        self._posted: list[asyncio.Task[object]] = []
        self._thread = threading.Thread(target=self._run, name=f"mcpquality: {name}", daemon=True)
        self._thread.start()
        _open.add(self)

    def __repr__(self) -> str:
        return f"<LoopThread {self.name!r}: {'closed' if self._closed else 'running'}>"

    def call(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work()` in the loop and wait for what it returns.

        Raises:
            HostingClosedError: The thread is closed.
        """
        with self._lock:
            if self._closed:
                raise HostingClosedError(f"{self.name} is closed: ask the mock server for a new one")
            # With an empty context: what the caller's tells libraries, such as that trio runs, is not true here.
            future = Context().run(asyncio.run_coroutine_threadsafe, work(), self._loop)
        return future.result()

    def post(self, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Run `work()` in the loop without waiting: for what is said from within the loop."""
        self._loop.call_soon(lambda: self._posted.append(self._loop.create_task(work())))

    def is_current(self) -> bool:
        """Whether the caller runs in this thread."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Cancel everything that runs, and wait for its end. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            _finish(self._loop)
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()


def _finish(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(_settle())
    loop.run_until_complete(loop.shutdown_asyncgens())


async def _settle() -> None:
    """Let connections that were just accepted or closed come to their end: asyncio does that in several steps."""
    for _ in range(PASSES):
        await asyncio.sleep(0)


@atexit.register
def _close_all() -> None:
    for thread in tuple(_open):
        thread.close()
