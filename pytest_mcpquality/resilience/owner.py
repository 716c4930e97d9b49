"""One connection and the one task that it lives in.

Connections of the MCP SDK (and all that is built on anyio's cancel scopes) must be closed by the task that opened
them. So each gets a task of its own, which opens it, waits until it is retired, and closes it; others only talk to it.
The task starts with an empty context: what the first borrower has in its context variables is none of the others'
business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from contextvars import Context
from typing import Generic, Protocol, TypeVar

from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.resilience.deadline import Deadline

T = TypeVar("T")


class Household(Protocol[T]):
    """Who is told what becomes of a connection; called from its task."""

    def on_opened(self, owner: Owner[T]) -> None:
        """It is open."""
        ...

    def on_failed(self, owner: Owner[T], error: BaseException) -> None:
        """It could not be opened."""
        ...

    def on_ended(self, owner: Owner[T], error: BaseException | None) -> None:
        """It is closed, maybe not in peace."""
        ...


class Owner(Generic[T]):
    """A connection from before it is opened until after it is closed.

    Attributes:
        generation: Of the pool when the opening began.
        expires_at: When it is too old to be lent again, in seconds of the monotonic clock; 0 if it must not be.
        used_at: When it was last given back; for ever ago when it must be validated before it is lent.
        failed: Whether something went wrong while it was lent.
        lost: Whether it broke.
        task: Where it lives.
    """

    __slots__ = ("_retired", "_value", "expires_at", "failed", "generation", "lost", "task", "used_at")

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.expires_at = self.used_at = 0.0
        self.failed = self.lost = False

    @property
    def connection(self) -> T:
        """The open connection."""
        return self._value

    def start(
        self,
        household: Household[T],
        connect: Callable[[], AbstractAsyncContextManager[T]],
        clock: Clock,
        limits: tuple[float, float],
    ) -> None:
        """Begin to open it; `limits` are the seconds that opening and closing may take."""
        loop = asyncio.get_running_loop()
        self._retired = loop.create_future()
        live = self._live(household, connect, clock, limits)
        self.task = loop.create_task(live, name="connection owner", context=Context())

    def lose(self) -> None:
        """It broke: it must not be lent again."""
        self.lost = True
        self.expires_at = 0.0

    def retire(self) -> None:
        """Close it, in its own task."""
        if not self._retired.done():
            self._retired.set_result(None)

    def give_up(self) -> None:
        """Stop opening it, or cut a closing short that takes too long."""
        self.task.cancel()

    async def _live(
        self,
        household: Household[T],
        connect: Callable[[], AbstractAsyncContextManager[T]],
        clock: Clock,
        limits: tuple[float, float],
    ) -> None:
        stack = AsyncExitStack()
        try:
            with Deadline(clock, limits[0], lambda: TimeoutError(f"not open after {limits[0]:g} s")):
                self._value = await stack.enter_async_context(connect())
        except BaseException as error:
            household.on_failed(self, error)
            if not isinstance(error, Exception):
                raise
            return
        await self._serve_and_close(household, stack, clock, limits[1])

    async def _serve_and_close(
        self, household: Household[T], stack: AsyncExitStack, clock: Clock, limit: float
    ) -> None:
        trouble: BaseException | None = None
        try:
            try:
                household.on_opened(self)
                await self._retired
            finally:
                with Deadline(clock, limit, lambda: TimeoutError(f"not closed after {limit:g} s")):
                    await stack.aclose()
        except Exception as error:  # noqa: BLE001 - whatever closing raises is told, and ends nothing else
            trouble = error
        except BaseException as error:
            trouble = error
            raise
        finally:
            household.on_ended(self, trouble)
