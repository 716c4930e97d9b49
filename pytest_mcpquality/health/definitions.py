"""What a server says about itself: the texts that a model is given, as they came over the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeGuard

Wire: TypeAlias = Mapping[str, object]
"""A JSON object as the server sent it, its names in camelCase."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """All pages of all lists of one server, taken in one session.

    Attributes:
        server: The name it has in the configuration.
        protocol: The version that was agreed on, such as `2025-11-25`.
        info: `name`, `version` and the like, of the server itself.
        instructions: What the server tells every client at the start.
        capabilities: As it declared them.
        tools: In the server's order; so are the others.
        resources: Those with a fixed URI.
        templates: Resource templates.
        prompts: Prompt templates.
    """

    server: str
    protocol: str = ""
    info: Wire = field(default_factory=dict[str, object])
    instructions: str = ""
    capabilities: Wire = field(default_factory=dict[str, object])
    tools: tuple[Wire, ...] = ()
    resources: tuple[Wire, ...] = ()
    templates: tuple[Wire, ...] = ()
    prompts: tuple[Wire, ...] = ()

    def listed(self) -> Iterator[tuple[str, str, Wire]]:
        """Everything listed: its kind (`tool`, `resource`, `template`, `prompt`), what it is known by, and itself."""
        for kind, key, items in (
            ("tool", "name", self.tools),
            ("resource", "uri", self.resources),
            ("template", "uriTemplate", self.templates),
            ("prompt", "name", self.prompts),
        ):
            for item in items:
                yield kind, text(item, key), item


def text(wire: object, key: str) -> str:
    """The text at `key`, empty where there is none or something else."""
    value = mapping(wire).get(key)
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Wire:
    """The value as an object, an empty one where it is none."""
    return value if is_object(value) else {}


def array(value: object) -> list[object]:
    """The value as an array, an empty one where it is none."""
    return value if is_array(value) else []


def is_object(value: object) -> TypeGuard[Wire]:
    """Whether a value from the wire is an object."""
    return isinstance(value, dict) or isinstance(value, Mapping)  # noqa: SIM101 - the first is ten times quicker


def is_array(value: object) -> TypeGuard[list[object]]:
    """Whether a value from the wire is an array."""
    return isinstance(value, list)
