"""The files in which hosts list their servers: `.mcp.json` and its relatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp import jsonc
from pytest_mcpquality.mcp.server_entry import ServerEntry, read_entry
from pytest_mcpquality.mcp.variables import Expansion


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one host keeps its file.

    Attributes:
        path: Where it lies, from the project's folder.
        key: Under which the servers stand.
        comments: Whether its owner allows comments and trailing commas.
        depth: How many folders above it the project's folder is.
    """

    path: str
    key: str
    comments: bool
    depth: int = 0


DIALECTS = (
    Dialect(".mcp.json", "mcpServers", comments=False),
    Dialect(".vscode/mcp.json", "servers", comments=True, depth=1),
    Dialect(".cursor/mcp.json", "mcpServers", comments=True, depth=1),
    Dialect("claude_desktop_config.json", "mcpServers", comments=False),
)
"""The files that are looked for, in this order."""


def find_server_files(root: Path) -> list[Path]:
    """Those of the files that there are in a project's folder."""
    return [root / dialect.path for dialect in DIALECTS if (root / dialect.path).is_file()]


def read_server_file(path: Path, environ: Mapping[str, str], *, name: str = "") -> list[ServerEntry]:
    """The servers that a file lists.

    Args:
        path: The file; one of an unknown name may have either key, comments and trailing commas.
        environ: Values for variables.
        name: What messages call it.

    Raises:
        UsageError: It cannot be read, or is not valid; the message names line and column.
    """
    shown = name or str(path)
    dialect = next((one for one in DIALECTS if path.as_posix().endswith(f"/{one.path}")), None)
    text = _read(path, shown)
    document = jsonc.parse(text, shown, comments=dialect.comments if dialect else True)
    if not isinstance(document, dict):
        raise UsageError(f"{shown}: must be an object with the key {dialect.key if dialect else 'mcpServers'!r}")
    table = cast("dict[str, object]", document)
    folder = path.absolute().parents[dialect.depth if dialect else 0]
    expansion = Expansion(environ, folder, _input_defaults(table))
    return [
        read_entry(server, shown, entry, expansion, line=_line(text, server))
        for server, entry in _servers(table, dialect, shown).items()
    ]


def _read(path: Path, shown: str) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(f"{shown}:{line}: not UTF-8: save the file in that encoding") from error
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror}") from error


def _servers(table: Mapping[str, object], dialect: Dialect | None, shown: str) -> dict[str, object]:
    keys = (dialect.key,) if dialect else ("mcpServers", "servers")
    key = next((one for one in keys if one in table), None)
    if key is None:
        other = next((one for one in ("mcpServers", "servers") if one in table), None)
        if other is not None:
            raise UsageError(
                f"{shown}: lists its servers under {other!r}, but this file's key is {keys[0]!r}: rename it"
            )
        if dialect is not None and dialect.path == "claude_desktop_config.json":
            return {}  # it holds the host's other settings, too
        raise UsageError(f"{shown}: has no key {keys[0]!r}, under which the servers stand")
    servers = table[key]
    if not isinstance(servers, dict):
        raise UsageError(f"{shown}: {key} must be an object with the servers' names as keys")
    return cast("dict[str, object]", servers)


def _input_defaults(table: Mapping[str, object]) -> dict[str, str]:
    """What VS Code would propose when it asks."""
    inputs = table.get("inputs")
    found: dict[str, str] = {}
    for item in cast("list[object]", inputs) if isinstance(inputs, list) else []:
        fields = cast("dict[str, object]", item) if isinstance(item, dict) else {}
        name, default = fields.get("id"), fields.get("default")
        if isinstance(name, str) and isinstance(default, str) and default:
            found[name] = default
    return found


def _line(text: str, server: str) -> int:
    """The line on which a server is first named as a key, by a plain search."""
    for number, line in enumerate(text.splitlines(), 1):
        head, found, rest = line.partition(f'"{server}"')
        if found and rest.lstrip().startswith(":") and head.count('"') % 2 == 0:
            return number
    return 0
