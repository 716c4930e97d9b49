"""Ending what belongs to an event loop from outside of it, whatever has become of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

PATIENCE = 10.0
"""Seconds that a loop in another thread has; more than any server is given to end."""


def end(
    loop: asyncio.AbstractEventLoop | None, close: Callable[[], Coroutine[None, None, None]], kill: Callable[[], None]
) -> None:
    """Close in the loop as long as there is one, else kill.

    Args:
        loop: Where it belongs; None when it was never used.
        close: Closes it, in the loop.
        kill: Ends it without the loop.
    """
    if loop is None:
        return
    if loop.is_closed():
        kill()
    elif not loop.is_running():
        loop.run_until_complete(close())
    elif _runs_here(loop):
        kill()  # its own thread is busy with us; the loop's end does the rest
    else:
        asyncio.run_coroutine_threadsafe(close(), loop).result(PATIENCE)


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
