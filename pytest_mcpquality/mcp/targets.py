"""What people name when they want a server: an object, a name of the configuration, a command, a URL."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.server_entry import read_spec
from pytest_mcpquality.mcp.servers import Servers
from pytest_mcpquality.mcp.specs import HttpServer, ServerObject, ServerSpec, StdioServer
from pytest_mcpquality.mcp.variables import Expansion
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

Target: TypeAlias = object
"""A name of the configuration, a command as one text or as a list of words, a URL, the path of a script, a table as in
`.mcp.json`, a spec of `specs`, anything with a `url` or with `command` and `args`, or a server object."""


@dataclass(frozen=True, slots=True)
class Found:
    """What to connect to, and what messages call it."""

    name: str
    spec: ServerSpec


def find_target(target: Target, servers: Servers, *, root: Path | None = None) -> Found:
    """What a target stands for.

    Args:
        target: See `Target`.
        servers: What the configuration names.
        root: From which the path in a table counts.

    Raises:
        UsageError: It stands for nothing; the message lists the known names.
    """
    match target:
        case StdioServer() | HttpServer() | ServerObject():
            return Found(name_of(target), target)
        case str():
            return _text(target, servers)
        case Path():
            return _script(target)
        case Mapping():
            return _table(cast("Mapping[str, object]", target), root or Path.cwd())
        case Sequence():
            return _words([str(word) for word in cast("Sequence[object]", target)])
        case _:
            return _object(target)


def name_of(spec: ServerSpec) -> str:
    """What messages call a server that has no name."""
    match spec:
        case StdioServer(command, args):
            script = next((arg for arg in args if not arg.startswith("-")), "")
            words = (Path(command).name, Path(script).name if os.sep in script else script)
            return " ".join(word for word in words if word)
        case HttpServer(url):
            return url
        case ServerObject(server):
            name = getattr(server, "name", None)
            return name if isinstance(name, str) and name else type(server).__name__


def _text(text: str, servers: Servers) -> Found:
    entry = servers.find(text)
    if entry is not None:
        return Found(entry.name, entry.usable())
    if text.startswith(("http://", "https://")):
        return Found(text, HttpServer(text))
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is neither the name of a server nor a command: {error}") from error
    if words and (len(words) > 1 or os.sep in words[0] or shutil.which(words[0])):
        return _words(words)
    raise UsageError(
        f"there is no server {text!r}, and no such command: known servers are {servers.unknown(text)}; "
        "or give a command, a URL or a server object"
    )


def _words(words: Sequence[str]) -> Found:
    if not words:
        raise UsageError("an empty command starts no server: give a program and its arguments")
    spec = StdioServer(words[0], tuple(words[1:]))
    return Found(name_of(spec), spec)


def _script(path: Path) -> Found:
    if not path.exists():
        raise UsageError(f"there is no file {path} to start a server from")
    if path.suffix == ".py":
        return Found(path.name, StdioServer(sys.executable, (str(path),)))
    return Found(path.name, StdioServer(str(path.absolute())))


def _table(table: Mapping[str, object], root: Path) -> Found:
    expansion = Expansion(os.environ, root)
    try:
        spec = read_spec(table, expansion)
    except ValueError as error:
        raise UsageError(f"a server's table {error}") from error
    if expansion.missing:
        raise UsageError(f"the server's table cannot be used: {'; '.join(expansion.missing)}")
    return Found(name_of(spec), spec)


def _object(target: object) -> Found:
    url, command, args = (getattr(target, name, None) for name in ("url", "command", "args"))
    spec: ServerSpec = ServerObject(target)
    if isinstance(url, str):
        spec = HttpServer(url, getattr(target, "headers", None) or {})
    elif isinstance(command, str) and isinstance(args, Sequence):
        env: Mapping[str, str] = getattr(target, "env", None) or {}
        cwd = getattr(target, "cwd", None)
        words = tuple(str(arg) for arg in cast("Sequence[object]", args))
        spec = StdioServer(command, words, env, Path(cwd) if cwd else None)
    name = getattr(target, "name", None)
    return Found(name if isinstance(name, str) and name else name_of(spec), spec)
