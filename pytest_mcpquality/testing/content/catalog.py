"""What a mock server has, and its lists page by page."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_mcpquality.mcp.server_bridge import INVALID_PARAMS, RpcError
from pytest_mcpquality.testing.content.functions import TypedFunction
from pytest_mcpquality.testing.content.templates import UriTemplate


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its definition on the wire, and the function that answers calls, if there is one."""

    definition: Mapping[str, Any]
    function: TypedFunction | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource: its definition, and what is read: text, bytes, or a function that gives them."""

    definition: Mapping[str, Any]
    content: str | bytes | TypedFunction


@dataclass(frozen=True, slots=True)
class ResourceTemplate:
    """Resources with a pattern for a URI; the function is given the pattern's variables."""

    definition: Mapping[str, Any]
    template: UriTemplate
    function: TypedFunction


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt: its definition, and the function or the value that its messages come from."""

    definition: Mapping[str, Any]
    messages: TypedFunction | str | Sequence[Mapping[str, Any]]


Completer = Callable[[str, Mapping[str, str]], Iterable[str]]
"""From what is typed so far, and the arguments that are filled in already, to suggestions."""


@dataclass(slots=True)
class Catalog:
    """Everything a mock server has, by name or URI, in the order it was added."""

    tools: dict[str, Tool] = field(default_factory=dict[str, Tool])
    resources: dict[str, Resource] = field(default_factory=dict[str, Resource])
    templates: dict[str, ResourceTemplate] = field(default_factory=dict[str, ResourceTemplate])
    prompts: dict[str, Prompt] = field(default_factory=dict[str, Prompt])
    completers: dict[tuple[str, str], Completer] = field(default_factory=dict[tuple[str, str], Completer])

    def copy(self) -> Catalog:
        """The same content, to be changed on its own."""
        return Catalog(
            dict(self.tools), dict(self.resources), dict(self.templates), dict(self.prompts), dict(self.completers)
        )

    def template_for(self, uri: str) -> tuple[ResourceTemplate, dict[str, str]] | None:
        """The first template that a URI matches, and the values of its variables."""
        for template in list(self.templates.values()):
            if (variables := template.template.match(uri)) is not None:
                return template, variables
        return None


def page(key: str, definitions: Sequence[Mapping[str, Any]], cursor: str | None, size: int | None) -> dict[str, Any]:
    """One page of a list; the cursor is the position of the next one.

    Raises:
        RpcError: The cursor is none that we gave.
    """
    start = 0
    if cursor is not None:
        digits = cursor.removeprefix("page-at-")
        start = int(digits) if digits.isdecimal() and digits != cursor else -1
        if not 0 <= start < max(1, len(definitions)):
            raise RpcError(INVALID_PARAMS, f"unknown cursor {cursor!r}", {"cursor": cursor})
    end = len(definitions) if size is None else start + size
    result: dict[str, Any] = {key: [dict(definition) for definition in definitions[start:end]]}
    if end < len(definitions):
        result["nextCursor"] = f"page-at-{end}"
    return result


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """The message for a name that is not there, with those that are."""
    names = list(known)
    similar = difflib.get_close_matches(str(name), names, n=1)
    hint = f"; did you mean {similar[0]!r}?" if similar else ""
    return f"no {what} {name!r}; there {'is' if names else 'are none'}{' ' + ', '.join(names) if names else ''}{hint}"
