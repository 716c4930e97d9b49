"""The service, behind all that stands between it and us: a deadline, retries, keys in turn, a breaker, figures."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TypeVar

from mcpquality_scanners.text import one_line
from pytest_mcpquality.remediation.errors import (
    DocsTimeoutError,
    KeyRefusedError,
    MovedError,
    NoDocumentationError,
    NotAskedError,
    QuotaExceededError,
    RefusedError,
    RemediationError,
    UnreachableError,
)
from pytest_mcpquality.remediation.keys import Key, Keyring
from pytest_mcpquality.remediation.policy import LONGEST_HOLD
from pytest_mcpquality.remediation.protocol import Context7Client
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import MissReason
from pytest_mcpquality.resilience.breaker import CircuitBreaker
from pytest_mcpquality.resilience.breaker_values import BreakerState
from pytest_mcpquality.resilience.cache.cache import Cache
from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.resilience.deadline import Deadline
from pytest_mcpquality.resilience.errors import BreakerOpenError, CallTimeoutError
from pytest_mcpquality.resilience.retry import retry

T = TypeVar("T")
Call = Callable[[Context7Client, Key | None], Awaitable[T]]

_OUTAGE: Final = 60.0
"""Seconds that the next process leaves a service alone that was down for this one."""


class NextKeyError(RemediationError):
    """This key is of no use now, but there is another."""

    reason = MissReason.REFUSED


@dataclass(slots=True)
class Budget:
    """What one question may cost."""

    left: int
    ends_at: float
    used: int = 0

    def take(self) -> None:
        """Count a request."""
        self.left -= 1
        self.used += 1


@dataclass(slots=True)
class Figures:
    """What has happened so far."""

    requests: int = 0
    answered: int = 0
    retries: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def took(self, seconds: float) -> None:
        """Count a request that has ended."""
        self.requests += 1
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)


class Service:
    """Asks over a transport that is made when it is first needed.

    Args:
        settings: How patient to be.
        make: Makes the transport.
        keys: The keys.
        cache: Where is kept that the service wants to be left alone: the next process should know.
        identity: A short name of the service.
        clock: Where time comes from.
        scatter: Gives numbers from 0 to 1, for the jitter of waits.
    """

    def __init__(
        self,
        settings: DocsSettings,
        make: Callable[[], Context7Client],
        keys: Keyring,
        cache: Cache,
        *,
        identity: str,
        clock: Clock,
        scatter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._make = make
        self._keys = keys
        self._cache = cache
        self._identity = identity
        self._clock = clock
        self._scatter = scatter
        self._transport: Context7Client | None = None
        self._recalled = False
        self._why = ""
        self._first_failure = ""
        self.figures = Figures()
        self.errors: Counter[MissReason] = Counter()
        limits = replace(settings.breaker, call_timeout=settings.timeout)
        self.breaker = CircuitBreaker("Context7", limits, clock=clock)

    def __repr__(self) -> str:
        return f"<Service {self.breaker!r}, {self.figures.requests} requests>"

    @property
    def transport(self) -> Context7Client | None:
        """The way to the service; None before anything was asked."""
        return self._transport

    async def ask(self, call: Call[T], budget: Budget) -> T:
        """The service's answer.

        Raises:
            RemediationError: There is none.
        """
        if self._settings.offline:
            raise NotAskedError("offline: Context7 was not asked")
        self._recall()
        left = budget.ends_at - self._clock.monotonic()
        if left <= 0:
            raise self._late()
        try:
            with Deadline(self._clock, left, self._late):
                return await self._tried(call, budget)
        except BreakerOpenError as error:
            raise self._left_alone(error) from None
        except QuotaExceededError as error:
            self._leave_alone(error)
            raise

    def forget(self) -> None:
        """Ask again, whatever the service said before."""
        self._recalled = True
        self._why = self._first_failure = ""
        self._keys.forget()
        self.breaker.reset()

    async def aclose(self) -> None:
        """Let go of every connection."""
        if self._transport is not None:
            await self._transport.aclose()

    async def _tried(self, call: Call[T], budget: Budget) -> T:
        attempts = 0

        async def attempt() -> T:
            nonlocal attempts
            attempts += 1
            self.figures.retries += attempts > 1
            return await self._attempt(call, budget)

        return await retry(
            attempt,
            on=lambda error: _again(error, budget),
            settings=self._settings.retry,
            clock=self._clock,
            scatter=self._scatter,
        )

    async def _attempt(self, call: Call[T], budget: Budget) -> T:
        if budget.left <= 0:
            raise NotAskedError("no more requests may be sent for this question")
        # While nothing may be asked, no command for keys is run in vain.
        key = None if self.breaker.state is BreakerState.OPEN else await self._keys.current()
        try:
            answer = await self.breaker.call(self._once, call, key, budget)
        except CallTimeoutError:
            self.errors[MissReason.UNREACHABLE] += 1
            late = UnreachableError(f"Context7 gave no answer in {self._settings.timeout:g} s")
            self._note_outage(late)
            raise late from None
        except RemediationError as error:
            self.errors[error.reason] += 1
            self._note_outage(error)
            raise
        if isinstance(answer, RemediationError):
            self.errors[answer.reason] += 1
            raise answer
        self.figures.answered += 1
        self._why = self._first_failure = ""
        return answer

    async def _once(self, call: Call[T], key: Key | None, budget: Budget) -> T | RemediationError:
        """One request; errors that say that the service works are returned, so that the breaker sees no failure."""
        budget.take()
        began = self._clock.monotonic()
        try:
            return await call(self._way(), key)
        except KeyRefusedError as error:
            if error.lasting:
                self._keys.refuse(key)
            return await self._other_key_or(error)
        except (NoDocumentationError, MovedError, RefusedError) as error:
            return error
        except QuotaExceededError as error:
            if error.hold <= self._settings.retry.retry_after_max:
                raise
            self._keys.over_quota(key, error.hold)
            return await self._other_key_or(error)
        finally:
            self.figures.took(self._clock.monotonic() - began)

    def _way(self) -> Context7Client:
        """The transport, made when it is first needed.

        Raises:
            UnreachableError: It cannot be: what the environment says of proxies or certificates makes no sense.
        """
        if self._transport is None:
            try:
                self._transport = self._make()
            except (OSError, ValueError, ImportError) as error:
                raise UnreachableError(f"no HTTP client can be made: {one_line(str(error))}") from None
        return self._transport

    async def _other_key_or(self, error: KeyRefusedError | QuotaExceededError) -> RemediationError:
        lasting = isinstance(error, QuotaExceededError) or error.lasting
        return NextKeyError(str(error)) if lasting and await self._keys.has_another() else error

    def _late(self) -> DocsTimeoutError:
        return DocsTimeoutError(f"Context7 gave no answer within the deadline of {self._settings.deadline:g} s")

    # Leaving the service alone --------------------------------------------------------------------------------------

    def _leave_alone(self, error: QuotaExceededError) -> None:
        """Ask nothing until requests are granted anew, in this process and the next."""
        if error.hold <= self._settings.retry.retry_after_max:
            return
        self._hold(min(error.hold, LONGEST_HOLD), str(error))

    def _hold(self, seconds: float, why: str) -> None:
        self._why = why
        self.breaker.hold_open(seconds)
        self._remember(seconds, why)

    def _remember(self, seconds: float, why: str) -> None:
        key = self._held_key()
        if key is None:
            return
        until = self._clock.now().timestamp() + seconds
        self._cache.put(key, {"until": until, "why": one_line(self._keys.hide(why), 200)}, ttl=seconds)

    def _note_outage(self, error: RemediationError) -> None:
        # What comes after the first failure may be no more than its consequence.
        self._first_failure = self._first_failure or one_line(self._keys.hide(str(error)), 150)
        if self.breaker.state is BreakerState.OPEN and not self._why:
            self._why = self._outage()
            self._remember(_OUTAGE, self._why)

    def _outage(self) -> str:
        why = "it has failed too often"
        return f"{why}, at first so: {self._first_failure}" if self._first_failure else why

    def _recall(self) -> None:
        """What an earlier process was told."""
        if self._recalled:
            return
        self._recalled = True
        key = self._held_key()
        answer = self._cache.kept(key) if key else None
        kept = answer.value if answer else None
        if isinstance(kept, dict) and isinstance(until := kept.get("until"), int | float):
            seconds = until - self._clock.now().timestamp()
            if 0 < seconds <= LONGEST_HOLD:
                self._why = str(kept.get("why"))
                self.breaker.hold_open(seconds)

    def _held_key(self) -> str | None:
        """Other keys have other quotas; None where nobody knows what keys the next process has."""
        fingerprint = self._keys.fingerprint()
        return None if fingerprint is None else f"held|{self._identity}|{fingerprint}"

    def _left_alone(self, error: BreakerOpenError) -> RemediationError:
        when = f" until {_clock_face(error.retry_at)}" if error.retry_at else ""
        return LeftAloneError(f"Context7 is left alone{when}: {self._why or self._outage()}")


class LeftAloneError(RemediationError):
    """The service was not asked, as it failed or wants to be left alone."""

    reason = MissReason.BREAKER_OPEN


def _clock_face(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _again(error: Exception, budget: Budget) -> bool | float:
    """Whether to ask again after an error, and when."""
    if budget.left <= 0:
        return False
    if isinstance(error, NextKeyError):
        return 0.0
    if isinstance(error, QuotaExceededError):
        return True if error.retry_after is None else error.retry_after
    return isinstance(error, UnreachableError)
