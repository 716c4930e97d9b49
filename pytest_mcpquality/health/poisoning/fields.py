"""Every text of a server that a model may be given, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pytest_mcpquality.health.definitions import Definitions, is_array, is_object, text
from pytest_mcpquality.health.poisoning.wording import Place

MAX_DEPTH: Final = 64
"""Levels of nesting that are read; a definition nested deeper is named as not seen by who reads it."""

INSTRUCTIONS: Final = "instructions"
"""The place of what a server tells every client at the start."""

_NAMED: Final = " (name)"

# Identifiers and addresses, unless somebody writes sentences there.
_NO_PROSE: Final = frozenset(
    {"mimeType", "$ref", "$schema", "$id", "type", "format", "pattern", "src", "protocolVersion"}
)

# Below these stand names that the author chose.
_NAMES: Final = ("properties", "patternProperties", "$defs", "definitions")


@dataclass(frozen=True, slots=True)
class TextField:
    """One text: of what (`tool`, `resource`, `template`, `prompt`, empty for the server), where in it, and itself."""

    kind: str
    name: str
    place: str
    text: str

    @property
    def stands(self) -> Place:
        """What kind of place that is."""
        if self.place == "description":
            return Place.DESCRIPTION
        if self.place == "name" or self.place.endswith(_NAMED):
            return Place.NAME
        if self.place.rpartition(".")[2] == "title":
            return Place.TITLE
        return Place.PARAMETER if self.place.endswith(".description") else Place.ELSEWHERE


def text_fields(definitions: Definitions) -> Iterator[TextField]:
    """All texts, the server's own first, then as listed; names of parameters are among them."""
    if definitions.instructions:
        yield TextField("", "", INSTRUCTIONS, definitions.instructions)
    for key in ("name", "title", "description"):
        if value := text(definitions.info, key):
            yield TextField("", "", f"serverInfo.{key}", value)
    for kind, name, item in definitions.listed():
        for place, value in _texts(item):
            yield TextField(kind, name, place, value)


def nested_too_deeply(value: object, depth: int = 0) -> bool:
    """Whether a definition goes deeper than is read."""
    if depth > MAX_DEPTH:
        return True
    inner = value.values() if is_object(value) else value if is_array(value) else ()
    return any(nested_too_deeply(each, depth + 1) for each in inner if not isinstance(each, str))


def _texts(value: object) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    _collect(value, "", 0, found)
    return found


def _collect(value: object, place: str, depth: int, found: list[tuple[str, str]]) -> None:
    """Texts and their places, in their order, into a list: generators in generators take three times as long."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        found.append((place, value))
    elif is_object(value):
        named = place.endswith(_NAMES)
        for key, each in value.items():
            where = f"{place}.{key}" if place else key
            if key in _NO_PROSE and isinstance(each, str) and len(each.split()) <= 1:
                continue
            if named or len(key.split()) > 1:
                found.append((f"{where}{_NAMED}", key))
            _collect(each, where, depth + 1, found)
    elif is_array(value):
        for number, each in enumerate(value):
            _collect(each, f"{place}[{number}]", depth + 1, found)
