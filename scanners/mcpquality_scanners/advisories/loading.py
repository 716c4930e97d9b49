"""Brings the store up to date with an export: all of it, or nothing.

The new store is written beside the old one and takes its place last, so a scan reads one or the other, and what
breaks off leaves the old one as it was. Members whose checksum has not changed are not read again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout
from packaging.utils import canonicalize_name

from mcpquality_scanners.advisories.documents import read_document
from mcpquality_scanners.advisories.errors import AdvisoriesError, ExportError
from mcpquality_scanners.advisories.exports import Member, opened
from mcpquality_scanners.advisories.records import ECOSYSTEM, BadRecordError, pack, parse_record, parse_time
from mcpquality_scanners.advisories.store import APPLICATION, SCHEMA, VERSION, connected
from mcpquality_scanners.text import one_line

_SAMPLE = 200  # members that tell which ecosystem an export is of
_FLAWS = 0.05  # part of an export that may be unusable; of the official ones one in a thousand is
_FEW = 10  # unusable members that any export may have
_SHRINK = 0.5  # part of the advisories that must still be there
_ENOUGH = 100  # advisories from which on `_SHRINK` says something


@dataclass(frozen=True, slots=True)
class Export:
    """Records at hand, and where they are from.

    Attributes:
        place: A zip file or a folder.
        origin: What to tell people: a URL or a path.
        name: Which part of the store they replace; empty for that of the ecosystem which most of them are about.
        etag: Identity of what the server sent; empty for a file.
        date: When the server says it was made; None for a file.
    """

    place: Path
    origin: str
    name: str = ""
    etag: str = ""
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What came of it: the part of the store, and its members by what happened to them."""

    name: str
    records: int
    added: int
    changed: int
    unchanged: int
    removed: int
    withdrawn: int
    flaws: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A member as the store keeps it."""

    path: str
    checksum: tuple[int, int]
    id: str = ""
    modified: str = ""
    state: str = "other"
    reason: str = ""
    data: bytes = b""
    packages: frozenset[tuple[str, str]] = frozenset()
    ids: frozenset[str] = frozenset()


def load(store: Path, export: Export, now: datetime) -> Change:
    """Take an export into the store, in place of what the store had under its name.

    Raises:
        AdvisoriesError: It could not be; the store is as it was.
    """
    store.parent.mkdir(parents=True, exist_ok=True)
    fresh = store.with_name(f"{store.name}.new")
    try:
        with FileLock(store.with_name(f"{store.name}.lock"), timeout=0, thread_local=False):
            try:
                _prepare(store, fresh)
                change = _fill(fresh, export, now)
                fresh.replace(store)
            finally:
                fresh.unlink(missing_ok=True)
    except Timeout as error:
        raise AdvisoriesError(f"another update of {store} is under way: wait for it") from error
    except (OSError, sqlite3.Error) as error:
        raise AdvisoriesError(f"the store of advisories at {store} could not be written: {error}") from error
    return change


def _prepare(store: Path, fresh: Path) -> None:
    """A copy of the store to work on, or an empty one."""
    fresh.unlink(missing_ok=True)
    if store.exists():
        with connected(store):
            shutil.copyfile(store, fresh)
        return
    with contextlib.closing(sqlite3.connect(fresh)) as connection:
        connection.executescript(SCHEMA)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _fill(fresh: Path, export: Export, now: datetime) -> Change:
    name = export.name or _ecosystem(export.place)
    with contextlib.closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
        # Nobody else has it, and it is thrown away if anything goes wrong.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        change = _Filling(connection, name).run(export)
        row: tuple[str | None] = connection.execute(
            "SELECT max(modified) FROM members WHERE source = ?", (name,)
        ).fetchone()
        dates = [date for date in (parse_time(row[0] or ""), export.date) if date]
        as_of = min(max(dates), now).isoformat() if dates else ""
        connection.execute(
            "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?)",
            (name, export.origin, now.isoformat(), as_of, export.etag),
        )
        connection.execute("COMMIT")
        if change.removed + change.changed > change.unchanged:
            connection.execute("VACUUM")
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    return change


def _ecosystem(place: Path) -> str:
    """The ecosystem that most of the first records are about."""
    counted: Counter[str] = Counter()
    with opened(place) as members:
        for member in islice(members, _SAMPLE):
            row = _read(member)
            counted.update({ecosystem for ecosystem, _ in row.packages})
    if not counted:
        raise ExportError(f"{place} holds no OSV records: name an OSV export, as a zip file or a folder.")
    return min(counted, key=lambda ecosystem: (-counted[ecosystem], ecosystem))


class _Filling:
    """Replaces one source's members in a store that is being made."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        rows: list[tuple[str, int, int, int, str, str]] = connection.execute(
            "SELECT path, crc, size, key, state, reason FROM members WHERE source = ?", (name,)
        ).fetchall()
        self._known: Mapping[str, tuple[tuple[int, int], int, str, str]] = {
            path: ((crc, size), key, state, reason) for path, crc, size, key, state, reason in rows
        }
        self._had = sum(state == "record" for _, _, state, _ in self._known.values())
        self._states: dict[str, str] = {}
        self._flaws: dict[str, str] = {}
        self._counted: Counter[str] = Counter()

    def run(self, export: Export) -> Change:
        with opened(export.place) as members:
            for member in members:
                self._take(member)
        gone = [entry[1] for path, entry in self._known.items() if path not in self._states]
        for key in gone:
            self._drop(key)
        states = Counter(self._states.values())
        _check(export, states, self._had, self._flaws)
        return Change(
            self._name,
            states["record"],
            self._counted["added"],
            self._counted["changed"],
            self._counted["unchanged"],
            len(gone),
            states["withdrawn"],
            tuple(sorted(self._flaws.items())),
        )

    def _take(self, member: Member) -> None:
        known = self._known.get(member.path)
        if member.path in self._states:
            raise ExportError(f"{one_line(member.path, 80)} is in it twice. Fetch it again.")
        if known and known[0] == member.checksum and member.checksum[1] >= 0:
            self._counted["unchanged"] += 1
            self._note(member.path, known[2], known[3])
            return
        if known:
            self._drop(known[1])
        self._counted["changed" if known else "added"] += 1
        row = _read(member)
        self._note(row.path, row.state, row.reason)
        self._insert(row)

    def _note(self, path: str, state: str, reason: str) -> None:
        self._states[path] = state
        if state == "flaw":
            self._flaws[path] = reason

    def _drop(self, key: int) -> None:
        for table, column in (("packages", "member"), ("ids", "member"), ("members", "key")):
            self._connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (key,))  # noqa: S608 - our own names

    def _insert(self, row: _Row) -> None:
        values = (self._name, row.path, *row.checksum, row.id, row.modified, row.state, row.reason, row.data)
        key = self._connection.execute(
            "INSERT INTO members (source, path, crc, size, id, modified, state, reason, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        ).lastrowid
        self._connection.executemany("INSERT INTO packages VALUES (?, ?, ?)", ((*pair, key) for pair in row.packages))
        self._connection.executemany("INSERT INTO ids VALUES (?, ?)", ((each, key) for each in row.ids))


def _check(export: Export, states: Mapping[str, int], had: int, flaws: Mapping[str, str]) -> None:
    total, records = sum(states.values()), states.get("record", 0)
    if not records:
        raise ExportError(f"{export.origin} holds no advisory: name an OSV export, as a zip file or a folder.")
    if len(flaws) > max(_FEW, total * _FLAWS):
        path, reason = next(iter(flaws.items()))
        raise ExportError(
            f"{export.origin}: {len(flaws)} of {total} records cannot be used, such as "
            f"{one_line(path, 80)} ({reason}). "
            "Fetch it again."
        )
    if had > _ENOUGH and records < had * _SHRINK:
        raise ExportError(
            f"{export.origin} holds {records} advisories where the store has {had}: fetch it again; "
            "if it is right, take it in under another --name, or delete the store first."
        )


def _read(member: Member) -> _Row:
    """A member as a row, whatever it is."""
    row = _Row(member.path, member.checksum)
    try:
        document = read_document(member.path, member.read())
        advisory = parse_record(document)
    except BadRecordError as error:
        packages = frozenset((ECOSYSTEM, name) for name in error.packages)
        return _Row(member.path, member.checksum, state="flaw", reason=one_line(str(error)), packages=packages)
    if advisory.withdrawn:
        return _Row(member.path, member.checksum, advisory.id, advisory.modified, "withdrawn")
    packages = frozenset(_packages(cast("Mapping[str, Any]", document)))
    if not packages:
        return row
    data = pack(document)
    modified = advisory.modified
    return _Row(member.path, member.checksum, advisory.id, modified, "record", "", data, packages, advisory.ids)


def _packages(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Ecosystem and name of everything that a checked record is about; packages of PyPI by PEP 503."""
    affected: Iterable[Mapping[str, Any]] = record.get("affected") or ()
    for entry in affected:
        package: Mapping[str, Any] = entry.get("package") or {}
        ecosystem, name = str(package.get("ecosystem", "")).split(":", 1)[0], str(package.get("name", ""))
        if ecosystem and name:
            yield ecosystem, canonicalize_name(name) if ecosystem == ECOSYSTEM else name
