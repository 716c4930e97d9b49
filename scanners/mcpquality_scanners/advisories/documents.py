"""The text of a record as a value, whatever somebody put into it: size, depth and references are limited."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from mcpquality_scanners.advisories.records import BadRecordError

SUFFIXES = (".json", ".yaml", ".yml")
"""What files of records are called."""

RECORD_CAP = 8 * 1024 * 1024
"""Bytes of a record; the largest of the official exports have some hundred thousand."""

_DEPTH = 64
"""How deep a record may nest; the schema needs ten."""


def is_record(path: str) -> bool:
    """Whether a file is called like a record."""
    return path.lower().endswith(SUFFIXES)


def read_document(path: str, data: bytes) -> object:
    """The JSON or YAML value in `data`; the path's suffix says which of the two.

    Scalars of YAML are all texts: a version such as 1.10 must not become a number.

    Raises:
        BadRecordError: It is larger or deeper than any record, or does not parse.
    """
    if len(data) > RECORD_CAP:
        raise BadRecordError(f"it is larger than {RECORD_CAP // 1024**2} MB, which no record is")
    if PurePosixPath(path).suffix.lower() == ".json":
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise BadRecordError("it is not JSON") from error
    return _yaml(data)


def _yaml(data: bytes) -> object:
    import yaml  # noqa: PLC0415 - exports are JSON as a rule

    # Made from events: PyYAML's own composer calls itself for each level, and deep text ends the process.
    try:
        return _built(yaml.parse(data, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)), yaml)
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, BadRecordError):
            raise
        raise BadRecordError("it is not YAML") from error


def _built(events: Any, yaml: Any) -> object:  # noqa: ANN401 - PyYAML's events have no useful types
    """The value of one document of events."""
    root: list[object] = []
    stack: list[_Node] = [_Node(root)]
    for event in events:
        match event:
            case yaml.ScalarEvent():
                stack[-1].add(None if event.implicit[0] and event.value in {"", "~", "null"} else event.value)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(stack) > _DEPTH:
                    raise BadRecordError("it is nested deeper than any record")
                made: list[object] | dict[str, object] = {} if isinstance(event, yaml.MappingStartEvent) else []
                stack[-1].add(made)
                stack.append(_Node(made))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                stack.pop()
            case yaml.AliasEvent():
                raise BadRecordError("it uses YAML's references, which can make much of little")
            case _:
                pass  # where the stream and its documents start and end
    if len(root) != 1:
        raise BadRecordError("it does not hold exactly one YAML document")
    return root[0]


class _Node:
    """A collection that is being filled."""

    def __init__(self, target: list[object] | dict[str, object]) -> None:
        self._target = target
        self._key: object = _NO_KEY

    def add(self, value: object) -> None:
        if isinstance(self._target, list):
            self._target.append(value)
        elif self._key is _NO_KEY:
            if not isinstance(value, str):
                raise BadRecordError("a key in it is no text")
            self._key = value
        else:
            self._target[str(self._key)] = value
            self._key = _NO_KEY


_NO_KEY = object()
