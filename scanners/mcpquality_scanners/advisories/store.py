"""The store of advisories: one SQLite file that scans read and `mcpquality advisories update` replaces."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from packaging.utils import canonicalize_name
from platformdirs import user_data_path

from mcpquality_scanners.advisories.errors import AdvisoriesError
from mcpquality_scanners.advisories.folder import Flaw, Records
from mcpquality_scanners.advisories.records import ECOSYSTEM, Advisory, BadRecordError, parse_time, unpack

APPLICATION = 0x4D435141
"""SQLite's application id of a store."""

VERSION = 1
"""Version of its tables."""

SCHEMA = """
CREATE TABLE sources (
    name TEXT PRIMARY KEY, origin TEXT NOT NULL, updated TEXT NOT NULL, as_of TEXT NOT NULL, etag TEXT NOT NULL
) STRICT;
CREATE TABLE members (
    key INTEGER PRIMARY KEY, source TEXT NOT NULL, path TEXT NOT NULL, crc INTEGER NOT NULL, size INTEGER NOT NULL,
    id TEXT NOT NULL, modified TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, data BLOB NOT NULL,
    UNIQUE (source, path)
) STRICT;
CREATE TABLE packages (
    ecosystem TEXT NOT NULL, name TEXT NOT NULL, member INTEGER NOT NULL, PRIMARY KEY (ecosystem, name, member)
) STRICT, WITHOUT ROWID;
CREATE TABLE ids (id TEXT NOT NULL, member INTEGER NOT NULL, PRIMARY KEY (id, member)) STRICT, WITHOUT ROWID;
CREATE INDEX packages_of ON packages (member);
CREATE INDEX ids_of ON ids (member);
"""

_MANY = 500  # parameters of one statement; SQLite allows 999 in its oldest builds


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part of the store came from, and what it holds.

    Attributes:
        name: The ecosystem, or what it was called with `--name`.
        origin: The URL or path it was taken from.
        updated: When it was taken in.
        as_of: The newest date that its records or its server give; None when none does.
        records: How many advisories it has.
        withdrawn: How many of its records were taken back.
        flawed: How many of its records could not be used.
    """

    name: str
    origin: str
    updated: datetime
    as_of: datetime | None
    records: int
    withdrawn: int
    flawed: int


def default_store() -> Path:
    """Where the store is unless said otherwise: in the platform's folder for data."""
    return user_data_path("mcpquality", appauthor=False) / "advisories.sqlite"


@contextlib.contextmanager
def connected(path: Path) -> Generator[sqlite3.Connection]:
    """A connection to a store, for reading.

    Raises:
        AdvisoriesError: There is none, or it is no store; the message says what to do.
    """
    if not path.is_file():
        raise AdvisoriesError(f"there is no store of advisories at {path}: run `mcpquality advisories update`")
    try:
        # Never written to: a folder that cannot be written will do, and so will another's update meanwhile.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        with contextlib.closing(connection):
            _check(connection, path)
            yield connection
    except sqlite3.Error as error:
        raise AdvisoriesError(
            f"the store of advisories at {path} cannot be read ({error}): "
            "delete it and run `mcpquality advisories update`"
        ) from error


def _check(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise AdvisoriesError(f"{path} is not a store of advisories: name one, or a folder of OSV records")
    if version != VERSION:
        raise AdvisoriesError(
            f"the store of advisories at {path} is of another version of mcpquality ({version}, where this one reads "
            f"{VERSION}): delete it and run `mcpquality advisories update`"
        )


def sources(path: Path) -> tuple[Source, ...]:
    """What a store holds, by name.

    Raises:
        AdvisoriesError: See `connected`.
    """
    with connected(path) as connection:
        counts: dict[tuple[str, str], int] = {
            (source, state): count
            for source, state, count in connection.execute(
                "SELECT source, state, count(*) FROM members GROUP BY source, state"
            )
        }
        rows = connection.execute("SELECT name, origin, updated, as_of FROM sources ORDER BY name").fetchall()
    return tuple(
        Source(
            name,
            origin,
            parse_time(updated) or datetime.fromtimestamp(0, UTC),
            parse_time(as_of),
            *(counts.get((name, state), 0) for state in ("record", "withdrawn", "flaw")),
        )
        for name, origin, updated, as_of in rows
    )


def as_of(path: Path, ecosystem: str = ECOSYSTEM) -> datetime | None:
    """How current a store is about an ecosystem; None when it does not say.

    The source of the ecosystem's name counts; without one, the newest of the others: they have no cadence.

    Raises:
        AdvisoriesError: See `connected`.
    """
    found = sources(path)
    named = [source for source in found if source.name == ecosystem] or list(found)
    return max((source.as_of for source in named if source.as_of), default=None)


def about(path: Path, packages: Iterable[str]) -> Records:
    """All that a store knows about these packages of PyPI, records that cannot be used included.

    Raises:
        AdvisoriesError: See `connected`; or it knows nothing about PyPI.
    """
    names: list[str] = sorted({canonicalize_name(name) for name in packages})
    rows: dict[int, _Row] = {}
    with connected(path) as connection:
        if not connection.execute("SELECT 1 FROM packages WHERE ecosystem = ? LIMIT 1", (ECOSYSTEM,)).fetchone():
            raise AdvisoriesError(f"the store of advisories at {path} holds none about packages of PyPI")
        for start in range(0, len(names), _MANY):
            rows |= _rows_about(connection, names[start : start + _MANY])
        # What does not even say which package it is about may be about any.
        query = (
            "SELECT key, path, state, reason, data FROM members"
            " WHERE state = 'flaw' AND key NOT IN (SELECT member FROM packages)"
        )
        rows |= {row[0]: row[1:] for row in connection.execute(query)}
    return replace(_records(rows[key] for key in sorted(rows)), as_of=as_of(path))


_Row: TypeAlias = tuple[str, str, str, bytes]  # path, state, reason, data


def _rows_about(connection: sqlite3.Connection, names: list[str]) -> dict[int, _Row]:
    marks = ",".join("?" * len(names))
    query = (
        "SELECT key, path, state, reason, data FROM members JOIN packages ON member = key"  # noqa: S608 - question marks
        f" WHERE ecosystem = ? AND name IN ({marks})"
    )
    return {row[0]: row[1:] for row in connection.execute(query, (ECOSYSTEM, *names))}


def _records(rows: Iterable[_Row]) -> Records:
    advisories: list[Advisory] = []
    flaws: list[Flaw] = []
    for path, state, reason, data in rows:
        if state == "flaw":
            flaws.append(Flaw(path, reason))
            continue
        try:
            advisories.append(unpack(data))
        except BadRecordError as error:
            flaws.append(Flaw(path, str(error)))
    return Records(tuple(advisories), tuple(flaws))


def named(path: Path, ids: Iterable[str]) -> tuple[Advisory, ...]:
    """The advisories of PyPI that go by one of these ids, theirs or an alias.

    Raises:
        AdvisoriesError: See `connected`.
    """
    found: dict[int, bytes] = {}
    with connected(path) as connection:
        for identifier in sorted(set(ids)):
            query = "SELECT key, data FROM members JOIN ids ON member = key WHERE ids.id = ? AND state = 'record'"
            found |= dict(connection.execute(query, (identifier,)).fetchall())
    return _records(("", "record", "", found[key]) for key in sorted(found)).advisories


def etag_of(path: Path, origin: str, name: str = "") -> str:
    """Identity of what was last taken from an address under a name (empty: any); empty when there is nothing."""
    try:
        with connected(path) as connection:
            query = "SELECT etag FROM sources WHERE origin = ? AND ? IN ('', name)"
            row = connection.execute(query, (origin, name)).fetchone()
    except AdvisoriesError:
        return ""
    return str(row[0]) if row else ""
