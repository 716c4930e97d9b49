"""What to connect to: a command to start, or a URL."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER")
"""The variables of its own environment that the SDK hands on to a server; by default we hand on no others, so that
what works here works with the SDK's clients too."""

HttpKind = Literal["auto", "http", "sse"]
"""`http` is streamable HTTP, `sse` the transport of 2024-11-05; `auto` tries the first, then the second."""


@dataclass(frozen=True, slots=True)
class StdioServer:
    """A server that is started as a process and spoken to over its standard streams.

    Attributes:
        command: The program.
        args: Its arguments.
        env: Variables for it, besides those it inherits; not shown in any message.
        cwd: Its working folder; None: ours.
        inherit: Names of our variables that it inherits.
    """

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cwd: Path | None = None
    inherit: tuple[str, ...] = INHERITED

    def __str__(self) -> str:
        return shlex.join((self.command, *self.args))

    def environment(self) -> dict[str, str]:
        """All variables that the server gets."""
        return {name: os.environ[name] for name in self.inherit if name in os.environ} | dict(self.env)


@dataclass(frozen=True, slots=True)
class HttpServer:
    """A server that is reached over HTTP.

    Attributes:
        url: Its endpoint.
        headers: Sent with every request; not shown in any message.
        kind: Which of the two transports it speaks.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    kind: HttpKind = "auto"

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class ServerObject:
    """A server object of the SDK, or a mock server, in this process."""

    server: object

    def __str__(self) -> str:
        return type(self.server).__name__


ServerSpec = StdioServer | HttpServer | ServerObject
"""What can be connected to."""
