"""All servers that a project's configuration names: in `[tool.mcpquality.servers]` and in the files of its hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.config.checking import did_you_mean
from pytest_mcpquality.config.files import Document, find_document
from pytest_mcpquality.config.keys import SERVERS as TABLE
from pytest_mcpquality.mcp.server_entry import ServerEntry, read_entry
from pytest_mcpquality.mcp.server_files import DIALECTS, find_server_files, read_server_file
from pytest_mcpquality.mcp.variables import Expansion

KEYS = (
    "command",
    "args",
    "env",
    "inherit-env",
    "cwd",
    "url",
    "headers",
    "type",
    "enabled",
)
"""What may stand in a server's table there."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Servers by name; where two files have the same name, the first one holds.

    Attributes:
        entries: All of them, in the order of the files.
        sources: The files that were read, as messages call them.
    """

    entries: tuple[ServerEntry, ...] = ()
    sources: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """All names, each once."""
        return tuple(dict.fromkeys(entry.name for entry in self.entries))

    def find(self, name: str) -> ServerEntry | None:
        """The server with this name, if there is one."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def unknown(self, name: str) -> str:
        """What to say about a name that there is not: which there are."""
        close = did_you_mean(name, self.names())
        if self.entries:
            return f"{', '.join(self.names())} (in {', '.join(self.sources)}){close}"
        wanted = f"[tool.mcpquality.{TABLE}], {', '.join(dialect.path for dialect in DIALECTS)}"
        return f"none, since there is none of {wanted}"


def load_servers(
    root: Path,
    environ: Mapping[str, str],
    *,
    files: Sequence[Path] | None = None,
    config_file: Path | None = None,
) -> Servers:
    """The servers of a project.

    Args:
        root: Its folder.
        environ: Values for variables.
        files: Files of hosts to read; None: those that there are. With it, no table of the project's is read.
        config_file: The file with our own table, in place of the project's.

    Raises:
        UsageError: A file cannot be read or is not valid; the message names the place.
    """
    document = find_document(root, config_file) if files is None or config_file is not None else None
    entries = _own(document, root, environ) if document is not None else []
    sources = [document.name] if document is not None and entries else []
    for path in find_server_files(root) if files is None else files:
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
        entries += read_server_file(path, environ, name=name)
        sources.append(name)
    return Servers(tuple(entries), tuple(sources))


def _own(document: Document, root: Path, environ: Mapping[str, str]) -> list[ServerEntry]:
    table = document.table.get(TABLE, {})
    where = ".".join((*document.prefix, TABLE))
    if not isinstance(table, dict):
        raise UsageError(f"{document.name}: {where} must be a table of servers")
    expansion = Expansion(environ, root.absolute())
    entries: list[ServerEntry] = []
    for name, raw in cast("dict[str, object]", table).items():
        line = document.line((TABLE, name))
        _check_keys(f"{document.name}:{line}" if line else document.name, f"{where}.{name}", raw)
        entries.append(read_entry(name, document.name, raw, expansion, line=line))
    return entries


def _check_keys(place: str, where: str, raw: object) -> None:
    unknown = [key for key in cast("dict[str, object]", raw) if key not in KEYS] if isinstance(raw, dict) else []
    if unknown:
        hint = did_you_mean(unknown[0], KEYS) or f"; there are: {', '.join(KEYS)}"
        raise UsageError(f"{place}: {where}.{unknown[0]} is not known{hint}")
