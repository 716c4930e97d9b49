"""The second tier: a SQLite file that outlives the process and is shared with others (WAL); values are JSON.

It is a convenience. Whatever is wrong with the file (corrupt, locked, read-only, disk full, written by a newer
version), the cache goes on without it and says so once.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from pytest_mcpquality.resilience.cache.values import Entry, TierStatistics

_LOG = logging.getLogger(__name__)
_SCHEMA = 1
_GIVEN = 256  # keys with hits that are not written yet
_PURGE = 100  # entries that are written before it is looked for those that may go
_PATIENCE = 0.25  # seconds for another process to finish writing; nobody should wait for a cache
_TABLE = """
CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, stored_at REAL NOT NULL, fresh_until REAL NOT NULL,
    kept_until REAL NOT NULL, negative INTEGER NOT NULL, hits INTEGER NOT NULL
) WITHOUT ROWID
"""


class DiskTier:
    """Keeps entries in a file.

    Args:
        path: The file; its folder is made if need be.
        size: Entries (not bytes); beyond, the oldest go.

    Attributes:
        trouble: Why it goes on without the file; empty while all is well.
    """

    def __init__(self, path: Path, size: int = 10_000) -> None:
        self.path = path
        self.trouble = ""
        self._size = size
        self._hits = self._misses = self._evictions = 0
        self._database: sqlite3.Connection | None = None
        # Looking through the file after each entry would cost more than writing it; other processes write, too.
        self._put_since = self._entries_at_purge = 0
        # Hits that are not in the file yet: writing each at once would cost more than reading the answer.
        self._given: Counter[str] = Counter()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = self._open()
            self._entries_at_purge = self._count()
        except (sqlite3.Error, OSError) as error:
            self._go_on_without(error)

    def __repr__(self) -> str:
        state = f"off, {self.trouble}" if self.trouble else f"at most {self._size} entries"
        return f"<DiskTier {str(self.path)!r}: {state}>"

    @property
    def statistics(self) -> TierStatistics:
        """What it has done."""
        return TierStatistics(self._count(), self._hits, self._misses, self._evictions)

    def get(self, key: str, now: float) -> Entry | None:
        """What is kept, fresh or not; counts as a hit only if it is fresh."""
        entry = self._read(key)
        if entry is not None and now < entry.fresh_until:
            self._hits += 1
            self._given[key] += 1
            entry.hits += self._given[key]
            if len(self._given) >= _GIVEN:
                self._write_hits()
        else:
            self._misses += 1
        return entry

    def put(self, key: str, entry: Entry, now: float) -> None:
        """Keep it; what nobody would want even stale goes, and the oldest if there are too many.

        Raises:
            TypeError: The value is no JSON.
        """
        value = json.dumps(entry.value)
        del self._given[key]
        self._execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(key, value, entry.stored_at, entry.fresh_until, entry.kept_until, entry.negative, entry.hits),
        )
        self._put_since += 1
        if self._put_since >= _PURGE or self._entries_at_purge + self._put_since > self._size:
            self._purge(now)

    def _purge(self, now: float) -> None:
        self._evictions += self._execute("DELETE FROM entries WHERE kept_until <= ?", now)
        if (surplus := self._count() - self._size) > 0:
            oldest = "SELECT key FROM entries ORDER BY stored_at LIMIT ?"
            self._evictions += self._execute(f"DELETE FROM entries WHERE key IN ({oldest})", surplus)  # noqa: S608 - ours
        self._put_since, self._entries_at_purge = 0, self._count()

    def clear(self) -> None:
        """Keep nothing."""
        self._given.clear()
        self._execute("DELETE FROM entries")

    def close(self) -> None:
        """Let go of the file."""
        self._write_hits()
        if self._database is not None:
            self._database.close()
            self._database = None

    def _write_hits(self) -> None:
        given, self._given = self._given, Counter()
        if self._database is None or not given:
            return
        try:
            # All in one transaction, as each by itself would wait for the others that write.
            with closing(self._database.cursor()) as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                cursor.executemany(
                    "UPDATE entries SET hits = hits + ? WHERE key = ?", [(count, key) for key, count in given.items()]
                )
                cursor.execute("COMMIT")
        except sqlite3.Error:
            # They are only statistics, and somebody else may be writing for long.
            if self._database.in_transaction:
                self._database.rollback()

    def _open(self) -> sqlite3.Connection:
        # Every statement commits by itself; a thread other than the one that made it may use it, one at a time.
        database = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            _prepare(database)
        except BaseException:
            database.close()
            raise
        return database

    def _read(self, key: str) -> Entry | None:
        rows = self._rows(
            "SELECT value, stored_at, fresh_until, kept_until, negative, hits FROM entries WHERE key = ?", key
        )
        if not rows:
            return None
        value, stored_at, fresh_until, kept_until, negative, hits = rows[0]
        try:
            return Entry(json.loads(value), stored_at, fresh_until, kept_until, bool(negative), hits)
        except ValueError:
            self._execute("DELETE FROM entries WHERE key = ?", key)
            return None

    def _count(self) -> int:
        rows = self._rows("SELECT count(*) FROM entries")
        return int(rows[0][0]) if rows else 0

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        if self._database is None:
            return []
        try:
            with closing(self._database.execute(statement, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            self._go_on_without(error)
            return []

    def _execute(self, statement: str, *values: object) -> int:
        """The number of rows that were changed."""
        if self._database is None:
            return 0
        try:
            with closing(self._database.execute(statement, values)) as cursor:
                return cursor.rowcount
        except sqlite3.Error as error:
            self._go_on_without(error)
            return 0

    def _go_on_without(self, error: Exception) -> None:
        self.trouble = str(error)
        self.close()
        _LOG.warning(
            "the cache file %s cannot be used (%s): going on without it; delete it to start anew", self.path, error
        )


def _prepare(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > _SCHEMA:
        raise sqlite3.DatabaseError(f"written by a newer version of this program (schema {version})")
    if version < _SCHEMA:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(_TABLE)
        database.execute(f"PRAGMA user_version = {_SCHEMA}")
    # A lost answer is computed again: no need to wait for the disk.
    database.execute("PRAGMA synchronous = OFF")
