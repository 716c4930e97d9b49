"""What the cache keeps, as JSON, and what comes back: whoever may have written it, it is checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from pytest_mcpquality.remediation.policy import is_library_id
from pytest_mcpquality.remediation.values import Documentation, Library, Snippet, TransportKind
from pytest_mcpquality.resilience.cache.values import Json

T = TypeVar("T", Library, Snippet)

_FIELDS: Final = {kind: [(field.name, str(field.type)) for field in fields(kind)] for kind in (Library, Snippet)}


def documentation_record(documentation: Documentation) -> Json:
    """Documentation as JSON."""
    return {
        "library": documentation.library,
        "snippets": [_record(one) for one in documentation.snippets],
        "fetched_at": documentation.fetched_at.timestamp(),
        "transport": documentation.transport.value,
    }


def documentation_from(record: object, query: str) -> Documentation:
    """Documentation from JSON.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(record, dict):
        raise ValueError("no documentation")  # noqa: TRY004 - what is wrong is a value, whoever wrote it
    kept = cast("dict[str, object]", record)
    library, fetched_at = kept.get("library"), kept.get("fetched_at")
    snippets = _values(Snippet, kept.get("snippets"))
    if not snippets or not isinstance(library, str) or not is_library_id(library):
        raise ValueError("no documentation of a library")
    if not isinstance(fetched_at, int | float):
        raise ValueError("no time")  # noqa: TRY004 - as above
    return Documentation(library, query, snippets, _time(fetched_at), TransportKind(kept.get("transport")))


def libraries_record(libraries: Iterable[Library]) -> Json:
    """Libraries as JSON."""
    return [_record(one) for one in libraries]


def libraries_from(record: object) -> tuple[Library, ...]:
    """Libraries from JSON.

    Raises:
        ValueError: They are none.
    """
    return _values(Library, record)


def _record(value: Library | Snippet) -> dict[str, Json]:
    kept: dict[str, Any] = {name: getattr(value, name) for name, _ in _FIELDS[type(value)]}
    return {name: list(one) if isinstance(one, tuple) else one for name, one in kept.items()}  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType] - of strings


def _values(kind: type[T], records: object) -> tuple[T, ...]:
    """Values of a kind: each field of the type that it is declared with.

    Raises:
        ValueError: One is none.
    """
    if not isinstance(records, list):
        raise ValueError("no list")  # noqa: TRY004 - as above
    made: list[T] = []
    for record in cast("list[object]", records):
        if not isinstance(record, dict):
            raise ValueError("no record")  # noqa: TRY004 - as above
        made.append(_value(kind, cast("dict[str, object]", record)))
    return tuple(made)


def _value(kind: type[T], record: dict[str, object]) -> T:
    given: dict[str, Any] = {}
    for name, annotation in _FIELDS[kind]:
        value = record.get(name)
        if not _fits(annotation, value):
            raise ValueError(f"no {name}")
        given[name] = tuple(cast("list[str]", value)) if isinstance(value, list) else value
    return kind(**given)


def _fits(annotation: str, value: object) -> bool:
    match annotation:
        case "str":
            return isinstance(value, str)
        case "int":
            return isinstance(value, int)
        case "float | None":
            return value is None or isinstance(value, int | float)
        case _:
            return isinstance(value, list) and all(isinstance(one, str) for one in cast("list[object]", value))


def _time(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("no time") from error
