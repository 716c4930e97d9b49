"""One server of a configuration file: what the file says, and what can be connected to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.specs import INHERITED, HttpKind, HttpServer, ServerSpec, StdioServer
from pytest_mcpquality.mcp.variables import Expansion

_KINDS: Mapping[str, HttpKind] = {
    "http": "http",
    "streamable-http": "http",
    "streamable_http": "http",
    "streamableHttp": "http",
    "sse": "sse",
}


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """A server that a file names.

    Attributes:
        name: Its name there.
        source: The file, as messages call it.
        raw: Its table as it stands there, variables not filled in.
        spec: What can be connected to; None when there is a problem.
        problem: What is wrong with it, as the end of a sentence; empty when nothing is.
        missing: Sentences on variables without a value.
        disabled: Whether the file switches it off.
        line: Where it stands, from 1; 0 where that cannot be told.
    """

    name: str
    source: str
    raw: Mapping[str, object] = field(repr=False)
    spec: ServerSpec | None = None
    problem: str = ""
    missing: tuple[str, ...] = ()
    disabled: bool = False
    line: int = 0

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.source}:{self.line}" if self.line else self.source

    def usable(self) -> ServerSpec:
        """What to connect to.

        Raises:
            UsageError: The entry is wrong, or variables in it have no value.
        """
        if self.spec is None:
            raise UsageError(f"{self.place}: the server {self.name!r} {self.problem}")
        if self.missing:
            raise UsageError(f"{self.place}: the server {self.name!r} cannot be used: {'; '.join(self.missing)}")
        return self.spec


def read_entry(name: str, source: str, table: object, expansion: Expansion, *, line: int = 0) -> ServerEntry:
    """An entry from its table; whatever is wrong with it is kept as its problem."""
    if not isinstance(table, dict):
        return ServerEntry(name, source, {}, problem="must be a table", line=line)
    raw = cast("dict[str, object]", table)
    expansion.missing.clear()
    disabled = raw.get("disabled") is True or raw.get("enabled") is False
    try:
        spec = read_spec(raw, expansion)
    except ValueError as error:
        return ServerEntry(name, source, raw, problem=str(error), disabled=disabled, line=line)
    return ServerEntry(name, source, raw, spec, missing=tuple(expansion.missing), disabled=disabled, line=line)


def read_spec(raw: Mapping[str, object], expansion: Expansion) -> ServerSpec:
    """What a table says to connect to.

    Raises:
        ValueError: It does not; the message is the end of a sentence.
    """
    url = raw.get("url", raw.get("serverUrl"))
    if (url is None) == (raw.get("command") is None):
        raise ValueError("must have either a command or a url")
    return _stdio(raw, expansion) if url is None else _http(raw, url, expansion)


def _stdio(raw: Mapping[str, object], expansion: Expansion) -> StdioServer:
    words = raw["command"]
    command, *first = [_text("command", words)] if isinstance(words, str) else _texts("command", words, expansion)
    args = _texts("args", raw.get("args", []), expansion)
    cwd = raw.get("cwd")
    inherit = raw.get("inherit-env")
    return StdioServer(
        expansion.fill(command),
        (*first, *args),
        _table("env", raw.get("env", {}), expansion),
        expansion.folder / Path(expansion.fill(_text("cwd", cwd))).expanduser() if cwd is not None else None,
        INHERITED if inherit is None else (*INHERITED, *_texts("inherit-env", inherit, expansion)),
    )


def _http(raw: Mapping[str, object], url: object, expansion: Expansion) -> HttpServer:
    address = expansion.fill(_text("url", url))
    if not address.startswith(("http://", "https://", "${")):
        raise ValueError("must have a url that starts with http:// or https://")
    kind = raw.get("type", raw.get("transport"))
    if kind is not None and kind not in _KINDS:
        raise ValueError(f"has a url, so its type must be http or sse, not {kind!r}")
    headers = _table("headers", raw.get("headers", {}), expansion)
    return HttpServer(address, headers, _KINDS[kind] if isinstance(kind, str) else "auto")


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"must have a text as its {key}")
    return value


def _texts(key: str, value: object, expansion: Expansion) -> list[str]:
    items = cast("list[object]", value) if isinstance(value, list) else None
    if items is None or not all(isinstance(item, str) for item in items) or (key == "command" and not items):
        raise ValueError(f"must have a list of texts as its {key}")
    return [expansion.fill(str(item)) for item in items]


def _table(key: str, value: object, expansion: Expansion) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"must have a table as its {key}")  # noqa: TRY004 - it is the file that is wrong
    filled: dict[str, str] = {}
    for name, text in cast("dict[str, object]", value).items():
        if isinstance(text, bool) or not isinstance(text, str | int | float):
            raise ValueError(f"must have texts in its {key}: {name} is none")  # noqa: TRY004 - as above
        filled[name] = expansion.fill(str(text))
    return filled
