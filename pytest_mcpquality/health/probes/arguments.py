"""Arguments for a tool from its JSON schema: some that fit it, and some that cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mcpquality.health.definitions import Wire, array, is_array, is_object, mapping

FOREIGN = {"mcpquality": "not what the schema says"}
"""An object, for what is to be a text or a number: nothing turns it into one."""

MADE_UP = "example"
"""A text where any will do."""

EXTRA_NAME = "mcpquality_extra"

_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Fitting:
    """Arguments that fit; `made_up` when texts or numbers in them mean nothing to the tool."""

    arguments: dict[str, Any]
    made_up: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """Arguments that do not fit, and the name of the one that does not."""

    arguments: dict[str, Any]
    where: str


class _NoValueError(Exception):
    """No value can be made."""


def fitting(schema: object) -> Fitting | None:
    """The required arguments, from what the schema itself gives; None where it does not give enough."""
    maker = _Maker(mapping(schema))
    try:
        return Fitting(maker.required_of(mapping(schema), 0), maker.made_up)
    except _NoValueError:
        return None


def missing(schema: object) -> Wrong | None:
    """Nothing at all, where something is required."""
    names = [str(name) for name in array(mapping(schema).get("required"))]
    return Wrong({}, names[0]) if names else None


def wrong_type(schema: object) -> Wrong | None:
    """One argument of a type that cannot be turned into the right one, the others as good as they can be made."""
    return _replaced(schema, _foreign)


def coercible(schema: object) -> Wrong | None:
    """A whole number as a text."""
    return _replaced(schema, lambda wanted: "1" if wanted.get("type") == "integer" and "enum" not in wanted else None)


def extra(schema: object) -> Wrong | None:
    """One argument more than a schema allows that says it allows no more."""
    fits = fitting(schema)
    if fits is None or mapping(schema).get("additionalProperties") is not False:
        return None
    return Wrong({**fits.arguments, EXTRA_NAME: 1}, EXTRA_NAME)


def _foreign(wanted: Wire) -> object:
    """A value of another type, for a property that says plainly which it has."""
    match wanted.get("type"):
        case "string" | "integer" | "number" | "boolean":
            return dict(FOREIGN)
        case "array" | "object":
            return 1
        case _:
            return None


def _replaced(schema: object, value_for: Callable[[Wire], object]) -> Wrong | None:
    whole = mapping(schema)
    properties, required = mapping(whole.get("properties")), array(whole.get("required"))
    for name in sorted(properties, key=lambda each: each not in required):
        value = value_for(mapping(properties[name]))
        if value is not None:
            return Wrong({**_others(whole), name: value}, name)
    return None


def _others(schema: Wire) -> dict[str, Any]:
    """As many required arguments as can be made."""
    properties = mapping(schema.get("properties"))
    made: dict[str, Any] = {}
    for name in map(str, array(schema.get("required"))):
        try:
            made[name] = _Maker(schema).value(mapping(properties.get(name)), 0)
        except _NoValueError:
            made[name] = MADE_UP
    return made


class _Maker:
    """Makes values for one schema.

    Attributes:
        made_up: Whether a text had to be made up.
    """

    def __init__(self, root: Wire) -> None:
        self._root = root
        self.made_up = False

    def required_of(self, schema: Wire, depth: int) -> dict[str, Any]:
        properties = mapping(schema.get("properties"))
        return {
            name: self.value(mapping(properties.get(name)), depth + 1)
            for name in map(str, array(schema.get("required")))
        }

    def value(self, schema: Wire, depth: int) -> object:
        """A value, at best one that the schema itself gives."""
        if depth > _DEEPEST:
            raise _NoValueError
        for key in ("const", "default"):
            if schema.get(key) is not None:
                return schema[key]
        for key in ("examples", "enum"):
            if values := array(schema.get(key)):
                return values[0]
        return self._of_type(schema, depth)

    def _of_type(self, schema: Wire, depth: int) -> object:
        if "$ref" in schema:
            return self.value(self._resolved(str(schema["$ref"])), depth + 1)
        for key in ("anyOf", "oneOf"):
            if choices := array(schema.get(key)):
                return self._first_of(choices, depth)
        return self._plain(schema, _kind(schema), depth)

    def _plain(self, schema: Wire, kind: object, depth: int) -> object:
        match kind:
            case "string":
                return self._text(schema)
            case "integer" | "number":
                self.made_up = True
                return _number(schema)
            case "boolean":
                return False
            case "array":
                return [self.value(mapping(schema.get("items")), depth + 1) for _ in range(_count(schema))]
            case "object":
                return self.required_of(schema, depth)
            case _:
                raise _NoValueError

    def _first_of(self, choices: list[object], depth: int) -> object:
        for choice in choices:
            try:
                return self.value(mapping(choice), depth + 1)
            except _NoValueError:
                continue
        raise _NoValueError

    def _resolved(self, reference: str) -> Wire:
        if not reference.startswith("#/"):
            raise _NoValueError
        found: object = self._root
        for part in reference[2:].split("/"):
            found = mapping(found).get(part.replace("~1", "/").replace("~0", "~"))
        if not is_object(found):
            raise _NoValueError
        return found

    def _text(self, schema: Wire) -> str:
        if "pattern" in schema or "format" in schema or _int(schema, "minLength", 0) > len(MADE_UP):
            raise _NoValueError
        self.made_up = True
        return MADE_UP[: _int(schema, "maxLength", len(MADE_UP))]


def _kind(schema: Wire) -> object:
    """The one type, or the first that is not null."""
    kind = schema.get("type")
    return next((each for each in kind if each != "null"), None) if is_array(kind) else kind


def _number(schema: Mapping[str, object]) -> float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    value = low if isinstance(low, int | float) else 0
    if "minimum" not in schema and "exclusiveMinimum" in schema:
        value += 1
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if isinstance(high, int | float) and value > high:
        if low is not None:
            raise _NoValueError
        value = high - 1
    return value


def _count(schema: Wire) -> int:
    count = _int(schema, "minItems", 0)
    if count > _DEEPEST:
        raise _NoValueError
    return count


def _int(schema: Wire, key: str, default: int) -> int:
    value = schema.get(key)
    return value if isinstance(value, int) else default
