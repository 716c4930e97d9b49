"""An entry of a configuration file as it stands there, variables not filled in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PureWindowsPath
from urllib.parse import urlsplit

from pytest_mcpquality.health.definitions import array, mapping, text
from pytest_mcpquality.mcp.server_entry import ServerEntry

_ENDINGS = (".exe", ".cmd", ".bat", ".ps1")


def command_line(entry: ServerEntry) -> list[str]:
    """The words that start the server; empty when it is reached over HTTP."""
    command = entry.raw.get("command")
    first = [command] if isinstance(command, str) else array(command)
    words = [word for word in (*first, *array(entry.raw.get("args"))) if isinstance(word, str)]
    # Some write the whole line as the command.
    return [*_split(words[0]), *words[1:]] if words and " " in words[0] else words


def program(word: str) -> str:
    """The name of a program without folder and ending, lower case: `npx` of `npx.cmd`."""
    name = PureWindowsPath(word).name.lower()
    return next((name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)), name)


def tables(entry: ServerEntry) -> Iterator[tuple[str, str, str]]:
    """Each text of `env` and `headers`: in which of them, its key, and itself."""
    for table in ("env", "headers"):
        for key, value in mapping(entry.raw.get(table)).items():
            if isinstance(value, str):
                yield table, key, value


def address(entry: ServerEntry) -> str:
    """The URL; empty when the server is started as a process."""
    return text(entry.raw, "url") or text(entry.raw, "serverUrl")


def host(url: str) -> str:
    """The host of a URL; empty where it has none that can be told."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def inner_words(words: list[str]) -> list[str]:
    """The words after what only prepares the start: `cmd /c`, `env A=1`, `sudo`, and a shell's `-c` line."""
    while words:
        first = program(words[0])
        if first == "cmd" and len(words) > 1 and words[1].lower() in {"/c", "/k"}:
            words = words[2:]
        elif first in {"env", "sudo", "nohup", "exec", "time"}:
            words = words[1:]
            while words and (words[0].startswith("-") or "=" in words[0]):
                words = words[1:]
        elif (line := shell_line(words)) is not None:
            words = _split(line)
        else:
            return words
    return words


def shell_line(words: list[str]) -> str | None:
    """What a shell is told to run with `-c`; None where no shell is told anything."""
    if not words or program(words[0]) not in SHELLS:
        return None
    for option, line in pairwise(words[1:]):
        lower = option.lower()
        if lower in {"-command", "/command"} or (lower.startswith("-") and not lower.startswith("--") and "c" in lower):
            return line
    return None


SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "powershell", "pwsh"})
"""Programs that read a line and run it."""


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()
