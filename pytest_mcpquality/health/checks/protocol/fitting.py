"""Whether a value fits a JSON schema that a stranger wrote."""

from __future__ import annotations

from typing import Any, cast

from mcpquality_scanners.text import one_line
from pytest_mcpquality.health.definitions import Wire, is_array, is_object

SHOWN = 200
"""Characters of a problem that are shown."""


class NotCheckedError(Exception):
    """Why it cannot be told."""


def problem_of(schema: Wire, value: object) -> str:
    """What is wrong with the value, in a few words; empty when nothing is.

    Patterns are not matched: a stranger's may take for ever. References are followed within the schema only.

    Raises:
        NotCheckedError: It cannot be told.
    """
    if _depends_on_patterns(schema):
        raise NotCheckedError("its output schema says by patterns which properties it has")
    validators, registry, exceptions = _jsonschema()
    if not isinstance(schema.get("$schema", ""), str):
        raise NotCheckedError("its output schema has a $schema that is no text")
    kind = validators.validator_for(schema, default=validators.Draft202012Validator)
    try:
        kind.check_schema(schema)
        without_patterns = validators.extend(kind, {"pattern": _no_problem})
        found = exceptions.best_match(without_patterns(schema, registry=registry()).iter_errors(value))
    except exceptions.SchemaError as error:
        raise NotCheckedError(f"its output schema is no JSON schema: {one_line(error.message, SHOWN)}") from error
    except (_unresolvable(), RecursionError) as error:
        raise NotCheckedError(f"its output schema cannot be followed: {one_line(str(error), SHOWN)}") from error
    return "" if found is None else one_line(f"{found.json_path}: {found.message}", SHOWN)


def _depends_on_patterns(schema: object) -> bool:
    if is_object(schema):
        return "patternProperties" in schema or any(_depends_on_patterns(each) for each in schema.values())
    return is_array(schema) and any(_depends_on_patterns(each) for each in schema)


def _jsonschema() -> tuple[Any, Any, Any]:
    """Its types are half known only, so none are claimed."""
    from jsonschema import exceptions, validators  # noqa: PLC0415 - slow to import, for tools with output schemas only
    from referencing import Registry  # noqa: PLC0415 - as above

    return validators, Registry, exceptions


def _unresolvable() -> type[Exception]:
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - as above

    return cast("type[Exception]", Unresolvable)


def _no_problem(*_: object) -> tuple[()]:
    return ()
