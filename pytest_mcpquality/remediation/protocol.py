"""What a way to Context7 has to do; `rest` and `mcp_transport` are two, a test's fake may be a third."""

from __future__ import annotations

from typing import Protocol

from pytest_mcpquality.remediation.keys import Key
from pytest_mcpquality.remediation.values import Library, Snippet, TransportKind
from pytest_mcpquality.resilience.pool_values import PoolStatistics


class Context7Client(Protocol):
    """One request each, no more: retries, keys, caching and the breaker are `DocsClient`'s."""

    @property
    def kind(self) -> TransportKind:
        """Which way it is."""
        ...

    @property
    def statistics(self) -> PoolStatistics | None:
        """What its pool of connections has done, if it has one of ours."""
        ...

    async def libraries(self, name: str, query: str, *, key: Key | None = None) -> tuple[Library, ...]:
        """The libraries of that name, in the service's order.

        Raises:
            RemediationError: There is no answer, or one that is no list of libraries.
        """
        ...

    async def documentation(self, library_id: str, query: str, *, key: Key | None = None) -> tuple[Snippet, ...]:
        """What a library's documentation says about a query: at least one piece.

        Raises:
            RemediationError: There is no answer, or one that is no documentation.
        """
        ...

    async def aclose(self) -> None:
        """Let go of every connection."""
        ...
