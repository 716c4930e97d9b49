"""The running event loop, or one clear error."""

from __future__ import annotations

import asyncio

from pytest_mcpquality.resilience.errors import EventLoopError
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides


def running_loop(what: str) -> asyncio.AbstractEventLoop:
    """The asyncio loop that runs here.

    Raises:
        EventLoopError: None does; `what` says who needs it.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise EventLoopError(
            f"{what} needs a running asyncio event loop: await it from a coroutine that asyncio runs "
            "(trio cannot; with anyio's pytest plugin choose the backend 'asyncio')",
            server=what,
        ) from None


def current_task(what: str) -> asyncio.Task[object]:
    """The asyncio task that runs here.

    Raises:
        EventLoopError: None does.
    """
    running_loop(what)
    task = asyncio.current_task()
    if task is None:
        raise EventLoopError(f"{what} was awaited outside a task: start it with asyncio.create_task()", server=what)
    return task
