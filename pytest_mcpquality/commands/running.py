"""Runs a command's asynchronous part so that every polite way to end it is the same as Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import TypeVar

_T = TypeVar("_T")

# A CI runner that cancels a job sends SIGTERM, a terminal that is closed SIGHUP (which Windows does not have).
_POLITE = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def run_to_the_end(work: Coroutine[object, object, _T]) -> _T:
    """The work's result; SIGINT, SIGTERM and SIGHUP cancel it, once, so that no tool it started outlives it.

    Raises:
        KeyboardInterrupt: It was interrupted and had no result to give.
    """
    try:
        return asyncio.run(_cancellable(work))
    except asyncio.CancelledError as error:
        raise KeyboardInterrupt from error


async def _cancellable(work: Coroutine[object, object, _T]) -> _T:
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        # The second Ctrl-C of an impatient user must not cut short how the tools are ended and the reports written.
        # asyncio would raise KeyboardInterrupt wherever it stands, and then wait for what that has lost.
        if not task.cancelling():
            task.cancel()

    for number in _POLITE:
        # What is ignored on purpose (`nohup`, a shell's background job) stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            try:
                loop.add_signal_handler(number, cancel)
            except (NotImplementedError, RuntimeError, ValueError):
                break  # Windows, or not the main thread: asyncio's own way has to do
    return await task
