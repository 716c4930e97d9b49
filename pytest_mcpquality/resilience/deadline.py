"""A limit for a wait, on the injected clock."""

from __future__ import annotations

import types
from asyncio import CancelledError, Task
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Final, Self, TypeVar, cast

from pytest_mcpquality.resilience.clock import Clock, Timer
from pytest_mcpquality.resilience.loops import current_task

T = TypeVar("T")


class Deadline:
    """Cancels the body when the time is up and raises `error()` then; a cancellation from outside stays one.

    ```text
    with Deadline(clock, 5.0):
        await answer()
    ```

    Like `asyncio.timeout`, which knows no clock but the loop's. None as `seconds` is no limit.
    """

    __slots__ = ("_cancelling", "_clock", "_error", "_seconds", "_task", "_timer", "expired")

    def __init__(self, clock: Clock, seconds: float | None, error: Callable[[], BaseException] = TimeoutError) -> None:
        self._clock = clock
        self._seconds = seconds
        self._error = error
        self._timer: Timer | None = None
        self.expired = False

    def __repr__(self) -> str:
        return f"<Deadline of {self._seconds} s{', expired' if self.expired else ''}>"

    def __enter__(self) -> Self:
        if self._seconds is not None:
            self._task: Task[object] = current_task("a deadline")
            self._cancelling = self._task.cancelling()
            self._timer = self._clock.call_at(self._clock.monotonic() + self._seconds, self._expire)
        return self

    def _expire(self) -> None:
        self.expired = True
        self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        if self.expired and self._task.uncancel() <= self._cancelling and kind is CancelledError:
            raise self._error() from error


async def as_coroutine(awaitable: Awaitable[T]) -> T:
    """Any awaitable as a coroutine."""
    return await awaitable


ENDED: Final = object()


@types.coroutine
def _kept(call: Coroutine[Any, Any, Any], box: list[Any]) -> Generator[Any, Any, None]:
    box.append((yield from call))  # pyright: ignore[reportUnknownArgumentType] - typeshed: a coroutine is no iterable


# `next(kept(call, box), ENDED)` makes the first step of a call, and is by far the cheapest way to learn whether it was
# the only one: then it is ENDED and the result is in the box. With `send` it would be an exception to catch.
kept = cast("Callable[[Coroutine[Any, Any, Any], list[Any]], Generator[Any, Any, None]]", _kept)


@types.coroutine
def finish(steps: Generator[Any, Any, None], waits_for: object, deadline: Deadline) -> Generator[Any, Any, None]:
    """Await the rest of a kept call whose first step was made by hand; what `await` does, with a deadline.

    Raises:
        TimeoutError: The time was up; or what the deadline raises instead.
    """
    try:
        with deadline:
            while True:
                try:
                    sent = yield waits_for
                except BaseException as thrown:  # noqa: BLE001 - the call's to handle, whatever it is
                    waits_for = steps.throw(thrown)
                else:
                    waits_for = steps.send(sent)
    except StopIteration:
        return
