"""Threads that nobody waits for: a name server that does not answer must not hold up the end of a scan."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class UnwaitedThreads(ThreadPoolExecutor):
    """An executor for asyncio's blocking calls; each gets a daemon thread, which the end of the loop leaves behind."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call `fn` in a thread."""
        future: Future[T] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits for the future
                future.set_exception(error)

        threading.Thread(target=call, name="mcpquality-docs", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - the base's
        """Wait for nobody."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)
