"""The third tier: a Redis or Valkey server that a fleet of machines shares; values are JSON.

A convenience, like the file: while the server is away the cache goes on without it, and says so once.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.text import one_line
from pytest_mcpquality.resilience.cache.values import Entry, TierStatistics

_LOG = logging.getLogger(__name__)
_PATIENCE: Final = 0.5  # seconds for an answer; nobody should wait for a cache
_PAUSE: Final = 30.0  # seconds before a server that was away is asked again
_LONGEST: Final = 4 * 2**20  # bytes of an entry; ours are a fraction
_FIELDS: Final = ("value", "stored_at", "fresh_until", "kept_until", "negative")


class _Server(Protocol):
    """What we use of the client, whose own types say little."""

    async def execute_command(self, *command: str | int) -> object: ...

    def scan_iter(self, *, match: str, count: int) -> AsyncIterator[bytes]: ...

    async def delete(self, *keys: bytes) -> int: ...

    @property
    def connection_pool(self) -> _Connections: ...


class _Connections(Protocol):
    async def disconnect(self) -> None: ...


class RedisTier:
    """Keeps entries in a server.

    Args:
        url: As in `redis://host:6379/0`, `rediss://` for TLS; a password in it is never shown.
        prefix: Before every key, so that others may use the server, too.

    Attributes:
        trouble: Why it goes on without the server; empty while all is well.

    Raises:
        UsageError: The URL is none, or the client is not installed.
    """

    def __init__(self, url: str, prefix: str = "mcpquality:cache:1:") -> None:
        self.trouble = ""
        self.place = _place(url)
        self._prefix = prefix
        self._server = _client(url)
        self._hits = self._misses = 0
        self._asked_again_at = 0.0

    def __repr__(self) -> str:
        return f"<RedisTier {self.place!r}{f': off, {self.trouble}' if self.trouble else ''}>"

    @property
    def statistics(self) -> TierStatistics:
        """What this process has had from it; what others have is not counted."""
        return TierStatistics(0, self._hits, self._misses, 0)

    async def get(self, key: str, now: float) -> Entry | None:
        """What is kept, fresh or not; counts as a hit only if it is fresh."""
        entry = _entry(await self._ask(now, "GET", self._key(key)))
        if entry is not None and now < entry.fresh_until:
            self._hits += 1
        else:
            self._misses += 1
        return entry

    async def put(self, key: str, entry: Entry, now: float) -> None:
        """Keep it, for as long as anybody would want it even stale.

        Raises:
            TypeError: The value is no JSON.
        """
        text = json.dumps({name: getattr(entry, name) for name in _FIELDS})
        await self._ask(now, "SET", self._key(key), text, "PXAT", int(entry.kept_until * 1000))

    async def clear(self) -> None:
        """Keep nothing of ours; what others keep there stays."""
        async with self._troubles(0.0):
            keys = [key async for key in self._server.scan_iter(match=f"{self._prefix}*", count=500)]
            for start in range(0, len(keys), 500):
                await self._server.delete(*keys[start : start + 500])

    async def aclose(self) -> None:
        """Let go of the connection."""
        # What closes the client has another name in each version.
        await self._server.connection_pool.disconnect()

    def _key(self, key: str) -> str:
        return self._prefix + hashlib.sha256(key.encode()).hexdigest()

    async def _ask(self, now: float, *command: str | int) -> object:
        """The server's answer; None while it is away."""
        if now < self._asked_again_at:
            return None
        async with self._troubles(now):
            return await self._server.execute_command(*command)
        return None

    def _troubles(self, now: float) -> _Troubles:
        return _Troubles(self, now)

    def note(self, error: Exception | None, now: float) -> None:
        """Remember how the latest request went; say so when the server is gone, once."""
        if error is None:
            self.trouble = ""
            return
        if not self.trouble:
            reason = one_line(str(error)) or type(error).__name__
            self.trouble = reason
            _LOG.warning("the cache server %s cannot be used (%s): going on without it", self.place, reason)
        self._asked_again_at = now + _PAUSE


class _Troubles:
    """Keeps what goes wrong between us and the server from whoever only wanted a cache."""

    def __init__(self, tier: RedisTier, now: float) -> None:
        self._tier = tier
        self._now = now

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        from redis.exceptions import RedisError  # noqa: PLC0415 - an extra

        if error is None:
            self._tier.note(None, self._now)
            return False
        if not isinstance(error, RedisError | OSError):
            return False
        self._tier.note(error, self._now)
        return True


def _entry(text: object) -> Entry | None:
    """An entry as it is kept; None when it is none, whoever wrote it."""
    if not isinstance(text, bytes | str) or len(text) > _LONGEST:
        return None
    try:
        kept: dict[str, Any] = json.loads(text)
        value, stored_at, fresh_until, kept_until, negative = (kept[name] for name in _FIELDS)
        return Entry(value, float(stored_at), float(fresh_until), float(kept_until), bool(negative))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _place(url: str) -> str:
    """Host and port, as the rest of a URL may hold a password."""
    try:
        split = urlsplit(url)
        scheme, host, port = split.scheme, split.hostname, split.port or 6379
    except ValueError:
        scheme, host, port = "", None, 0
    if not host or scheme not in {"redis", "rediss"}:
        raise UsageError("the address of a cache server must be like redis://host:6379/0")
    return f"{host}:{port}"


def _client(url: str) -> _Server:
    try:
        from redis.asyncio import Redis  # noqa: PLC0415 - an extra
        from redis.asyncio.retry import Retry  # noqa: PLC0415 - as above
        from redis.backoff import NoBackoff  # noqa: PLC0415 - as above
    except ImportError:
        raise UsageError(
            'a cache on a Redis server needs its client: python -m pip install "pytest-mcpquality[redis]"'
        ) from None
    never = Retry(NoBackoff(), 0)
    options: dict[str, Any] = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE, "retry": never}
    redis: Any = Redis
    server: _Server = redis.from_url(url, **options)
    return server
