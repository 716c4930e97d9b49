"""The right to use one connection of a pool, and where it is given back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sized
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pytest_mcpquality.resilience.errors import LeaseError
from pytest_mcpquality.resilience.owner import Owner
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Desk(Generic[T]):
    """Where connections are handed over: what a pool and its leases share, and each borrowing touches.

    Attributes:
        name: The server's name, for messages.
        monotonic: The pool's clock.
        waiting: Who waits; nobody most of the time.
        keeps_all: Whether any number of connections may lie here.
        take_back: Called with a connection, whether it failed and the time, when it cannot just be put down here.
        idle: What anybody may have, latest used last.
        returned: How many were given back.
    """

    name: str
    monotonic: Callable[[], float]
    waiting: Sized
    keeps_all: bool
    take_back: Callable[[Owner[T], bool, float], None]
    idle: deque[Owner[T]] = field(default_factory=deque[Owner[T]])
    returned: int = 0

    def error(self, what: str) -> LeaseError:
        """An error about one of its leases."""
        return LeaseError(f"a lease of the pool of {self.name!r} {what}", server=self.name)


class Lease(Generic[T]):
    """The right to use one connection, until it is given back.

    Attributes:
        desk: Where that is.
        owner: The connection's; None once it was given back.
    """

    __slots__ = ("desk", "owner")

    # Set by the pool that makes it: an `__init__` would be a tenth of the price of borrowing.
    desk: Desk[T]
    owner: Owner[T] | None

    def __repr__(self) -> str:
        return f"<Lease of {self.desk.name!r}: {'held' if self.owner else 'given back'}>"

    @property
    def connection(self) -> T:
        """What was lent.

        Raises:
            LeaseError: It was given back.
        """
        if self.owner is None:
            raise self.desk.error("is used after it was given back: acquire another")
        return self.owner.connection

    # Were `failed` by name only, every release would cost a sixth more.
    def release(self, failed: bool = False) -> None:
        """Give it back; after a failure it is validated before anybody else gets it.

        Raises:
            LeaseError: It was given back already.
            EventLoopError: This is not the pool's event loop; the lease is still held.
        """
        desk, owner = self.desk, self.owner
        if owner is None:
            raise desk.error("was given back already")
        now = desk.monotonic()
        if failed or desk.waiting or now >= owner.expires_at or not desk.keeps_all:
            desk.take_back(owner, failed, now)
        else:
            owner.used_at = now
            desk.idle.append(owner)
        desk.returned += 1
        self.owner = None

    def discard(self) -> None:
        """Give it back broken: it is closed, and nobody else gets it.

        Raises:
            LeaseError: It was given back already.
        """
        if self.owner is not None:
            self.owner.lose()
        self.release(failed=True)
