"""Which values a JSON Schema no longer takes, compared with an earlier one.

`narrowed(before, after)` names the places where `after` refuses what `before` took. For what goes into a tool that
is what breaks callers; for what comes out, it is `narrowed(after, before)` that does. Where two schemas differ in a
way that is not understood (`not`, `if`, `patternProperties` ...), it is taken for narrowed: a guess on the safe side.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from pytest_mcpquality.health.definitions import Wire, array, is_object, mapping

MAX_DEPTH: Final = 32
"""Levels of nesting that are followed, recursive schemas included; below, only equality is looked at."""

_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_AT_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_AT_MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT: Final = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType")
_WORDS: Final = frozenset({"title", "description", "examples", "default", "deprecated", "$schema", "$id", "$comment"})
_STRUCTURE: Final = frozenset(
    {"type", "enum", "const", "required", "properties", "additionalProperties", "items", "anyOf", "oneOf", "$ref",
     "$defs", "definitions"}
)  # fmt: skip
_UNDERSTOOD: Final = _WORDS | _STRUCTURE | {*_AT_LEAST, *_AT_MOST, *_EXACT}
_NOTHING: Final[Wire] = {"not": {}}


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A place (`arguments.limit`, `result.items[]`) and in words what is no longer taken there."""

    place: str
    what: str


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two schemas at one place, each with the document its references point into."""

    before: Wire
    after: Wire
    before_root: Wire
    after_root: Wire
    place: str
    depth: int = 0
    followed: set[tuple[object, object]] = field(default_factory=set[tuple[object, object]])
    """Pairs of references that are or were compared: a schema that holds itself is looked at once."""

    def inner(self, before: object, after: object, place: str) -> _Pair:
        return replace(self, before=_schema(before), after=_schema(after), place=place, depth=self.depth + 1)


def narrowed(before: object, after: object, place: str) -> tuple[Narrowing, ...]:
    """Where `after` refuses something that `before` took, each place once, in the order of the schema."""
    old, new = _schema(before), _schema(after)
    return tuple(dict.fromkeys(_narrowed(_Pair(old, new, old, new, place))))


def _schema(value: object) -> Wire:
    if value is False:
        return _NOTHING
    return mapping(value)


def _narrowed(pair: _Pair) -> Iterator[Narrowing]:
    if pair.before == pair.after and pair.before_root == pair.after_root:
        return
    if pair.depth > MAX_DEPTH:
        if pair.before != pair.after:
            yield Narrowing(pair.place, "changed, deeper than is looked at")
        return
    references = (pair.before.get("$ref"), pair.after.get("$ref"))
    if references != (None, None):
        if references in pair.followed:
            return
        pair.followed.add(references)
    before, after = _resolved(pair.before, pair.before_root), _resolved(pair.after, pair.after_root)
    pair = replace(pair, before=before, after=after)
    if _is_choice(before) or _is_choice(after):
        yield from _choices(pair)
        return
    yield from _types(pair)
    yield from _values(pair)
    yield from _limits(pair)
    yield from _members(pair)
    yield from _unknown(pair)


def _resolved(schema: Wire, root: Wire) -> Wire:
    """The schema that a local reference points at, with what stands beside the reference."""
    seen: set[str] = set()
    while isinstance(reference := schema.get("$ref"), str) and reference not in seen:
        seen.add(reference)
        target = _pointed_at(reference, root)
        if target is None:
            return schema
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _pointed_at(reference: str, root: Wire) -> Wire | None:
    if not reference.startswith("#"):
        return None
    value: object = root
    for part in reference[1:].split("/")[1:]:
        value = mapping(value).get(part.replace("~1", "/").replace("~0", "~"))
    return value if is_object(value) else None


def _is_choice(schema: Wire) -> bool:
    return "anyOf" in schema or "oneOf" in schema


def _alternatives(schema: Wire) -> list[Wire]:
    """What a schema offers to choose from, each with what holds for all of them."""
    choice = array(schema.get("anyOf")) or array(schema.get("oneOf"))
    if not choice:
        return [schema]
    common = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf"} | _WORDS}
    return [{**common, **_schema(each)} for each in choice]


def _choices(pair: _Pair) -> Iterator[Narrowing]:
    """Each alternative there was has to fit into one there is."""
    now = _alternatives(pair.after)
    for was in _alternatives(pair.before):
        if not any(_fits(replace(pair.inner(was, each, pair.place), followed=set(pair.followed))) for each in now):
            yield Narrowing(pair.place, f"no longer takes {_brief(was)}")


def _fits(pair: _Pair) -> bool:
    return next(_narrowed(pair), None) is None


def _types(pair: _Pair) -> Iterator[Narrowing]:
    lost = _type_names(pair.before) - _type_names(pair.after)
    if "number" in _type_names(pair.after):
        lost -= {"integer"}
    if not lost:
        return
    if lost == _TYPES - _type_names(pair.after) and "type" not in pair.before:
        yield Narrowing(pair.place, f"takes only {_listed(_type_names(pair.after))}, took any type")
    else:
        yield Narrowing(pair.place, f"no longer takes {_listed(lost)}")


def _type_names(schema: Wire) -> frozenset[str]:
    given = schema.get("type")
    names = {given} if isinstance(given, str) else {name for name in array(given) if isinstance(name, str)}
    return frozenset(names) or _TYPES


def _listed(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))


def _values(pair: _Pair) -> Iterator[Narrowing]:
    now = _allowed(pair.after)
    if now is None:
        return
    was = _allowed(pair.before)
    if was is None:
        yield Narrowing(pair.place, f"takes only {', '.join(sorted(now))}")
    elif lost := sorted(was - now):
        yield Narrowing(pair.place, f"no longer takes {', '.join(lost)}")


def _allowed(schema: Wire) -> frozenset[str] | None:
    """The values of `enum` or `const` as JSON; None where any will do."""
    if "const" in schema:
        return frozenset({_json(schema["const"])})
    return frozenset(map(_json, array(schema["enum"]))) if "enum" in schema else None


def _limits(pair: _Pair) -> Iterator[Narrowing]:
    for keyword in _AT_LEAST + _AT_MOST:
        was, now = _number(pair.before.get(keyword)), _number(pair.after.get(keyword))
        if now is None or was == now:
            continue
        tighter = was is None or (now > was if keyword in _AT_LEAST else now < was)
        if tighter and not (was is None and now == 0 and keyword in _AT_LEAST[2:]):
            yield Narrowing(pair.place, f"{keyword} is {_json(now)}, was {'not set' if was is None else _json(was)}")
    for keyword in _EXACT:
        if keyword in pair.after and pair.before.get(keyword) != pair.after[keyword]:
            was_text = _json(pair.before[keyword]) if keyword in pair.before else "not set"
            yield Narrowing(pair.place, f"{keyword} is {_json(pair.after[keyword])}, was {was_text}")


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _members(pair: _Pair) -> Iterator[Narrowing]:
    was, now = mapping(pair.before.get("properties")), mapping(pair.after.get("properties"))
    required = _names(pair.after) - _names(pair.before)
    for name in sorted(required):
        yield Narrowing(f"{pair.place}.{name}", "is now required")
    closed = pair.after.get("additionalProperties") is False
    if closed and pair.before.get("additionalProperties") is not False and not was.keys() - now.keys():
        yield Narrowing(pair.place, "takes no further members, took any")
    for name, schema in was.items():
        place = f"{pair.place}.{name}"
        if name in now:
            yield from _narrowed(pair.inner(schema, now[name], place))
        elif closed:
            yield Narrowing(place, "is no longer taken")
    if pair.after.get("items") is not None:
        yield from _narrowed(pair.inner(pair.before.get("items"), pair.after["items"], f"{pair.place}[]"))
    was_extra, extra = pair.before.get("additionalProperties"), pair.after.get("additionalProperties")
    if is_object(extra) and was_extra is not False:
        yield from _narrowed(pair.inner(was_extra, extra, f"{pair.place}.*"))


def _names(schema: Wire) -> set[str]:
    return {name for name in array(schema.get("required")) if isinstance(name, str)}


def _unknown(pair: _Pair) -> Iterator[Narrowing]:
    for keyword in sorted((pair.before.keys() | pair.after.keys()) - _UNDERSTOOD):
        if keyword in pair.after and pair.before.get(keyword) != pair.after[keyword]:
            yield Narrowing(pair.place, f"{keyword} changed")


def _brief(schema: Wire) -> str:
    if (values := _allowed(schema)) is not None:
        return ", ".join(sorted(values))
    return _listed(_type_names(schema)) if "type" in schema else _json(schema)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
