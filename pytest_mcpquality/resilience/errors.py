"""What goes wrong between us and a server, each with the server's name and its numbers.

```text
McpQualityError
└── ResilienceError               `server`: the name of what was asked
    ├── PoolTimeoutError          no connection came free in time (a TimeoutError, too)
    ├── PoolClosedError           the pool takes no more borrowers
    ├── LeaseError                a lease was used or given back that is not, or no longer, the caller's
    ├── BreakerOpenError          the breaker let the call not through; says when it may be tried again
    ├── CallTimeoutError          the call took longer than it may (a TimeoutError, too)
    ├── ConnectionFailedError     a connection could not be opened, or broke
    └── EventLoopError            used from another event loop than its own, or without asyncio
```
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mcpquality_scanners.errors import McpQualityError


class ResilienceError(McpQualityError):
    """The root of this package's errors.

    Attributes:
        server: The name of the server (or other resource) that it is about.
    """

    def __init__(self, message: str, *, server: str) -> None:
        super().__init__(message)
        self.server = server


@dataclass(frozen=True, slots=True)
class PoolNumbers:
    """How full a pool was: numbers of connections (`total` is open ones) and of waiting borrowers."""

    total: int
    active: int
    idle: int
    opening: int
    waiting: int

    def __str__(self) -> str:
        return (
            f"{self.total} open ({self.active} active, {self.idle} idle), "
            f"{self.opening} opening, {self.waiting} waiting"
        )


class PoolTimeoutError(ResilienceError, TimeoutError):
    """No connection came free in time.

    Attributes:
        seconds: How long was waited.
        numbers: How full the pool was when the time was up.
        last_error: The latest error of opening or validating a connection, if any: often the real reason.
    """

    def __init__(
        self, *, server: str, seconds: float, numbers: PoolNumbers, last_error: BaseException | None = None
    ) -> None:
        because = f"; the last connection failed: {describe(last_error)}" if last_error else ""
        advice = "" if last_error else "; give connections back sooner, or raise max_size or acquire_timeout"
        super().__init__(
            f"no connection to {server!r} came free in {seconds:g} s: {numbers}{because}{advice}", server=server
        )
        self.seconds = seconds
        self.numbers = numbers
        self.last_error = last_error


class PoolClosedError(ResilienceError):
    """The pool is closed, or closed while the borrower waited."""

    def __init__(self, *, server: str) -> None:
        super().__init__(f"the pool of {server!r} is closed: make a new one to connect again", server=server)


class LeaseError(ResilienceError):
    """A lease was used after it was given back, given back twice, or given to another pool."""


class BreakerOpenError(ResilienceError):
    """The breaker let the call not through.

    Attributes:
        retry_in: Seconds until a trial call may go through; 0 when others are being tried now, None when the breaker
            was forced open and only `reset` or `force_close` end that.
        retry_at: The time of day of that, UTC; None as above, and when others are being tried now.
        last_error: The failure that counted last.
    """

    def __init__(
        self,
        server: str,
        retry_in: float | None,
        retry_at: datetime | None = None,
        last_error: BaseException | None = None,
    ) -> None:
        # Rejecting is what an open breaker does all day: the words are put together only if somebody reads them.
        self.server = server
        self.retry_in = retry_in
        self.retry_at = retry_at
        self.last_error = last_error

    def __str__(self) -> str:
        because = f"; the last call failed: {describe(self.last_error)}" if self.last_error else ""
        return f"the breaker of {self.server!r} {self._when()}{because}"

    def _when(self) -> str:
        if self.retry_in is None:
            return "was forced open: call reset() or force_close() to let calls through"
        if self.retry_at is None:
            return "is half-open and all its trial calls are under way: try again when they have ended"
        return f"is open: try again in {self.retry_in:.3g} s, at {self.retry_at:%H:%M:%S} UTC"


class CallTimeoutError(ResilienceError, TimeoutError):
    """The call took longer than it may, and was cancelled.

    Attributes:
        seconds: How long it may take.
    """

    def __init__(self, *, server: str, seconds: float, what: str = "the call") -> None:
        super().__init__(f"{what} to {server!r} was given up after {seconds:g} s", server=server)
        self.seconds = seconds


class ConnectionFailedError(ResilienceError):
    """A connection could not be opened, or broke; the cause is chained."""

    def __init__(self, *, server: str, reason: BaseException | str) -> None:
        text = reason if isinstance(reason, str) else describe(reason)
        super().__init__(f"the connection to {server!r} failed: {text}", server=server)


class EventLoopError(ResilienceError):
    """Used from another event loop than its own, or where no asyncio loop runs (trio, plain threads)."""


def describe(error: BaseException) -> str:
    """An error in one line: its type and its message."""
    first, *_ = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
