r"""The results document: `Results` as JSON and back, described by `schema/results-1.0.schema.json`.

The document holds the fields of `Results` under their own names, and `schema_version` beside them. Every
field is always there. It is ASCII: bytes of file names that are not UTF-8 stand as `\\udcXX` escapes, so that
they survive.
"""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.resources import files
from types import NoneType, UnionType
from typing import Any, NoReturn, cast, get_args, get_origin, get_type_hints

from mcpquality_reports.documents import lines
from mcpquality_scanners.errors import UsageError, WriteError
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import SCHEMA_VERSION, Results

_ADDED = frozenset(
    {
        "comparison",
        "dependency_path",
        "epss",
        "known_exploited",
        "missing_functions",
        "partial_branches",
        "reach",
        "remediation",
        "subject",
        "upgrade",
        "upgrade_allowed",
    }
)
"""Fields that documents written before they were added may lack; no other default may stand for what is missing."""


class JsonReport:
    """The versioned results document, from which every other report can be made again."""

    name = "json"
    suffix = ".json"

    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - holds no code
        """See `Report.render`.

        Raises:
            WriteError: A figure is not a finite number.
        """
        document = {"schema_version": SCHEMA_VERSION, **_plain(results)}
        try:
            return "".join(lines(document)) + "\n"
        except ValueError as error:
            raise WriteError(
                "the results hold a figure that is not finite, which JSON cannot hold:"
                " look for `inf` or `nan` in the limits of the configuration"
            ) from error


REPORT = JsonReport()


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document."""
    path = files("mcpquality_reports") / "schema" / f"results-{SCHEMA_VERSION}.schema.json"
    return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))


def load(text: str) -> Results:
    """The results that a document holds.

    Raises:
        UsageError: It is not a results document of this version; the message says where it differs.
    """
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not a results document: it is not JSON ({error})") from error
    if not isinstance(document, dict) or "schema_version" not in document:
        raise UsageError("not a results document: it has no schema_version; give one written by --format json")
    given = cast("dict[str, object]", document)
    version = given.pop("schema_version")
    if version != SCHEMA_VERSION:
        raise UsageError(
            f"a results document of version {version!r}, where this mcpquality reads {SCHEMA_VERSION!r}:"
            " render it with the version that wrote it, or scan again"
        )
    return cast("Results", _value(Results, given, "results"))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _plain(value: Any) -> Any:  # noqa: ANN401 - what the dataclasses hold
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, data: object, where: str) -> object:  # noqa: ANN401 - types as values
    """`data` as a value of the annotated type `kind`; `where` is its path in the document."""
    if get_origin(kind) is UnionType:
        return None if data is None else _value(_without_none(kind), data, where)
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind), data, where)
    if is_dataclass(kind):
        return _record(cast("type", kind), data, where)
    if issubclass(kind, enum.Enum):
        return _member(kind, data, where)
    return _scalar(kind, data, where)


def _without_none(union: object) -> object:
    return next(member for member in get_args(union) if member is not NoneType)


def _record(kind: type, data: object, where: str) -> object:
    if not isinstance(data, dict):
        raise _differs(where, "an object", data)
    hints = _hints(kind)
    # A field of another version that is empty says nothing; one that holds something is never passed over in silence.
    given = {name: value for name, value in cast("dict[str, object]", data).items() if name in hints or value}
    needed = hints.keys() - _ADDED
    if not needed <= given.keys() <= hints.keys():
        missing, unknown = sorted(needed - given.keys()), sorted(given.keys() - hints.keys())
        parts = [f"lacks {missing}" if missing else "", f"has unknown {unknown}" if unknown else ""]
        wrong = " and ".join(filter(None, parts))
        advice = "render it with the version of mcpquality that wrote it, or scan again"
        raise UsageError(f"not a results document of this version: {where} {wrong}: {advice}")
    return kind(**{name: _value(hints[name], value, f"{where}.{name}") for name, value in given.items()})


def _tuple(kinds: Sequence[object], data: object, where: str) -> tuple[object, ...]:
    if not isinstance(data, list):
        raise _differs(where, "a list", data)
    items = cast("list[object]", data)
    wanted = [kinds[0]] * len(items) if kinds[-1] is Ellipsis else kinds
    if len(items) != len(wanted):
        raise _differs(where, f"a list of {len(wanted)}", items)
    return tuple(
        _value(kind, item, f"{where}[{index}]") for index, (kind, item) in enumerate(zip(wanted, items, strict=True))
    )


def _member(kind: type[enum.Enum], data: object, where: str) -> enum.Enum:
    try:
        return kind(data)
    except ValueError:
        raise _differs(where, f"one of {', '.join(str(member.value) for member in kind)}", data) from None


def _scalar(kind: type, data: object, where: str) -> object:
    if kind is float:
        return _figure(data, where)
    if type(data) is not kind:
        raise _differs(where, f"a {kind.__name__}", data)
    return data


def _figure(data: object, where: str) -> float:
    try:
        number = math.nan if type(data) not in (int, float) else float(cast("float", data))
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _differs(where, "a number", data)
    return number


def _differs(where: str, wanted: str, data: object) -> UsageError:
    shown = json.dumps(data)[:80]
    return UsageError(f"not a results document: {where} must be {wanted}, not {shown}")
