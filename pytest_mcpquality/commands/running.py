"""Runs a command's asynchronous part so that every polite way to end it is the same as Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Coroutine, Generator
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
        # A loop of our own making, so that the thread's current one stays what it is: tests may ask for it after us.
        with _handlers_kept(), asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(_cancellable(work))
    except asyncio.CancelledError as error:
        raise KeyboardInterrupt from error


@contextlib.contextmanager
def _handlers_kept() -> Generator[None]:
    """Put back how signals were handled: asyncio knows only the default ways."""
    before = {number: signal.getsignal(number) for number in _POLITE}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None: set from outside of Python. Only the main thread may set any, and no other has changed them.
            if handler is not None and threading.current_thread() is threading.main_thread():
                signal.signal(number, handler)


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
