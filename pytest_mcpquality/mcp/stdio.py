"""The stdio transport: a server as a process in a group of its own; nothing of it or what it starts survives."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import errno
import os
import signal
import uuid
from dataclasses import dataclass
from typing import cast

from mcpquality_scanners.text import one_line
from pytest_mcpquality.mcp import environment, jsonrpc
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis, exited, not_json_rpc, shown
from pytest_mcpquality.mcp.leftovers import VARIABLE, kill_left_behind, left_behind
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.mcp.specs import StdioServer
from pytest_mcpquality.mcp.transport import Inbox, TransportError
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock, Timer

MESSAGE_CAP = 64 * 1024 * 1024
"""Bytes of one message after which a server is taken for broken."""

JUNK_CAP = 10_000
"""Lines that are no message after which a server is taken for broken."""

STDERR_KEPT = 64 * 1024
"""Bytes of standard error that are kept, the last ones."""

EOF_GRACE = 2.0
"""Seconds that a server has to end after its standard input was closed; the SDK gives as many."""

HURRIED_GRACE = 0.1
"""The same for one that failed to start or is ended because its event loop is."""

TERM_GRACE = 0.5
"""Seconds between SIGTERM and SIGKILL."""

DRAIN_GRACE = 0.25
"""Seconds in which the pipes of a process that has ended are read to their end; children may hold them open."""

LEFT_GRACE = 0.25
"""Seconds that what a server started outside of its group has to end after it, before it is killed."""

CLOSED_GRACE = 0.5
"""Seconds between the end of standard output and calling the server closed: usually it exits and says why."""

_STDIN, _STDOUT, _STDERR = 0, 1, 2


class Ending(enum.Enum):
    """What it took to end a server."""

    ITSELF = "ended by itself"
    EOF = "ended when its standard input was closed"
    TERMINATED = "ended on SIGTERM"
    KILLED = "had to be killed"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a server ended.

    Attributes:
        how: What it took.
        seconds: From the closing of its standard input.
        exit_code: What it exited with.
        left: Command lines of what it had started outside of its process group, and what went on after it.
    """

    how: Ending
    seconds: float
    exit_code: int | None
    left: tuple[str, ...] = ()


class StdioTransport:
    """One process.

    Attributes:
        ended: How it ended; None while it runs.
        lines: How many lines it has written to standard output.
        pid: Its process id, which is also that of its group; None before it has started.
    """

    def __init__(
        self,
        spec: StdioServer,
        *,
        clock: Clock = SYSTEM_CLOCK,
        message_cap: int = MESSAGE_CAP,
        eof_grace: float = EOF_GRACE,
    ) -> None:
        self._spec = spec
        self._clock = clock
        self._message_cap = message_cap
        self._eof_grace = eof_grace
        self._process: _Process | None = None
        self._closing = False
        self._inbox: Inbox
        self._junk = 0
        self._over = False
        self._timer: Timer | None = None
        self._mark = uuid.uuid4().hex
        self.ended: Ended | None = None
        self.lines = 0
        self.pid: int | None = None

    def __repr__(self) -> str:
        return f"<StdioTransport {self._spec} pid={self.pid}>"

    async def open(self, inbox: Inbox) -> None:
        """Start the process; see `Transport.open`."""
        self._inbox = inbox
        spec = self._spec
        try:
            transport, _ = await asyncio.get_running_loop().subprocess_exec(
                lambda: _Process(self),
                spec.command,
                *spec.args,
                cwd=spec.cwd,
                env=spec.environment() | {VARIABLE: self._mark},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise TransportError(_not_started(spec, error)) from error
        self.pid = transport.get_pid()

    def started(self, process: _Process) -> None:
        """It runs; called before `open` returns, so that closing always finds it."""
        self._process = process
        self.pid = process.transport.get_pid()

    def send(self, message: JsonObject) -> None:
        """Write a line."""
        self.send_bytes(jsonrpc.encode(message) + b"\n")

    def send_bytes(self, data: bytes) -> None:
        """Write anything: for those who want to see what a server does with what is no message."""
        if self._process is not None and self._process.stdin_open:
            self._process.stdin.write(data)

    def give_up(self, request_id: int) -> None:
        """Nothing to do: the answer is dropped when it comes."""

    def negotiated(self, version: str) -> None:
        """Nothing to do: the streams are the same in all versions."""

    def last_words(self) -> tuple[str, ...]:
        """The last lines of standard error."""
        return last_lines(bytes(self._process.stderr)) if self._process else ()

    def hints(self) -> tuple[str, ...]:
        """A message that it never ended, and variables of ours that it may have needed."""
        buffer = bytes(self._process.buffer[:500]) if self._process else b""
        unfinished = (f"stdout line {self.lines + 1} has no end: {shown(buffer)}",) if buffer else ()
        downloads = not self.lines and environment.downloads(self._spec.command)
        variables = environment.hints(self._spec.environment(), os.environ, self.last_words(), downloads=downloads)
        return (*unfinished, *variables)

    # What the process reports ------------------------------------------------------------------------------------

    def line(self, line: bytes) -> None:
        """A line came on standard output."""
        self.lines += 1
        if self._over:
            return
        where = f"stdout line {self.lines}"
        try:
            messages = jsonrpc.decode(line)
        except jsonrpc.NotJsonRpcError as error:
            self._inbox.odd(not_json_rpc(where, str(error), line))
            self._count_junk()
            return
        for message in messages:
            self._inbox.received(message)

    def _count_junk(self) -> None:
        self._junk += 1
        if self._junk >= JUNK_CAP:
            self.lose(Diagnosis(Cause.FLOOD, f"wrote {self._junk} lines to stdout that are no messages"))

    def unfinished(self, buffer: bytearray) -> None:
        """A line has not ended yet; it may be too long already."""
        if len(buffer) > self._message_cap:
            text = f"stdout line {self.lines + 1} is longer than {self._message_cap} bytes"
            self.lose(Diagnosis(Cause.TOO_LONG, f"{text}: {shown(bytes(buffer[:500]))}"))

    def changed(self) -> None:
        """The process or one of its pipes has ended: see whether all of it has."""
        process = self._process
        if process is None or self._over or self._closing:
            return
        if process.exited.is_set():
            self._exit_seen(process)
        elif not process.stdout_open:
            self._after(CLOSED_GRACE, self._closed_stdout)
        elif not process.stdin_open:
            self._after(CLOSED_GRACE, self._closed_stdin)

    def _exit_seen(self, process: _Process) -> None:
        if process.stdout_open or process.stderr_open:
            self._after(DRAIN_GRACE, self._lose_exited)
        else:
            self._lose_exited()

    def _lose_exited(self) -> None:
        process = cast("_Process", self._process)
        self._unread(process)
        code = process.transport.get_returncode()
        self.lose(exited(code if code is not None else 0, self.last_words(), self.hints()))

    def _unread(self, process: _Process) -> None:
        if process.buffer:  # a last line without its newline
            self.line(bytes(process.buffer))
            process.buffer.clear()

    def _closed_stdout(self) -> None:
        self._unread(cast("_Process", self._process))
        self.lose(Diagnosis(Cause.CLOSED, "closed its stdout and went on running", stderr=self.last_words()))

    def _closed_stdin(self) -> None:
        self.lose(Diagnosis(Cause.CLOSED, "closed its stdin and went on running", stderr=self.last_words()))

    def lose(self, diagnosis: Diagnosis) -> None:
        """The connection is over."""
        if not self._over and not self._closing:
            self._over = True
            self._inbox.lost(diagnosis)

    def _after(self, seconds: float, callback: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_at(self._clock.monotonic() + seconds, lambda: self._fire(callback))

    def _fire(self, callback: object) -> None:
        if not self._over and not self._closing and callable(callback):
            callback()

    # The end -----------------------------------------------------------------------------------------------------

    async def close(self, *, hurry: bool = False) -> None:
        """Close its standard input, wait, ask it to end, kill it: whatever it takes, and all that it started."""
        self._closing = True
        self._eof_grace = min(self._eof_grace, HURRIED_GRACE) if hurry else self._eof_grace
        if self._timer is not None:
            self._timer.cancel()
        if self._process is not None and self.ended is None:
            started = self._clock.monotonic()
            try:
                how = await self._end(self._process)
                seconds = self._clock.monotonic() - started
                left = await self._left(hurry=hurry)
            finally:
                kill_left_behind(self._mark)
            self.ended = Ended(how, seconds, self._process.transport.get_returncode(), left)

    async def _left(self, *, hurry: bool) -> tuple[str, ...]:
        """What goes on though the server has ended and there was time to end with it."""
        if hurry or not left_behind(self._mark):
            return ()
        await self._clock.sleep(LEFT_GRACE)
        return tuple(left_behind(self._mark).values())

    async def _end(self, process: _Process) -> Ending:
        how = Ending.ITSELF
        try:
            if not process.exited.is_set():
                how = await self._ask(process)
        finally:
            # Whatever it started is in its group, and may outlive it.
            _signal_group(process, signal.SIGKILL)
            try:
                await process.exited.wait()
            finally:
                process.abort_stdin()
                process.transport.close()
        await process.pipes_closed.wait()  # a turn or two of the loop
        return how

    async def _ask(self, process: _Process) -> Ending:
        process.close_stdin()
        if await self._gone(process, self._eof_grace):
            return Ending.EOF
        _signal_group(process, signal.SIGTERM)
        return Ending.TERMINATED if await self._gone(process, TERM_GRACE) else Ending.KILLED

    async def _gone(self, process: _Process, seconds: float) -> bool:
        timer = self._clock.call_at(self._clock.monotonic() + seconds, process.changed.set)
        process.changed.clear()
        try:
            await process.changed.wait()
        finally:
            timer.cancel()
        return process.exited.is_set()

    def kill(self) -> None:
        """Kill the group at once, and reap its leader where the loop can no more."""
        if self._process is None or self.ended is not None:
            return
        if not self._process.exited.is_set():
            _signal_group(self._process, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._process.transport.get_pid(), 0)
        kill_left_behind(self._mark)


class _Process(asyncio.SubprocessProtocol):
    """Splits standard output into lines, keeps the end of standard error, and knows what has ended."""

    transport: asyncio.SubprocessTransport

    def __init__(self, owner: StdioTransport) -> None:
        self._owner = owner
        self.buffer = bytearray()
        self.stderr = bytearray()
        self.stdin_open = self.stdout_open = self.stderr_open = True
        self.exited = asyncio.Event()
        self.pipes_closed = asyncio.Event()
        self.changed = asyncio.Event()
        self._searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.SubprocessTransport", transport)
        self.stdin = cast("asyncio.WriteTransport", self.transport.get_pipe_transport(_STDIN))
        self._owner.started(self)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == _STDERR:
            self.stderr += data
            del self.stderr[:-STDERR_KEPT]
            return
        self.buffer += data
        if b"\n" in data:
            *lines, rest = self.buffer.split(b"\n")
            self.buffer = rest
            for line in lines:
                self._owner.line(bytes(line))
        self._owner.unfinished(self.buffer)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if fd == _STDIN:
            self.stdin_open = False
        elif fd == _STDOUT:
            self.stdout_open = False
        else:
            self.stderr_open = False
        if not (self.stdin_open or self.stdout_open or self.stderr_open):
            self.pipes_closed.set()
        self._owner.changed()

    def process_exited(self) -> None:
        self.exited.set()
        self.changed.set()
        self._owner.changed()

    def abort_stdin(self) -> None:
        """Drop what it has not read: a child of it may hold the pipe open, and never read."""
        if self.stdin_open:
            self.stdin.abort()

    def close_stdin(self) -> None:
        if self.stdin_open:
            self.stdin.close()


def _signal_group(process: _Process, number: signal.Signals) -> None:
    # Nobody left in the group (on macOS: none but those not reaped yet) is what we want.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.transport.get_pid(), number)


def _not_started(spec: StdioServer, error: OSError | ValueError) -> Diagnosis:
    if spec.cwd is not None and not spec.cwd.is_dir():
        return Diagnosis(Cause.NOT_STARTED, f"could not be started: its working folder {spec.cwd} does not exist")
    match error:
        case FileNotFoundError():
            text = f"could not be started: the command {spec.command!r} does not exist{_where(spec)}"
        case PermissionError():
            text = f"could not be started: {spec.command!r} may not be executed"
        case OSError(errno=errno.ENOEXEC):
            text = f"could not be started: {spec.command!r} is no program: it needs a first line such as #!/bin/sh"
        case _:
            text = f"could not be started: {error}"
    return Diagnosis(Cause.NOT_STARTED, text)


def _where(spec: StdioServer) -> str:
    if " " in spec.command and not spec.args:
        return ": it is started without a shell, so what follows the program belongs into its args"
    return " on its PATH" if spec.environment().get("PATH") else ", and it gets no PATH"


def last_lines(data: bytes, count: int = 3) -> tuple[str, ...]:
    """The last lines of an output that say something, fit to be shown."""
    lines = (one_line(line) for line in data[-16 * 1024 :].decode("utf-8", "replace").splitlines())
    return tuple([line for line in lines if line][-count:])
