"""Faults of the start: the server is not there, or not as it should be, before anything was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_mcpquality.testing.faults.actions import Action, Die, Ignore, Raw, WriteStderr
from pytest_mcpquality.testing.faults.base import HTTP, STDIO, Fault, Occasion, Transport

NO_SUCH_MODULE = """Traceback (most recent call last):
  File "server.py", line 1, in <module>
    import foo
ModuleNotFoundError: No module named 'foo'
"""
"""What a Python server most often says when it does not start."""


@dataclass(frozen=True, slots=True, repr=False)
class CommandNotFound(Fault):
    """The command that should start the server does not exist, for as long as this fault is there.

    Add it before the command is read from `stdio()`.
    """

    transports: ClassVar[frozenset[Transport]] = STDIO
    occasion: ClassVar[Occasion] = "while there"


@dataclass(frozen=True, slots=True, repr=False)
class FailsToStart(Fault):
    """The process ends with `code` before it reads anything, `stderr` being its last words.

    `after` and `times` count starts: `FailsToStart(times=1)` works at the second attempt.
    """

    code: int = 1
    stderr: str = NO_SUCH_MODULE
    transports: ClassVar[frozenset[Transport]] = STDIO
    occasion: ClassVar[Occasion] = "start"

    def on_start(self) -> tuple[Action, ...]:
        """End."""
        return (Die(self.code, self.stderr),)


@dataclass(frozen=True, slots=True, repr=False)
class PrintsAtStart(Fault):
    """The process prints `text` to stdout, where only messages may stand, before any message."""

    text: str = "Starting server...\n"
    transports: ClassVar[frozenset[Transport]] = STDIO
    occasion: ClassVar[Occasion] = "start"

    def on_start(self) -> tuple[Action, ...]:
        """Print."""
        return (Raw(self.text.encode()),)


@dataclass(frozen=True, slots=True, repr=False)
class WritesStderr(Fault):
    """The process writes `text` to stderr when it starts: allowed, and often a lot."""

    text: str = "INFO: server is ready\n"
    transports: ClassVar[frozenset[Transport]] = STDIO
    occasion: ClassVar[Occasion] = "start"

    def on_start(self) -> tuple[Action, ...]:
        """Write."""
        return (WriteStderr(self.text),)


@dataclass(frozen=True, slots=True, repr=False)
class IgnoresEof(Fault):
    """The process goes on when the client closes its stdin; only a signal ends it (or the end of the test)."""

    transports: ClassVar[frozenset[Transport]] = STDIO
    occasion: ClassVar[Occasion] = "start"

    def on_start(self) -> tuple[Action, ...]:
        """Ignore the end of stdin from now on."""
        return (Ignore(eof=True),)


@dataclass(frozen=True, slots=True, repr=False)
class IgnoresSigterm(Fault):
    """The process ignores SIGTERM; only SIGKILL ends it early (or the end of the test)."""

    transports: ClassVar[frozenset[Transport]] = STDIO
    occasion: ClassVar[Occasion] = "start"

    def on_start(self) -> tuple[Action, ...]:
        """Ignore the signal from now on."""
        return (Ignore(sigterm=True),)


@dataclass(frozen=True, slots=True, repr=False)
class RefusesConnection(Fault):
    """Nobody listens at the server's port for as long as this fault is there; open connections are cut.

    Removing the fault opens the same port again; the sessions are still there.
    """

    transports: ClassVar[frozenset[Transport]] = HTTP
    occasion: ClassVar[Occasion] = "while there"
