"""Tasks side by side, of which none outlives the one who waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any


async def ended(tasks: Sequence[asyncio.Task[Any]]) -> bool:
    """Wait until all tasks have ended; False when the calling task was cancelled, and so they were."""
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return False
    return True
