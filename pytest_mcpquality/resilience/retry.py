"""Trying again, with growing and scattered waits: stamina's policy and defaults, on the injected clock.

stamina itself waits in real time only, which a test on virtual time cannot use.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock

T = TypeVar("T")

Judge = Callable[[Exception], bool | float]
"""Whether to try again after an error; a number is the seconds that the server asks to be left alone (Retry-After)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySettings:
    """How often and how soon; times are in seconds, the defaults are stamina's unless said otherwise.

    Attributes:
        attempts: Calls in all, the first among them.
        timeout: No wait ends later than this after the first call began; None is without limit.
        wait_initial: The first wait, before jitter; each further one is `wait_base` times as long.
        wait_base: See there.
        wait_jitter: Up to so much is added to each wait, at random.
        wait_max: No wait is longer.
        retry_after_max: A server that asks to be left alone for longer is not waited for: the error is raised at once
            (ours; coming back earlier than asked would be rude, and hanging for an hour helps nobody).
    """

    attempts: int = 10
    timeout: float | None = 45.0
    wait_initial: float = 0.1
    wait_base: float = 2.0
    wait_jitter: float = 1.0
    wait_max: float = 5.0
    retry_after_max: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise UsageError("retry settings: attempts must be at least 1")
        if self.timeout is not None and self.timeout <= 0:
            raise UsageError("retry settings: timeout must be more than 0 seconds or None")
        for name in ("wait_initial", "wait_base", "wait_jitter", "wait_max", "retry_after_max"):
            if getattr(self, name) < 0:
                raise UsageError(f"retry settings: {name} must not be negative")

    def wait(self, failures: int, scatter: float) -> float:
        """Seconds to wait after so many failures; `scatter` is from 0 to 1."""
        # Beyond this exponent any wait is over its maximum, and the power might be too large for a float.
        grown = self.wait_initial * self.wait_base ** min(failures - 1, 64)
        return min(self.wait_max, grown + self.wait_jitter * scatter)


async def retry(
    call: Callable[[], Awaitable[T]],
    *,
    on: type[Exception] | tuple[type[Exception], ...] | Judge,
    settings: RetrySettings | None = None,
    clock: Clock = SYSTEM_CLOCK,
    scatter: Callable[[], float] = random.random,
) -> T:
    """Await `call()` until it returns, or until it is no use to try again; a cancellation is never retried.

    Args:
        call: What to do.
        on: After which errors to try again: types, or a function that judges each.
        settings: How often, how soon.
        clock: Where time comes from.
        scatter: Gives numbers from 0 to 1, for the jitter.

    Raises:
        Exception: The last error, as it was.
    """
    settings = settings or RetrySettings()
    judge = _judge(on)
    began = clock.monotonic()
    failures = 0
    while True:
        try:
            return await call()
        except Exception as error:
            failures += 1
            wait = _wait(judge(error), failures, settings, scatter)
            late = settings.timeout is not None and clock.monotonic() + (wait or 0.0) - began > settings.timeout
            if wait is None or late:
                raise
        await clock.sleep(wait)


def _judge(on: type[Exception] | tuple[type[Exception], ...] | Judge) -> Judge:
    types: Any = on
    return (lambda error: isinstance(error, types)) if isinstance(on, type | tuple) else on


def _wait(verdict: bool | float, failures: int, settings: RetrySettings, scatter: Callable[[], float]) -> float | None:
    """Seconds to wait before the next attempt; None if there is none."""
    if verdict is False or failures >= settings.attempts:
        return None
    if verdict is True:
        return settings.wait(failures, scatter())
    return float(verdict) if verdict <= settings.retry_after_max else None
