"""The lock file: what is kept of a server, read and written so that a review shows what changed and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, cast

from mcpquality_reports.base import write
from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.health.definitions import Definitions, Wire, is_object, mapping, text

FILE_NAME: Final = "mcp.lock.json"
VERSION: Final = 1

KINDS: Final[Mapping[str, str]] = {
    "tool": "tools",
    "resource": "resources",
    "template": "templates",
    "prompt": "prompts",
}
"""What is listed, and its key in a locked server."""

# What changes from run to run, or is for the client's own use and no part of what was reviewed.
_PASSING: Final = frozenset({"_meta", "size", "lastModified"})


def locked(definitions: Definitions) -> dict[str, object]:
    """What is kept of one server: its identity, protocol, instructions, and every definition whole."""
    server: dict[str, object] = {
        "identity": _identity(definitions.info),
        "protocol": definitions.protocol,
        "instructions": definitions.instructions,
    }
    for kind, key in KINDS.items():
        server[key] = _by_name((name, item) for each, name, item in definitions.listed() if each == kind)
    return server


def _identity(info: Wire) -> dict[str, str]:
    """Name and version, and what else it says of itself in words."""
    more = {key: text(info, key) for key in ("title", "description", "websiteUrl") if text(info, key)}
    return {"name": text(info, "name"), "version": text(info, "version"), **more}


def _by_name(items: Iterable[tuple[str, Wire]]) -> dict[str, Wire]:
    """By name; the second of a name is `name#2`, so that nothing is lost."""
    named: dict[str, Wire] = {}
    for name, item in items:
        key, number = name, 1
        while key in named:
            number += 1
            key = f"{name}#{number}"
        named[key] = mapping(_kept(item))
    return named


def _kept(value: object) -> object:
    """A definition without what is passing: of the definition itself and of its annotations, not of its schemas."""
    kept = {key: each for key, each in mapping(value).items() if key not in _PASSING}
    if is_object(kept.get("annotations")):
        annotations = mapping(kept["annotations"])
        kept["annotations"] = {key: each for key, each in annotations.items() if key not in _PASSING}
    return kept


def dumps(servers: Mapping[str, Wire]) -> str:
    """The text of a lock file: the same servers give the same bytes."""
    document = {"version": VERSION, "servers": servers}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def save(path: Path, servers: Mapping[str, Wire]) -> None:
    """Write a lock file, whole or not at all.

    Raises:
        WriteError: It could not be written; what was there is unchanged.
    """
    write(path, dumps(servers))


def load(path: Path) -> dict[str, Wire]:
    """The locked servers by name.

    Raises:
        UsageError: The file cannot be read, is no lock file, or one of a later version; the message says where.
    """
    servers = mapping(_document(path).get("servers"))
    for name, server in servers.items():
        if not is_object(server):
            raise UsageError(f"{path}: what is locked of the server {name!r} is no object. {_AGAIN}")
    return cast("dict[str, Wire]", dict(servers))


_AGAIN = "Put it back from version control, or delete it, write it anew with --update-lock and review it."


def _document(path: Path) -> Wire:
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}. {_AGAIN}") from error
    except RecursionError as error:
        raise UsageError(f"{path}: nested too deeply to be a lock file. {_AGAIN}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the lock file cannot be read: {error}. {_AGAIN}") from error
    found = mapping(document)
    if found.get("version") != VERSION or not is_object(found.get("servers")):
        raise UsageError(
            f"{path}: not a lock file of version {VERSION} (version is {found.get('version')!r}). {_AGAIN} "
            "A later version of pytest-mcpquality may have written it: update."
        )
    return found
