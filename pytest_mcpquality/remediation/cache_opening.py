"""Where answers are kept: from a setting to tiers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.toolchain import default_cache
from pytest_mcpquality.remediation.settings import MEMORY_ONLY
from pytest_mcpquality.resilience.cache.cache import Cache
from pytest_mcpquality.resilience.cache.disk import DiskTier
from pytest_mcpquality.resilience.cache.memory import MemoryTier
from pytest_mcpquality.resilience.clock import Clock

if TYPE_CHECKING:
    from pytest_mcpquality.resilience.cache.shared import RedisTier

_STALE_FOR: Final = 90 * 24 * 3600.0
"""Seconds past its time that documentation may stand in: old advice on a finding is better than none."""


@dataclass(frozen=True, slots=True)
class Tiers:
    """An open cache, and what it is made of."""

    cache: Cache
    disk: DiskTier | None
    shared: RedisTier | None

    @property
    def place(self) -> str:
        """Where it is, for people; no password."""
        files = [] if self.disk is None else [str(self.disk.path)]
        return ", ".join(files + [f"redis://{server.place}" for server in self._servers])

    @property
    def troubles(self) -> dict[str, str]:
        """What is wrong with tiers that are done without."""
        found = {
            "disk": self.disk.trouble if self.disk else "",
            "shared": "".join(one.trouble for one in self._servers),
        }
        return {tier: trouble for tier, trouble in found.items() if trouble}

    @property
    def _servers(self) -> list[RedisTier]:
        return [] if self.shared is None else [self.shared]

    async def clear(self) -> None:
        """Keep nothing, anywhere."""
        self.cache.clear()
        for server in self._servers:
            await server.clear()

    async def aclose(self) -> None:
        """Let go of files and connections."""
        if self.disk is not None:
            self.disk.close()
        for server in self._servers:
            await server.aclose()


def default_file() -> Path:
    """The file that all projects of this user share."""
    return default_cache() / "docs.sqlite"


def open_tiers(spec: str, clock: Clock) -> Tiers:
    """The cache that a setting stands for.

    Args:
        spec: See `DocsSettings.cache`.
        clock: Where the time of day comes from.

    Raises:
        UsageError: It stands for none.
    """
    memory = MemoryTier(clock=clock)
    if spec == MEMORY_ONLY:
        return Tiers(Cache(memory, stale_for=_STALE_FOR, clock=clock), None, None)
    scheme, is_url, _ = spec.partition("://")
    shared = _server(scheme, spec) if is_url else None
    disk = DiskTier(default_file() if is_url or not spec else Path(spec).expanduser())
    return Tiers(Cache(memory, disk, shared, stale_for=_STALE_FOR, clock=clock), disk, shared)


def _server(scheme: str, url: str) -> RedisTier:
    if scheme not in {"redis", "rediss"}:
        raise UsageError(
            f"docs: cache is a path, {MEMORY_ONLY!r}, or the address of a server such as redis://host:6379/0"
        )
    from pytest_mcpquality.resilience.cache.shared import RedisTier  # noqa: PLC0415 - loads the client of an extra

    return RedisTier(url, "mcpquality:docs:1:")
