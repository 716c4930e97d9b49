"""The values around a pool: its settings and statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """How a pool behaves; times are in seconds, the defaults are HikariCP's unless said otherwise.

    Attributes:
        min_size: So many connections are kept open (ours: a server process is no database connection).
        max_size: At most so many at any moment, those being opened and closed among them (ours, as above).
        max_idle: At most so many are kept while nobody uses them; None is `max_size`.
        acquire_timeout: So long a borrower waits, validation included (ours: a third of HikariCP's).
        connect_timeout: So long opening one may take; less than `acquire_timeout`, so that a borrower learns why.
        max_lifetime: A connection is replaced when it is this old, as soon as nobody uses it.
        lifetime_jitter: Its lifetime is shorter by up to this share, so that not all go at once.
        max_idle_seconds: Unused for so long, it is closed, unless only `min_size` are left (ours: half of HikariCP's).
        validate_after: Used longer ago than this, it is validated before it is lent.
        validation_timeout: So long a validation may take.
        maintenance_interval: So often idle connections are looked after.
        health_checks: Whether they are validated then, too; off for debugging.
        close_timeout: So long `close` waits for borrowers, and a connection for its own end before it is cancelled.
    """

    min_size: int = 2
    max_size: int = 5
    max_idle: int | None = None
    acquire_timeout: float = 10.0
    connect_timeout: float = 8.0
    max_lifetime: float = 1800.0
    lifetime_jitter: float = 0.025
    max_idle_seconds: float = 300.0
    validate_after: float = 0.5
    validation_timeout: float = 5.0
    maintenance_interval: float = 30.0
    health_checks: bool = True
    close_timeout: float = 5.0

    def __post_init__(self) -> None:
        _require(self.max_size >= 1, "max_size must be at least 1")
        _require(0 <= self.min_size <= self.max_size, "min_size must be between 0 and max_size")
        _require(self.max_idle is None or self.max_idle >= self.min_size, "max_idle must be at least min_size")
        _require(0 <= self.lifetime_jitter < 1, "lifetime_jitter must be at least 0 and less than 1")
        positive = ("acquire_timeout", "connect_timeout", "max_lifetime", "max_idle_seconds", "validation_timeout")
        for name in (*positive, "maintenance_interval", "close_timeout"):
            _require(getattr(self, name) > 0, f"{name} must be more than 0 seconds")
        _require(self.validate_after >= 0, "validate_after must be at least 0 seconds")

    @classmethod
    def limits(cls, *, max_idle: int = 2, max_open: int = 5) -> Self:
        """The same limits in the words of Go's database/sql: opened on demand, and so many kept afterwards."""
        return cls(min_size=0, max_size=max_open, max_idle=min(max_idle, max_open))

    @classmethod
    def single(cls) -> Self:
        """One connection, opened on demand, never checked behind the borrower's back: for debugging."""
        return cls(min_size=0, max_size=1, health_checks=False)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise UsageError(f"pool settings: {otherwise}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStatistics:
    """What a pool holds now, and what it has done since it was made.

    Attributes:
        total: Open connections.
        active: The open ones that are lent or being checked.
        idle: The open ones that anybody may have.
        healthy: The open ones of which nothing bad is known.
        unhealthy: The open ones that were lost or failed while they were lent.
        opening: Connections being opened.
        closing: Connections being closed; they count towards `max_size` until they are gone.
        waiting: Borrowers that wait.
        waits: Borrowers that had to wait.
        wait_seconds: How long they waited, all together.
        acquired: Leases given.
        released: Leases given back.
        opened: Connections opened.
        closed: Connections closed.
        failed: Connections that could not be opened.
        timeouts: Borrowers that waited in vain.
    """

    total: int
    active: int
    idle: int
    healthy: int
    unhealthy: int
    opening: int
    closing: int
    waiting: int
    waits: int
    wait_seconds: float
    acquired: int
    released: int
    opened: int
    closed: int
    failed: int
    timeouts: int
