"""Lock files: exact versions, read straight from the file and without asking the tool that wrote it.

Markers are not looked at: a package that is locked for another platform is installed there, and audited here.
Each format is checked for its version, so that a file of a newer one is unreadable and not empty.
"""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, cast

from packaging.utils import canonicalize_name

from mcpquality_scanners.dependencies.model import (
    Origin,
    Pin,
    Reading,
    UnreadableError,
    as_table,
    make_pin,
    scrub,
)
from mcpquality_scanners.findings import Unseen

SCRIPT_LOCK = ".py.lock"

_NAME_LINE = re.compile(r'\s*name\s*=\s*"([^"]+)"')
_SCRIPT = "the-script-itself"
_REQUIRED = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)")
_VERSION_LINE = re.compile(r'\s*version\s*=\s*"([^"]+)"')


@dataclass(frozen=True, slots=True)
class _Locked:
    """One entry: `source` is empty for the registry, `own` a folder relative to the lock file.

    `needs` holds names or whole requirements, as the file has them.
    """

    name: str
    version: str
    source: str = ""
    own: str | None = None
    needs: tuple[str, ...] = ()


def read_lock(manifest: str, text: str) -> Reading:
    """Read a lock file; its name says which format it has.

    Args:
        manifest: The file, relative to the root.
        text: What stands in it.

    Raises:
        UnreadableError: It does not parse, or has a shape that is not known.
    """
    name = PurePosixPath(manifest).name
    # uv keeps the lock of a script beside it, `tool.py.lock`, in the form of its own.
    reader = _uv if name.endswith(SCRIPT_LOCK) else _READERS.get(name, _pylock)
    document = _json(text) if name == "Pipfile.lock" else parse_toml(text)
    reading = _reading(manifest, tuple(reader(document)), line_index(text))
    # A script's lock locks nothing but the script.
    return replace(reading, members=()) if name.endswith(SCRIPT_LOCK) else reading


def parse_toml(text: str) -> dict[str, Any]:
    """A TOML document; raises UnreadableError when it is none."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadableError(f"is not TOML: {scrub(str(error), 120)}") from error


def line_index(text: str) -> Mapping[tuple[str, str], int]:
    """Where each `name = ...` that is followed by a `version = ...` stands, by both as they are written."""
    places: dict[tuple[str, str], int] = {}
    name, at = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _NAME_LINE.match(line):
            name, at = match[1], number
        elif (match := _VERSION_LINE.match(line)) and name:
            places.setdefault((name, match[1]), at)
            name = ""
    return places


def _reading(manifest: str, entries: tuple[_Locked, ...], lines: Mapping[tuple[str, str], int]) -> Reading:
    folder = posixpath.dirname(manifest)
    pins: list[Pin] = []
    unseen: list[Unseen] = []
    members = {folder}
    edges: dict[str, frozenset[str]] = {canonicalize_name(entry.name): _names(entry.needs) for entry in entries}
    roots: set[str] = set()
    for entry in entries:
        place = None if entry.own is None else _inside(folder, entry.own)
        if place is not None:
            members.add(place)
            roots |= edges[canonicalize_name(entry.name)]
            continue
        pin = make_pin(entry.name, entry.version, Origin(manifest, lines.get((entry.name, entry.version), 0)))
        if entry.source or entry.own is not None:
            source = scrub(entry.source, 160) or "outside of the scanned folder"
            reason = f"comes from {source}, not from the registry"
            unseen.append(Unseen(f"{manifest}: {scrub(entry.name)}", reason))
        elif pin is None:
            reason = f"has no version by PEP 440 ({scrub(entry.version, 60) or 'none'})"
            unseen.append(Unseen(f"{manifest}: {scrub(entry.name)}", reason))
        else:
            pins.append(pin)
    held = {pin.name for pin in pins}
    return Reading(
        manifest=manifest,
        pins=tuple(dict.fromkeys(pins)),
        members=tuple(sorted(members)),
        edges=edges,
        roots=frozenset(roots),
        others=frozenset(canonicalize_name(entry.name) for entry in entries) - held - {_SCRIPT},
        unseen=tuple(dict.fromkeys(unseen)),
    )


def _names(needs: Iterable[str]) -> frozenset[str]:
    """The packages that an entry needs; what names none is left out, it only shows the way."""
    matches = (_REQUIRED.match(need) for need in needs)
    return frozenset(canonicalize_name(match[1]) for match in matches if match)


def _tables_of(value: object) -> list[dict[str, Any]]:
    """The tables in a list or, group by group, in a table of lists; what is none is left out."""
    if isinstance(value, dict):
        groups = cast("dict[str, object]", value).values()
        return [table for group in groups for table in _tables_of(group)]
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [table for item in items if (table := as_table(item)) is not None]


def _needed(package: dict[str, Any], *keys: str) -> tuple[str, ...]:
    """The names in tables of `name = ...`."""
    return tuple(str(table.get("name", "")) for key in keys for table in _tables_of(package.get(key)))


def _inside(folder: str, place: str) -> str | None:
    """A folder named in a lock file as a path relative to the root; None when it is not below the root."""
    path = posixpath.normpath(posixpath.join(folder, place))
    if path.startswith(("../", "/")) or path == "..":
        return None
    return "" if path == "." else path


def _uv(document: dict[str, Any]) -> Iterable[_Locked]:
    _check_version(document.get("version"), {"1"})
    for package in _tables(document, "package", optional=True):
        source = as_table(package.get("source")) or {}
        kind, place = next(iter(source.items()), ("nothing", ""))
        own = str(place) if kind in {"editable", "virtual", "directory"} else None
        origin = "" if kind == "registry" or own is not None else f"{kind} {place}"
        needs = _needed(package, "dependencies", "optional-dependencies", "dev-dependencies")
        yield _Locked(_text(package, "name"), str(package.get("version", "")), origin, own, needs)
    # The lock of a script (PEP 723) tells what that asks for here.
    asked = _needed(as_table(document.get("manifest")) or {}, "requirements")
    if asked:
        yield _Locked(_SCRIPT, "", own="", needs=asked)


def _poetry(document: dict[str, Any]) -> Iterable[_Locked]:
    _check_version((as_table(document.get("metadata")) or {}).get("lock-version"), {"1", "2"})
    for package in _tables(document, "package", optional=True):
        source = as_table(package.get("source")) or {}
        kind = str(source.get("type", "legacy"))
        own = str(source.get("url", "")) if kind == "directory" else None
        # Poetry calls another index "legacy".
        origin = "" if kind == "legacy" or own is not None else f"{kind} {source.get('url', '')}"
        needs = tuple(as_table(package.get("dependencies")) or {})
        yield _Locked(_text(package, "name"), _text(package, "version"), origin, own, needs)


def _pdm(document: dict[str, Any]) -> Iterable[_Locked]:
    _check_version((as_table(document.get("metadata")) or {}).get("lock_version"), {"4"})
    for package in _tables(document, "package", optional=True):
        kind = next((key for key in ("git", "hg", "svn", "bzr", "url", "path") if key in package), "")
        place = str(package.get(kind, ""))
        own = place if kind == "path" and not place.endswith((".whl", ".zip", ".gz")) else None
        origin = "" if not kind or own is not None else f"{kind} {place}"
        listed: object = package.get("dependencies")
        needs = tuple(str(item) for item in cast("list[object]", listed)) if isinstance(listed, list) else ()
        yield _Locked(_text(package, "name"), str(package.get("version", "")), origin, own, needs)


def _pylock(document: dict[str, Any]) -> Iterable[_Locked]:
    _check_version(document.get("lock-version"), {"1"})
    for package in _tables(document, "packages"):
        kind = next((key for key in ("vcs", "directory", "archive") if key in package), "")
        source = as_table(package.get(kind)) or {}
        own = str(source.get("path", "")) if kind == "directory" else None
        origin = "" if not kind or own is not None else f"{kind} {source.get('url') or source.get('path', '')}"
        needs = _needed(package, "dependencies")
        yield _Locked(_text(package, "name"), str(package.get("version", "")), origin, own, needs)


def _pipfile(document: dict[str, Any]) -> Iterable[_Locked]:
    meta = as_table(document.get("_meta")) or {}
    _check_version(meta.get("pipfile-spec"), {"6"})
    for category in sorted(document.keys() - {"_meta"}):
        packages = as_table(document[category])
        if packages is None:
            raise UnreadableError(f"is not a lock file of a known shape: {scrub(category, 60)} is no table")
        for name, value in packages.items():
            package = as_table(value) or {}
            kind = next((key for key in ("git", "hg", "svn", "file", "path") if key in package), "")
            own = str(package["path"]) if kind == "path" else None
            origin = "" if not kind or own is not None else f"{kind} {package[kind]}"
            yield _Locked(name, str(package.get("version", "")).removeprefix("=="), origin, own)


_READERS: Mapping[str, Callable[[dict[str, Any]], Iterable[_Locked]]] = {
    "uv.lock": _uv,
    "poetry.lock": _poetry,
    "pdm.lock": _pdm,
    "Pipfile.lock": _pipfile,
}


def _json(text: str) -> dict[str, Any]:
    try:
        document = as_table(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"is not JSON: {scrub(str(error), 120)}") from error
    if document is None:
        raise UnreadableError("is not a JSON object")
    return document


def _check_version(value: object, known: set[str]) -> None:
    if isinstance(value, bool) or str(value).split(".", 1)[0] not in known:
        raise UnreadableError(f"is not a lock file of a known version (it says {scrub(str(value), 40)})")


def _tables(document: dict[str, Any], key: str, *, optional: bool = False) -> list[dict[str, Any]]:
    value: object = document.get(key, [] if optional else None)
    if not isinstance(value, list):
        raise UnreadableError(f"is not a lock file of a known shape: it has no list {key!r}")
    tables = [as_table(item) for item in cast("list[object]", value)]
    if None in tables:
        raise UnreadableError(f"is not a lock file of a known shape: {key!r} holds something that is no table")
    return [table for table in tables if table is not None]


def _text(package: dict[str, Any], key: str) -> str:
    value = package.get(key)
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"is not a lock file of a known shape: a package has no {key}")
    return value
