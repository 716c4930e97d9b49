"""What the fixture `mcp_breaker` hands out: a factory that ends whatever was made with it."""

from __future__ import annotations

from typing import Any, NoReturn

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.resilience.breaker import CircuitBreaker
from pytest_mcpquality.resilience.breaker_values import BreakerSettings
from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides


class BreakerMaker:
    """Makes circuit breakers; `close` puts them back to where they began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made: list[CircuitBreaker] = []

    def __repr__(self) -> str:
        return f"<mcp_breaker: {len(self._made)} breakers made>"

    def __getattr__(self, name: str) -> NoReturn:
        if not name.startswith("_") and hasattr(CircuitBreaker, name):
            raise UsageError(
                f"mcp_breaker makes breakers, and is none, so it has no {name}: write "
                '`breaker = mcp_breaker("search")`, then `await breaker.call(function)`'
            )
        raise AttributeError(f"mcp_breaker has no {name!r}")

    def __call__(
        self,
        name: str = "server",
        settings: BreakerSettings | None = None,
        *,
        clock: Clock | None = None,
        **changes: Any,  # noqa: ANN401 - the fields of BreakerSettings
    ) -> CircuitBreaker:
        """A breaker.

        Args:
            name: What messages call that which it protects.
            settings: When it opens and closes; or give single fields of `BreakerSettings` by name.
            clock: Its time; by default that of `mcp_clock` where the test uses it, else real time.
            **changes: Fields of `BreakerSettings`, where no settings are given.
        """
        held = settings if settings is not None else BreakerSettings(**changes)
        breaker = CircuitBreaker(name, held, clock=clock or self._clock)
        self._made.append(breaker)
        return breaker

    def close(self) -> None:
        """End what they count; what still refers to one finds it closed."""
        for breaker in self._made:
            breaker.reset()
