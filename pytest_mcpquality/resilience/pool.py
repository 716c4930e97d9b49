"""A pool of connections that are expensive to open: a few are kept, lent to one borrower at a time, and looked after.

- Who waits is served in the order of coming. What is given back goes straight to the first who waits, so that nobody
  who comes later can take it.
- Each connection lives in a task of its own (see `owner`); giving it back is one synchronous step.
- At most `max_size` exist at any moment, those being opened and closed among them.

Every decision is made in a synchronous step from a few attributes; what is awaited comes after.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from contextvars import Context
from threading import get_ident
from typing import Any, Generic, Self, TypeVar

from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.deadline import Deadline
from pytest_mcpquality.resilience.errors import (
    ConnectionFailedError,
    EventLoopError,
    PoolClosedError,
    PoolNumbers,
    PoolTimeoutError,
    ResilienceError,
)
from pytest_mcpquality.resilience.lease import Desk, Lease
from pytest_mcpquality.resilience.loops import running_loop
from pytest_mcpquality.resilience.owner import Owner
from pytest_mcpquality.resilience.pool_values import PoolSettings, PoolStatistics
from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.resilience.waiting import Waiter, Waiters

__tracebackhide__ = hides

T = TypeVar("T")
_LONG_AGO = float("-inf")
_new: Callable[[type[Lease[Any]]], Lease[Any]] = object.__new__


class Pool(Generic[T]):
    """Lends connections.

    Args:
        connect: Makes an asynchronous context manager that opens a connection and closes it.
        name: The server's name, for messages.
        settings: How many, how long.
        validate: Awaited with a connection; raises if it must not be lent. Without, nothing is validated.
        watch: Called with a new connection and a function `report`, which is to be called (on the pool's event loop)
            with the reason, or None, as soon as the connection is known to be broken.
        clock: Where time comes from.
        jitter: Gives numbers from 0 to 1, for lifetimes.
    """

    # More attributes than an instance's dictionary shares the keys of: looking one up would cost twice as much.
    __slots__ = (
        "__weakref__",
        "_acquired",
        "_changed",
        "_clock",
        "_closed",
        "_closed_count",
        "_closing",
        "_connect",
        "_desk",
        "_failed_count",
        "_generation",
        "_idle",
        "_is_running",
        "_jitter",
        "_last_error",
        "_loop",
        "_maintenance",
        "_max_idle",
        "_monotonic",
        "_opened",
        "_opened_count",
        "_opening",
        "_thread",
        "_timeouts",
        "_validate",
        "_validate_after",
        "_wait_seconds",
        "_waiters",
        "_waits",
        "_watch",
        "name",
        "settings",
    )

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[T]],
        *,
        name: str = "server",
        settings: PoolSettings | None = None,
        validate: Callable[[T], Awaitable[object]] | None = None,
        watch: Callable[[T, Callable[[BaseException | None], None]], object] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.settings = settings or PoolSettings()
        self._connect = connect
        self._validate = validate
        self._validate_after = self.settings.validate_after
        self._watch = watch
        self._clock = clock
        self._monotonic = clock.monotonic
        self._jitter = jitter
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._is_running: Callable[[], bool] = bool
        self._maintenance: asyncio.Task[None] | None = None
        self._closed = False
        self._generation = 0
        # Every connection is in exactly one of these three; the idle ones are in `_idle`, too, latest used last.
        self._opening: set[Owner[T]] = set()
        self._opened: set[Owner[T]] = set()
        self._closing: set[Owner[T]] = set()
        self._max_idle = self.settings.max_size if self.settings.max_idle is None else self.settings.max_idle
        keeps_all = self._max_idle >= self.settings.max_size
        self._waiters: Waiters[T] = Waiters(clock, self._timed_out)
        self._desk: Desk[T] = Desk(name, clock.monotonic, self._waiters.queue, keeps_all, self._take_back)
        self._idle = self._desk.idle
        self._changed: asyncio.Future[None] | None = None
        self._last_error: BaseException | None = None
        self._acquired = self._waits = self._timeouts = 0
        self._opened_count = self._closed_count = self._failed_count = 0
        self._wait_seconds = 0.0

    def __repr__(self) -> str:
        closed = " closed" if self._closed else ""
        closing = f", {len(self._closing)} closing" if self._closing else ""
        return f"<Pool {self.name!r}{closed}: {self._numbers()}{closing}, at most {self.settings.max_size}>"

    @property
    def statistics(self) -> PoolStatistics:
        """What it holds now, and what it has done."""
        unhealthy = sum(owner.lost or owner.failed for owner in self._opened)
        return PoolStatistics(
            total=len(self._opened),
            active=len(self._opened) - len(self._idle),
            idle=len(self._idle),
            healthy=len(self._opened) - unhealthy,
            unhealthy=unhealthy,
            opening=len(self._opening),
            closing=len(self._closing),
            waiting=self._waiters.count(),
            waits=self._waits,
            wait_seconds=self._wait_seconds,
            acquired=self._acquired,
            released=self._desk.returned,
            opened=self._opened_count,
            closed=self._closed_count,
            failed=self._failed_count,
            timeouts=self._timeouts,
        )

    @property
    def last_error(self) -> BaseException | None:
        """The latest error of opening, validating, closing or losing a connection."""
        return self._last_error

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def start(self) -> None:
        """Begin to open the first `min_size` connections and to look after them; the first `acquire` does it, too.

        Raises:
            EventLoopError: No asyncio loop runs here, or the pool belongs to another one.
            PoolClosedError: It was closed.
        """
        loop = running_loop(f"the pool of {self.name!r}")
        if self._closed:
            raise PoolClosedError(server=self.name)
        if self._loop is None:
            self._loop = loop
            self._thread, self._is_running = get_ident(), loop.is_running
            self._maintenance = loop.create_task(self._maintain(), name="pool maintenance", context=Context())
            self._fill()
        elif self._loop is not loop:
            raise self._foreign_loop()

    async def acquire(self, timeout: float | None = None) -> Lease[T]:  # noqa: ASYNC109 - on our own clock
        """Borrow a connection: an idle one, a new one, or the next that is given back, in the order of coming.

        Args:
            timeout: Seconds to wait; None is the setting's `acquire_timeout`.

        Raises:
            PoolTimeoutError: None came free in time.
            PoolClosedError: The pool is closed, or was while this waited.
            ConnectionFailedError: One was to be opened for this borrower, and could not.
            EventLoopError: This is not the pool's event loop.
        """
        # Half the price of asking for the running loop: a thread runs one at a time, so if ours runs here, it is this.
        if get_ident() != self._thread or not self._is_running():
            self.start()
        idle = self._idle
        owner = idle.pop() if idle else None
        if owner is None or self._monotonic() - owner.used_at >= self._validate_after:
            owner = await self._find(owner, self.settings.acquire_timeout if timeout is None else timeout)
        self._acquired += 1
        lease: Lease[T] = _new(Lease)
        lease.desk = self._desk
        lease.owner = owner
        return lease

    @asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncGenerator[T]:  # noqa: ASYNC109 - as in acquire
        """Borrow a connection for the body; if that raises, the connection is validated before its next use.

        Raises:
            ResilienceError: As `acquire`.
        """
        lease = await self.acquire(timeout)
        try:
            yield lease.connection
        except BaseException:
            lease.release(failed=True)
            raise
        lease.release()

    def release(self, lease: Lease[T], *, failed: bool = False) -> None:
        """Give a connection back; the same as `lease.release()`, but for this pool's leases only.

        Raises:
            LeaseError: The lease is another pool's, or was given back already.
            EventLoopError: This is not the pool's event loop; the lease is still held.
        """
        if lease.desk is not self._desk:
            raise self._desk.error("was expected, not another pool's")
        lease.release(failed=failed)

    def drain(self) -> None:
        """Replace every connection: idle ones at once, lent ones when they are given back."""
        self._generation += 1
        self._condemn_all()
        while self._idle:
            self._retire(self._idle.pop())
        self._fill()

    async def wait_ready(self) -> None:
        """Wait until `min_size` connections are open.

        Raises:
            ConnectionFailedError: One could not be opened.
            PoolClosedError: The pool is closed.
        """
        self.start()
        failures = self._failed_count
        while len(self._opened) < self.settings.min_size:
            await self._change()
            if self._closed:
                raise PoolClosedError(server=self.name)
            if self._failed_count > failures:
                raise self._connection_failed(self._last_error or TimeoutError())

    async def close(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - on our own clock
        """Lend nothing more, wait for the borrowers, close every connection. May be called again and by several.

        Args:
            timeout: Seconds to wait for borrowers before their connections are closed under them; None is the
                setting's `close_timeout`.

        Raises:
            ResilienceError: A connection did not close, although it was cancelled.
            EventLoopError: This is not the pool's event loop.
        """
        self._closed = True
        if self._loop is None:
            return
        self._require_own_loop()
        self._stop()
        patience = self.settings.close_timeout if timeout is None else timeout
        with suppress(TimeoutError), Deadline(self._clock, patience):
            while self._opened:
                await self._change()
        for owner in tuple(self._opened):
            self._retire(owner)
        await self._end()

    # What becomes of a connection: called from its owner task.

    def on_opened(self, owner: Owner[T]) -> None:
        """A new connection: to whoever waits for it."""
        now = self._monotonic()
        settings = self.settings
        owner.used_at = now
        owner.expires_at = now + settings.max_lifetime * (1 - settings.lifetime_jitter * self._jitter())
        self._opening.discard(owner)
        self._opened.add(owner)
        self._opened_count += 1
        self._tell_change()
        if self._watch is not None:
            self._watch(owner.connection, lambda error: self._on_lost(owner, error))
        if owner.lost:
            # Who is waiting must not wait while one after the other is opened in vain.
            self._tell_failure(self._last_error or ConnectionResetError("closed as soon as it was open"))
        self._offer(owner, now)

    def on_failed(self, owner: Owner[T], error: BaseException) -> None:
        """It could not be opened: the first who waits learns it, and the next may try."""
        self._opening.discard(owner)
        self._closing.discard(owner)
        self._failed_count += 1
        self._last_error = error
        self._tell_failure(error)
        self._grow()
        self._tell_change()

    def on_ended(self, owner: Owner[T], error: BaseException | None) -> None:
        """It is gone, and its place is free."""
        with suppress(ValueError):
            self._idle.remove(owner)
        self._opened.discard(owner)
        self._closing.discard(owner)
        self._closed_count += 1
        self._last_error = error or self._last_error
        self._grow()
        if owner.generation != self._generation:
            self._fill()
        self._tell_change()

    def _tell_failure(self, error: BaseException) -> None:
        if waiter := self._waiters.next():
            waiter.future.set_exception(self._connection_failed(error))

    def _on_lost(self, owner: Owner[T], error: BaseException | None) -> None:
        if owner not in self._opened:
            return
        owner.lose()
        self._last_error = error or self._last_error
        if owner in self._idle:
            self._idle.remove(owner)
            self._retire(owner)

    # Decisions.

    def _take_back(self, owner: Owner[T], failed: bool, now: float) -> None:
        """What a lease does when its connection cannot just be put down."""
        if owner in self._opened and not self._is_here():
            raise self._foreign_loop()
        owner.used_at = now
        if failed and self._validate is not None:
            owner.failed = True
            owner.used_at = _LONG_AGO
        self._offer(owner, now)

    def _offer(self, owner: Owner[T], now: float) -> None:
        """An open connection that nobody uses: lend it, keep it or close it."""
        if self._closed or owner.lost or owner.generation != self._generation or now >= owner.expires_at:
            self._retire(owner)
        elif waiter := self._waiters.next():
            waiter.future.set_result(owner)
        elif len(self._idle) >= self._max_idle:
            self._retire(owner)
        else:
            self._idle.append(owner)

    def _condemn_all(self) -> None:
        """Let none of them be lent again."""
        for owner in self._opened:
            owner.expires_at = 0.0

    def _retire(self, owner: Owner[T]) -> None:
        if owner in self._opened:
            self._opened.discard(owner)
            self._closing.add(owner)
            owner.retire()
            self._tell_change()

    def _room(self) -> bool:
        return len(self._opening) + len(self._opened) + len(self._closing) < self.settings.max_size

    def _grow(self) -> None:
        """Open as many as are waited for, if there is room."""
        while not self._closed and self._room() and len(self._opening) < self._waiters.count():
            self._open()

    def _fill(self) -> None:
        """Open as many as there should always be."""
        while not self._closed and len(self._opening) + len(self._opened) < self.settings.min_size and self._room():
            self._open()

    def _open(self) -> None:
        owner: Owner[T] = Owner(self._generation)
        self._opening.add(owner)
        owner.start(self, self._connect, self._clock, (self.settings.connect_timeout, self.settings.close_timeout))

    # Waiting.

    async def _find(self, owner: Owner[T] | None, timeout: float) -> Owner[T]:  # noqa: ASYNC109 - on our own clock
        """A connection that may be lent: `owner`, taken from the idle ones, if it proves good, or another."""
        if self._closed:
            raise PoolClosedError(server=self.name)
        began = self._monotonic()
        deadline = began + timeout
        again = False
        while True:
            if owner is None:
                owner = self._idle.pop() if self._idle else await self._wait(began, deadline, first=again)
            if await self._fit(owner, deadline):
                return owner
            if self._monotonic() >= deadline:
                raise self._timed_out(timeout)
            owner, again = None, True

    async def _wait(self, began: float, deadline: float, *, first: bool) -> Owner[T]:
        """The next connection; who was lent one that proved dead is `first` in the queue again."""
        loop = running_loop("a pool")
        waiter: Waiter[T] = Waiter(loop.create_future(), began, deadline)
        since = self._monotonic()
        self._waiters.add(waiter, first=first)
        self._waits += not first
        self._grow()
        try:
            return await waiter.future
        except BaseException:
            if (handed := self._waiters.leave(waiter)) is not None:
                self._offer(handed, self._monotonic())
            raise
        finally:
            self._wait_seconds += self._monotonic() - since

    async def _fit(self, owner: Owner[T], deadline: float) -> bool:
        """Whether a connection that was just taken may be lent; if not, it is retired."""
        now = self._monotonic()
        if now >= owner.expires_at:
            self._retire(owner)
            return False
        if now - owner.used_at < self._validate_after:
            return True
        return await self._passes(owner, min(self.settings.validation_timeout, deadline - now))

    async def _passes(self, owner: Owner[T], limit: float) -> bool:
        if self._validate is None:
            return True
        try:
            with Deadline(self._clock, limit, lambda: TimeoutError(f"not validated after {limit:.3g} s")):
                await self._validate(owner.connection)
        except Exception as error:  # noqa: BLE001 - whatever validation raises, the connection is not lent
            self._last_error = error
            self._retire(owner)
            return False
        except BaseException:
            owner.used_at = _LONG_AGO
            self._offer(owner, self._monotonic())
            raise
        owner.failed = False
        return not owner.lost

    # Maintenance.

    async def _maintain(self) -> None:
        while True:
            await self._clock.sleep(self.settings.maintenance_interval)
            self._retire_aged(self._monotonic())
            if self.settings.health_checks and self._validate is not None:
                for owner in tuple(self._idle):
                    await self._check(owner)
            self._fill()

    def _retire_aged(self, now: float) -> None:
        for owner in tuple(self._idle):
            unused = now - owner.used_at >= self.settings.max_idle_seconds
            if now >= owner.expires_at or (unused and len(self._opened) > self.settings.min_size):
                self._idle.remove(owner)
                self._retire(owner)

    async def _check(self, owner: Owner[T]) -> None:
        """Validate an idle connection, which nobody can borrow meanwhile."""
        if owner not in self._idle:
            return
        self._idle.remove(owner)
        if await self._passes(owner, self.settings.validation_timeout):
            self._offer(owner, self._monotonic())

    # The end.

    def _stop(self) -> None:
        """All of closing that takes no time."""
        self._condemn_all()
        if self._maintenance is not None:
            self._maintenance.cancel()
        self._waiters.refuse_all(lambda: PoolClosedError(server=self.name))
        for owner in tuple(self._opening):
            self._opening.discard(owner)
            self._closing.add(owner)
            owner.give_up()
        while self._idle:
            self._retire(self._idle.pop())

    async def _end(self) -> None:
        """Wait for the owner tasks; each gives up its closing by itself in time, unless it is deaf."""
        for _ in range(2):
            with suppress(TimeoutError), Deadline(self._clock, 2 * self.settings.close_timeout):
                while self._closing:
                    await self._change()
                if self._maintenance is not None:
                    await asyncio.wait([self._maintenance])
                return
            for owner in self._closing:
                owner.give_up()
        raise ResilienceError(
            f"{len(self._closing)} connections to {self.name!r} did not close, although they were cancelled: "
            "look for a wait in their cleanup that catches the cancellation",
            server=self.name,
        )

    async def _change(self) -> None:
        """Wait until connections come or go."""
        if self._changed is None or self._changed.done():
            self._changed = running_loop("a pool").create_future()
        await asyncio.shield(self._changed)

    def _tell_change(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    # Words.

    def _numbers(self) -> PoolNumbers:
        total, idle = len(self._opened), len(self._idle)
        return PoolNumbers(
            total=total, active=total - idle, idle=idle, opening=len(self._opening), waiting=self._waiters.count()
        )

    def _timed_out(self, seconds: float) -> PoolTimeoutError:
        self._timeouts += 1
        return PoolTimeoutError(server=self.name, seconds=seconds, numbers=self._numbers(), last_error=self._last_error)

    def _connection_failed(self, error: BaseException) -> ConnectionFailedError:
        if isinstance(error, ConnectionFailedError):
            return error
        failed = ConnectionFailedError(server=self.name, reason=error)
        failed.__cause__ = error
        return failed

    def _require_own_loop(self) -> None:
        if not self._is_here():
            raise self._foreign_loop()

    def _is_here(self) -> bool:
        return get_ident() == self._thread and self._is_running()

    def _foreign_loop(self) -> EventLoopError:
        return EventLoopError(
            f"the pool of {self.name!r} belongs to another event loop: make one pool in each loop "
            "(a fixture's loop_scope must be the test's)",
            server=self.name,
        )
