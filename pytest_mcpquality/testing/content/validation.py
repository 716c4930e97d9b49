"""Whether arguments fit a JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

_PLAIN_TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
_PLAIN_OBJECT = frozenset({"type", "properties", "required", "title", "description"})
_PLAIN_PROPERTY = frozenset({"type", "title", "description", "default"})


def problems(schema: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    """What is wrong with arguments, in one line; empty if nothing is."""
    if _plainly_fits(schema, value):
        return ""
    errors = _validator(json.dumps(schema, sort_keys=True)).iter_errors(value)
    return "; ".join(f"{error.json_path}: {error.message}" for error in errors)


def _plainly_fits(schema: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """Whether the schema is of the plain kind that most tools have, and the arguments fit it.

    What is not plain is not decided here. A whole validator takes a third of the time of a call.
    """
    if not schema.keys() <= _PLAIN_OBJECT or schema.get("type") != "object":
        return False
    properties: Mapping[str, Any] = schema.get("properties", {})
    if any(name not in value for name in schema.get("required", ())):
        return False
    return all(name not in properties or _plainly_is(properties[name], given) for name, given in value.items())


def _plainly_is(schema: Any, value: object) -> bool:  # noqa: ANN401 - any JSON
    if not isinstance(schema, dict):
        return False
    plain = cast("dict[str, Any]", schema)
    # Exactly this type, as a bool is an int for Python but no integer for JSON.
    return plain.keys() <= _PLAIN_PROPERTY and type(value) is _PLAIN_TYPES.get(plain.get("type", ""))


@lru_cache(maxsize=256)
def _validator(schema: str) -> Validator:
    return Draft202012Validator(json.loads(schema))
