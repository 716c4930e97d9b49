"""How a server differs from what was locked: every difference, and what it means."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from pytest_mcpquality.health.definitions import Wire, array, is_array, is_object, mapping, text
from pytest_mcpquality.health.lock.changes import Change, Kind
from pytest_mcpquality.health.lock.document import KINDS
from pytest_mcpquality.health.lock.schemas import narrowed

_ANNOTATIONS: Final[Mapping[str, bool]] = {
    "readOnlyHint": False,
    "destructiveHint": True,
    "idempotentHint": False,
    "openWorldHint": True,
}
"""A tool's hints, and what holds where they are not given (the protocol's schema, ToolAnnotations)."""

_WORDS: Final = frozenset({"title", "description", "examples", "$comment"})
"""Keywords of a schema that say nothing about what it takes, and that a model reads."""

_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "tool": frozenset({"inputSchema", "outputSchema", "annotations"}),
    "resource": frozenset({"mimeType"}),
    "template": frozenset({"mimeType"}),
    "prompt": frozenset({"arguments"}),
}
"""What is compared by its meaning; any other difference is one of text."""


def drift(locked: Wire, now: Wire) -> tuple[Change, ...]:
    """Every change from one locked server to another, the worst first, then as they stand."""
    changes = [*_server(locked, now)]
    for kind, key in KINDS.items():
        changes += _listed(kind, mapping(locked.get(key)), mapping(now.get(key)))
    order = list(Kind)
    return tuple(sorted(changes, key=lambda change: order.index(change.kind)))


def _server(locked: Wire, now: Wire) -> Iterator[Change]:
    was, is_ = mapping(locked.get("identity")), mapping(now.get("identity"))
    if text(was, "name") != text(is_, "name"):
        yield Change(Kind.SUSPICIOUS, "", "", "the server calls itself by another name",
                     text(was, "name"), text(is_, "name"))  # fmt: skip
    if text(was, "version") != text(is_, "version"):
        yield Change(Kind.COMPATIBLE, "", "", "another version of the server",
                     text(was, "version"), text(is_, "version"))  # fmt: skip
    for key in ("title", "description", "websiteUrl"):
        if text(was, key) != text(is_, key):
            what = f"its {key} changed"
            yield Change(Kind.SUSPICIOUS, "", "", what, text(was, key), text(is_, key))
    before, after = text(locked, "protocol"), text(now, "protocol")
    if before != after:
        # Versions are dates: the later one sorts behind.
        kind = Kind.COMPATIBLE if after > before else Kind.BREAKING
        yield Change(kind, "", "", "another version of the protocol", before, after)
    if text(locked, "instructions") != text(now, "instructions"):
        yield Change(Kind.SUSPICIOUS, "", "", "instructions changed",
                     text(locked, "instructions"), text(now, "instructions"))  # fmt: skip


def _listed(kind: str, was: Wire, now: Wire) -> Iterator[Change]:
    gone = {name: mapping(was[name]) for name in was if name not in now}
    new = {name: mapping(now[name]) for name in now if name not in was}
    for name, item in gone.items():
        renamed = next((other for other, its in new.items() if _same_but_name(item, its)), None)
        what = "removed" if renamed is None else f"renamed to {renamed}"
        yield Change(Kind.BREAKING, kind, name, what, before=_json(item))
    for name, item in new.items():
        yield Change(Kind.COMPATIBLE, kind, name, "added", after=_json(item))
    for name in was:
        if name in now:
            yield from _item(kind, name, mapping(was[name]), mapping(now[name]))


def _same_but_name(was: Wire, now: Wire) -> bool:
    names = {"name", "uri", "uriTemplate"}
    return {k: v for k, v in was.items() if k not in names} == {k: v for k, v in now.items() if k not in names}


def _item(kind: str, name: str, was: Wire, now: Wire) -> Iterator[Change]:
    for key in sorted((was.keys() | now.keys()) - _KNOWN[kind]):
        if was.get(key) != now.get(key):
            yield Change(Kind.SUSPICIOUS, kind, name, f"{key} changed", _shown(was.get(key)), _shown(now.get(key)))
    if kind == "tool":
        for key, compared in (("inputSchema", _inputs), ("outputSchema", _outputs)):
            changes = list(compared(name, was.get(key), now.get(key)))
            yield from changes or _otherwise(kind, name, key, was.get(key), now.get(key))
        yield from _annotations(name, mapping(was.get("annotations")), mapping(now.get("annotations")))
    elif kind == "prompt":
        changes = list(_arguments(name, was.get("arguments"), now.get("arguments")))
        yield from changes or _otherwise(kind, name, "arguments", was.get("arguments"), now.get("arguments"))
    elif was.get("mimeType") != now.get("mimeType"):
        yield Change(Kind.BREAKING, kind, name, "mimeType changed", text(was, "mimeType"), text(now, "mimeType"))


def _inputs(name: str, was: object, now: object) -> Iterator[Change]:
    """What a caller sends: breaking where less is taken, compatible where more is."""
    if was == now:
        return
    yield from _texts(name, "inputSchema", was, now)
    yield from _defaults(name, was, now)
    gone, new = _members(was, now, "arguments"), _members(now, was, "arguments")
    for place, member in gone.items():
        yield Change(Kind.BREAKING, "tool", name, f"{place} was removed", before=_json(member))
    needed: set[str] = set()
    for narrowing in narrowed(was, now, "arguments"):
        needed.add(narrowing.place)
        if narrowing.place not in gone:
            yield Change(Kind.BREAKING, "tool", name, f"{narrowing.place} {narrowing.what}")
    for place, member in new.items():
        if place not in needed:
            yield Change(Kind.COMPATIBLE, "tool", name, f"{place} was added, optional", after=_json(member))
    for place in dict.fromkeys(narrowing.place for narrowing in narrowed(now, was, "arguments")):
        if place not in new:
            yield Change(Kind.COMPATIBLE, "tool", name, f"{place} takes more than before")


def _members(here: object, there: object, place: str) -> dict[str, object]:
    """The members that only the first of two schemas has, in objects that both have, by their places."""
    others = dict(_places(there, ""))
    return {
        f"{place}{_short(where)}.{name}": member
        for where, schema in _places(here, "")
        if where in others
        for name, member in mapping(schema.get("properties")).items()
        if name not in mapping(others[where].get("properties"))
    }


def _short(where: str) -> str:
    """A place as messages have it: `.properties.filter.items` is `.filter[]`."""
    return where.replace(".properties.", ".").replace(".items", "[]")


def _otherwise(kind: str, name: str, key: str, was: object, now: object) -> Iterator[Change]:
    """What no comparison by meaning saw: it is said, so that nothing changes unseen."""
    if _sorted(was) != _sorted(now):
        what = f"{key} is written differently, and takes the same as far as can be told"
        yield Change(Kind.COMPATIBLE, kind, name, what, _shown(was), _shown(now))


def _sorted(value: object, key: str = "") -> object:
    """A schema with the lists sorted whose order means nothing."""
    if is_object(value):
        return {name: _sorted(each, name) for name, each in value.items()}
    if is_array(value):
        items = [_sorted(each) for each in value]
        return sorted(items, key=_json) if key in {"required", "enum", "type"} else items
    return value


def _outputs(name: str, was: object, now: object) -> Iterator[Change]:
    """What a caller gets: breaking where it may be something else than before."""
    if was == now:
        return
    if now is None:
        yield Change(Kind.BREAKING, "tool", name, "outputSchema was removed", before=_json(was))
        return
    if was is None:
        yield Change(Kind.COMPATIBLE, "tool", name, "outputSchema was added", after=_json(now))
        return
    yield from _texts(name, "outputSchema", was, now)
    for place in {each.place: None for each in narrowed(now, was, "result")}:
        yield Change(Kind.BREAKING, "tool", name, f"{place} may be what it could not be before")
    for each in narrowed(was, now, "result"):
        yield Change(Kind.COMPATIBLE, "tool", name, f"{each.place} {each.what}")


def _texts(name: str, schema: str, was: object, now: object) -> Iterator[Change]:
    """Texts inside a schema: of what is there before and after, every change; of what is new, nothing."""
    before, after = dict(_words(was, "")), dict(_words(now, ""))
    places = dict(_places(was, ""))
    for place in [*before, *(each for each in after if each not in before)]:
        parent = place.rpartition(".")[0]
        if before.get(place) != after.get(place) and (place in before or parent in places):
            what = f"{schema}{place} changed"
            yield Change(Kind.SUSPICIOUS, "tool", name, what, before.get(place, ""), after.get(place, ""))


def _words(schema: object, place: str) -> Iterator[tuple[str, str]]:
    for where, each in _places(schema, place):
        for key, value in each.items():
            if key in _WORDS:
                yield f"{where}.{key}", _shown(value)


def _places(schema: object, place: str) -> Iterator[tuple[str, Wire]]:
    """Every schema inside a schema, itself first, by its place. Under `properties` stand names, not keywords."""
    if not is_object(schema):
        return
    yield place, schema
    for key, value in schema.items():
        where = f"{place}.{key}"
        if key in {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}:
            for name, inner in mapping(value).items():
                yield from _places(inner, f"{where}.{name}")
        elif is_object(value):
            yield from _places(value, where)
        elif is_array(value):
            for number, inner in enumerate(value):
                yield from _places(inner, f"{where}[{number}]")


def _defaults(name: str, was: object, now: object) -> Iterator[Change]:
    before, after = dict(_places(was, "")), dict(_places(now, ""))
    for place, schema in before.items():
        if place in after and schema.get("default") != after[place].get("default"):
            yield Change(Kind.BREAKING, "tool", name, f"inputSchema{place}.default changed",
                         _shown(schema.get("default")), _shown(after[place].get("default")))  # fmt: skip


def _annotations(name: str, was: Wire, now: Wire) -> Iterator[Change]:
    """Hints decide what a client does without asking: a change either way is not what was reviewed."""
    for hint, given in _ANNOTATIONS.items():
        before, after = was.get(hint, given), now.get(hint, given)
        if before != after:
            yield Change(Kind.SUSPICIOUS, "tool", name, f"annotation {hint} changed", _json(before), _json(after))
    for key in sorted((was.keys() | now.keys()) - _ANNOTATIONS.keys()):
        if was.get(key) != now.get(key):
            what = f"annotation {key} changed"
            yield Change(Kind.SUSPICIOUS, "tool", name, what, _shown(was.get(key)), _shown(now.get(key)))


def _arguments(name: str, was: object, now: object) -> Iterator[Change]:
    before = {text(each, "name"): mapping(each) for each in array(was)}
    after = {text(each, "name"): mapping(each) for each in array(now)}
    for key, argument in before.items():
        if key not in after:
            yield Change(Kind.BREAKING, "prompt", name, f"argument {key} was removed", before=_json(argument))
            continue
        for word in ("title", "description"):
            if text(argument, word) != text(after[key], word):
                yield Change(Kind.SUSPICIOUS, "prompt", name, f"{word} of argument {key} changed",
                             text(argument, word), text(after[key], word))  # fmt: skip
        if bool(argument.get("required")) != bool(after[key].get("required")):
            needed = bool(after[key].get("required"))
            what = f"argument {key} is {'now' if needed else 'no longer'} required"
            yield Change(Kind.BREAKING if needed else Kind.COMPATIBLE, "prompt", name, what)
    for key, argument in after.items():
        if key not in before:
            needed = bool(argument.get("required"))
            what = f"argument {key} was added, {'required' if needed else 'optional'}"
            yield Change(Kind.BREAKING if needed else Kind.COMPATIBLE, "prompt", name, what, after=_json(argument))


def _shown(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
