"""Which of a server's tools is which, and what it takes: by what it declares, never by its version.

The names changed three times and the arguments with them; versions that say of themselves that they are another exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from pytest_mcpquality.remediation.errors import UnusableAnswerError

_SEARCHES: Final = ("resolve-library-id", "list-available-docs")
_READS: Final = ("query-docs", "get-library-docs", "get-library-documentation")

Arguments = dict[str, str]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its name, the arguments that it declares, those among them that it needs."""

    name: str
    declared: frozenset[str]
    required: frozenset[str]

    def fill(self, known: Mapping[str, str]) -> Arguments:
        """Arguments for a call: all that are declared and known.

        Raises:
            UnusableAnswerError: It needs one that nobody knows.
        """
        unknown = sorted(self.required - known.keys())
        if unknown:
            raise UnusableAnswerError(
                f"the tool {self.name} wants {', '.join(unknown)}: this server is none that we know"
            )
        return {name: value for name, value in known.items() if name in self.declared}


@dataclass(frozen=True, slots=True)
class Tools:
    """The two tools that documentation is had with."""

    search: Tool
    read: Tool

    def search_arguments(self, name: str, query: str) -> Arguments:
        """Arguments of a search for libraries."""
        return self.search.fill({"libraryName": name, "query": query})

    def read_arguments(self, library_id: str, query: str) -> Arguments:
        """Arguments of a request for documentation; the words of all versions for the same two things."""
        same = {"libraryId": library_id, "context7CompatibleLibraryID": library_id}
        return self.read.fill({**same, "libraryName": library_id.strip("/"), "query": query, "topic": query})


def choose(listed: Iterable[Mapping[str, Any]]) -> Tools:
    """The tools among those that a server lists.

    Raises:
        UnusableAnswerError: One is not there.
    """
    tools = {tool.name: tool for tool in map(_tool, listed)}
    return Tools(_first(tools, _SEARCHES), _first(tools, _READS))


def _first(tools: Mapping[str, Tool], names: Iterable[str]) -> Tool:
    for name in names:
        if name in tools:
            return tools[name]
    raise UnusableAnswerError(f"the MCP server has no tool {' or '.join(names)}: is it one of Context7?")


def _tool(entry: Mapping[str, Any]) -> Tool:
    schema = _mapping(entry.get("inputSchema"))
    required = schema.get("required")
    names = cast("list[object]", required) if isinstance(required, list) else []
    return Tool(str(entry.get("name")), frozenset(_mapping(schema.get("properties"))), frozenset(map(str, names)))


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
