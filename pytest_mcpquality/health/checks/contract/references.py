"""The references of a JSON schema, and those that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from pytest_mcpquality.health.definitions import is_array, is_object

# Below these stand values of the described thing, and no schemas.
_VALUES: Final = frozenset({"const", "default", "enum", "example", "examples"})
_MAX_DEPTH: Final = 64

_KNOWN: Final = "//json-schema.org/"
"""In references to the meta-schemas, which every validator has."""


def dangling(schema: object) -> list[str]:
    """References that lead nowhere within the schema, each once; those out of it are not followed."""
    anchors = set(_anchors(schema))
    return [
        reference
        for reference in dict.fromkeys(_references(schema))
        if reference.startswith("#") and not _leads_somewhere(schema, reference[1:], anchors)
    ]


def outside(schema: object) -> list[str]:
    """References to other documents, each once."""
    own = set(_identifiers(schema))
    found = dict.fromkeys(reference for reference in _references(schema) if not reference.startswith("#"))
    return [reference for reference in found if reference.partition("#")[0] not in own and _KNOWN not in reference]


def _leads_somewhere(schema: object, pointer: str, anchors: set[str]) -> bool:
    if pointer and not pointer.startswith("/"):
        return pointer in anchors
    found: object = schema
    for part in pointer.split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if is_object(found) and name in found:
            found = found[name]
        elif is_array(found) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return False
    return True


def _references(schema: object) -> Iterator[str]:
    for key, value in _pairs(schema):
        if key in {"$ref", "$dynamicRef", "$recursiveRef"}:
            yield value


def _anchors(schema: object) -> Iterator[str]:
    for key, value in _pairs(schema):
        if key in {"$anchor", "$dynamicAnchor"}:
            yield value
        elif key in {"$id", "id"} and value.startswith("#"):
            yield value[1:]


def _identifiers(schema: object) -> Iterator[str]:
    yield from (value.partition("#")[0] for key, value in _pairs(schema) if key == "$id")


def _pairs(schema: object, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text of the schema, with its key."""
    if depth > _MAX_DEPTH:
        return
    if is_object(schema):
        for key, value in schema.items():
            if isinstance(value, str):
                yield key, value
            elif key not in _VALUES:
                yield from _pairs(value, depth + 1)
    elif is_array(schema):
        for each in schema:
            yield from _pairs(each, depth + 1)
