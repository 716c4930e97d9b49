"""A way to Context7 that does what a test says, and clients around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from pytest_mcpquality.remediation.cache_opening import Tiers, open_tiers
from pytest_mcpquality.remediation.client import DocsClient
from pytest_mcpquality.remediation.keys import Key, Keyring
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import Library, Snippet, TransportKind
from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.resilience.pool_values import PoolStatistics

SNIPPETS = (Snippet("Verify TLS", "Do.", "requests.get(url)", "python", "https://example.org/tls"),)
REQUESTS = Library("/psf/requests", "Requests", state="finalized", trust_score=9.5, snippets=100)

Step = Exception | tuple[Snippet, ...] | Callable[[], Awaitable[tuple[Snippet, ...]]]


class Scripted:
    """Answers with the steps of a script, then with the same documentation for ever."""

    kind = TransportKind.REST
    statistics: PoolStatistics | None = None

    def __init__(self, *steps: Step, libraries: tuple[Library, ...] | Exception = (REQUESTS,)) -> None:
        self.steps = list(steps)
        self.found = libraries
        self.asked: list[str] = []
        self.keys: list[Key | None] = []
        self.closed = False

    async def libraries(self, name: str, query: str, *, key: Key | None = None) -> tuple[Library, ...]:
        del query
        self.asked.append(name)
        self.keys.append(key)
        await asyncio.sleep(0)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    async def documentation(self, library_id: str, query: str, *, key: Key | None = None) -> tuple[Snippet, ...]:
        del query
        self.asked.append(library_id)
        self.keys.append(key)
        await asyncio.sleep(0)
        step = self.steps.pop(0) if self.steps else SNIPPETS
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, tuple) else await step()

    async def aclose(self) -> None:
        self.closed = True


async def hang() -> tuple[Snippet, ...]:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


def client_of(
    transport: Scripted, clock: Clock, *, settings: DocsSettings | None = None, file: Path | None = None
) -> DocsClient:
    """A client over a script, with a cache in memory or in a file, and no jitter.

    With a file, whoever asks for it calls `close_clients` afterwards.
    """
    settings = settings or DocsSettings(cache="memory")
    tiers: Tiers = open_tiers(str(file) if file else "memory", clock)
    keys = Keyring(settings, clock)
    client = DocsClient(settings, lambda _: transport, tiers, keys, clock=clock, scatter=lambda: 0.0)
    if file:
        _with_files.append(client)
    return client


_with_files: list[DocsClient] = []


async def close_clients() -> None:
    """Close the files of all clients, as often as one was closed already."""
    while _with_files:
        await _with_files.pop().aclose()
