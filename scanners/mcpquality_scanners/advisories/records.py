"""OSV records (schema 1.x, ossf.github.io/osv-schema) as values: a record is whole, or it is named."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, cast

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from mcpquality_scanners.findings import Severity
from mcpquality_scanners.severity import OSV, by_vector, by_word

ECOSYSTEM = "PyPI"

_CWE = re.compile(r"CWE-(\d+)")
_ORDERED = {"ECOSYSTEM", "SEMVER"}


class BadRecordError(ValueError):
    """Something that is no OSV record, or that cannot be matched; the message is the reason to show.

    `packages` names the packages it is about, as far as that could be told; empty when it could not.
    """

    def __init__(self, reason: str, packages: frozenset[str] = frozenset()) -> None:
        super().__init__(reason)
        self.packages = packages


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A turning point of a range: "introduced" starts it, "fixed" ends it, "last_affected" is the end itself.

    `version` None is OSV's "0": before every version.
    """

    version: Version | None
    kind: str


@dataclass(frozen=True, slots=True)
class Affected:
    """Which versions of one package an advisory is about: ranges of events, and versions as they are listed.

    The listed ones are compared when they are asked for: a database has a hundred thousand of them.
    """

    package: str
    ranges: tuple[tuple[Event, ...], ...] = ()
    versions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Advisory:
    """One OSV record, as far as it concerns packages of PyPI.

    Attributes:
        id: Its id (`PYSEC-2018-28`).
        aliases: Other ids of the same thing, sorted.
        summary: What is wrong, as given; the details where there is no summary.
        affected: Packages of PyPI and their versions; empty when it concerns none.
        vectors: CVSS vectors, version 4 before 3 before 2.
        word: `database_specific.severity`; empty when there is none.
        cwe: CWE numbers, ascending.
        references: https links, in their order.
        withdrawn: Whether it was taken back.
        modified: When it was last changed, as it says (RFC 3339); empty when it does not.
        raw: The record itself as compressed JSON; empty for one that was made in memory.
    """

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    affected: tuple[Affected, ...] = ()
    vectors: tuple[str, ...] = ()
    word: str = ""
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    withdrawn: bool = False
    modified: str = ""
    raw: bytes = field(default=b"", repr=False, compare=False)

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The whole record; None for one that was made in memory."""
        return cast("dict[str, Any]", json.loads(zlib.decompress(self.raw))) if self.raw else None

    @property
    def packages(self) -> frozenset[str]:
        """PEP 503 names of the packages it is about."""
        return frozenset(affected.package for affected in self.affected)

    @property
    def ids(self) -> frozenset[str]:
        """Its id and its aliases."""
        return frozenset((self.id, *self.aliases))


def parse_record(document: object) -> Advisory:
    """Turn a JSON value into an advisory.

    Raises:
        BadRecordError: It is no OSV record of schema 1, or its versions cannot be compared by PEP 440.
    """
    record = _table(document, "it is no JSON object")
    name = record.get("id")
    if not isinstance(name, str) or not name.strip():
        raise BadRecordError("it has no id")
    if not re.match(r"1\.", str(record.get("schema_version", "1."))):
        raise BadRecordError(f"its schema version is not 1.x: {record.get('schema_version')!r}")
    withdrawn = record.get("withdrawn") is not None
    entries = _entries(record)
    database = _optional(record.get("database_specific"))
    return Advisory(
        id=name,
        aliases=tuple(sorted(set(_strings(record, "aliases")) - {name})),
        summary=str(record.get("summary") or record.get("details") or ""),
        affected=() if withdrawn else tuple(_affected(entry) for entry in entries),
        vectors=_vectors(record, entries),
        word=str(database.get("severity") or ""),
        cwe=tuple(sorted({int(match[1]) for text in _strings(database, "cwe_ids") if (match := _CWE.fullmatch(text))})),
        references=_links(record),
        withdrawn=withdrawn,
        modified=str(record.get("modified") or ""),
    )


def pack(document: object) -> bytes:
    """A record as the store and `Advisory.raw` hold it."""
    return zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def unpack(raw: bytes) -> Advisory:
    """The advisory of a packed record.

    Raises:
        BadRecordError: It is none.
    """
    try:
        document = json.loads(zlib.decompress(raw))
    except (zlib.error, ValueError, RecursionError) as error:
        raise BadRecordError("it is not a packed record") from error
    return replace(parse_record(document), raw=raw)


def severity_of(advisories: tuple[Advisory, ...]) -> tuple[Severity, str]:
    """The severity of records about one and the same thing, and the vector or word that says so.

    The newest version of CVSS wins; of several such vectors the worst. Without any vector the database's word
    counts, the worst again; without a word nobody has rated it.
    """
    rated = [
        (vector, found[0], found[1]) for item in advisories for vector in item.vectors if (found := by_vector(vector))
    ]
    if rated:
        newest = max(_generation(vector) for vector, _, _ in rated)
        vector, _, severity = max(
            (row for row in rated if _generation(row[0]) == newest), key=lambda row: (row[1], row[0])
        )
        return severity, vector
    words = sorted(
        ((by_word(OSV, item.word), item.word) for item in advisories if item.word),
        key=lambda row: (row[0] is Severity.UNKNOWN, -row[0].rank, row[1]),
    )
    return words[0] if words else (Severity.UNKNOWN, "")


def _generation(vector: str) -> int:
    """Major version of CVSS; vectors of version 2 carry no prefix."""
    match = re.match(r"CVSS:(\d)", vector)
    return int(match[1]) if match else 2


def _entries(record: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The `affected` entries about packages of PyPI."""
    value = record.get("affected")
    if value is None:
        raise BadRecordError("it has no list of affected packages")
    found: list[Mapping[str, Any]] = []
    for item in _list(value, "affected"):
        entry = _table(item, "an entry of `affected` is no object")
        package = _optional(entry.get("package"))
        # Suffixes name a registry or a release (`PyPI:...`): OSV compares the part before the colon.
        if str(package.get("ecosystem", "")).split(":", 1)[0] == ECOSYSTEM:
            found.append(entry)
    return tuple(found)


def _affected(entry: Mapping[str, Any]) -> Affected:
    package = _optional(entry.get("package"))
    try:
        name = canonicalize_name(str(package.get("name", "")), validate=True)
    except InvalidName as error:
        raise BadRecordError("an affected package has no name by PEP 508") from error
    try:
        ranges = tuple(found for item in _list(entry.get("ranges", []), "ranges") if (found := _range(item)))
        texts = _strings(entry, "versions")
    except BadRecordError as error:
        raise BadRecordError(str(error), frozenset({name})) from error
    if not ranges and not texts:
        raise BadRecordError(f"it does not say which versions of {name} are affected", frozenset({name}))
    return Affected(name, ranges, frozenset(texts))


def _range(value: object) -> tuple[Event, ...]:
    """The events of a range in order; empty for ranges of commits, which releases cannot be compared with."""
    table = _table(value, "a range is no object")
    if table.get("type") not in _ORDERED:
        if table.get("type") == "GIT":
            return ()
        raise BadRecordError(f"a range has an unknown type: {table.get('type')!r}")
    events = [event for item in _list(table.get("events"), "events") for event in _events(item)]
    if not any(event.kind == "introduced" for event in events):
        raise BadRecordError("a range has no start")
    return tuple(_in_order(events))


def _events(value: object) -> tuple[Event, ...]:
    found: list[Event] = []
    for kind, text in _table(value, "an event is no object").items():
        if kind == "limit":
            continue  # limits commits; OSV's own evaluation has no use for it in other ranges
        version = as_version(text) if isinstance(text, str) else None
        start = kind == "introduced" and text == "0"
        if kind not in {"introduced", "fixed", "last_affected"} or (version is None and not start):
            raise BadRecordError(f"an event cannot be compared by PEP 440: {kind} {text!r}")
        found.append(Event(None if start else version, kind))
    return tuple(found)


def _in_order(events: Iterable[Event]) -> Iterator[Event]:
    """The events by version; at one version the end of a stretch that is open comes before the start of the next.

    A stretch of a single version starts before it ends: `introduced` and `last_affected` at once.
    """
    inside = False
    for _, together in groupby(sorted(events, key=_by_version), key=_by_version):
        ranks = {"fixed": 0, "last_affected": 1 if inside else 3, "introduced": 2}
        for event in sorted(together, key=lambda event: ranks[event.kind]):
            inside = event.kind == "introduced"
            yield event


def _by_version(event: Event) -> tuple[bool, Version]:
    return event.version is not None, event.version or Version("0")


def as_version(text: str) -> Version | None:
    """A version by PEP 440, or None when the text is none."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def parse_time(text: str) -> datetime | None:
    """A time in RFC 3339; None when it is none. Without an offset it is taken for UTC."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _vectors(record: Mapping[str, Any], entries: tuple[Mapping[str, Any], ...]) -> tuple[str, ...]:
    texts = [
        str(_optional(item).get("score", ""))
        for holder in (record, *entries)
        for item in _list(holder.get("severity", []), "severity")
    ]
    return tuple(sorted(set(filter(None, texts)), key=lambda text: (-_generation(text), text)))


def _links(record: Mapping[str, Any]) -> tuple[str, ...]:
    urls = [str(_optional(item).get("url", "")) for item in _list(record.get("references", []), "references")]
    return tuple(dict.fromkeys(url for url in urls if url.startswith("https://")))


def _table(value: object, reason: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadRecordError(reason)
    return cast("dict[str, Any]", value)


def _optional(value: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object, what: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRecordError(f"its `{what}` is no list")
    return cast("list[object]", value)


def _strings(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(item) for item in _list(record.get(key), key))
