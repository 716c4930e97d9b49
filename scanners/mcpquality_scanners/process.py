"""The one way to run a tool: without a shell, within a time limit and a cap, ended with all its children."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from mcpquality_scanners.base import Completed
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.errors import ToolError

STDOUT_CAP = 512 * 1024 * 1024
"""Bytes of standard output after which a tool is taken for broken and ended."""

STDERR_KEPT = 256 * 1024
"""Bytes of standard error that are kept, the last ones."""

GRACE = 0.3
"""Seconds between asking a process group to end and killing it; Ctrl-C has to be through within a second."""

_STDERR = 2
_DRAIN_ROUNDS = 10  # looks of GRACE seconds at a pipe that stays open; one look empties the largest pipe

# What would let the surroundings change how a tool behaves: settings of the user's Python, which is not the tool's;
# a foreign virtual environment; a hook's idea of which repository it is in; options of the tools themselves;
# colours in what we parse.
_UNWANTED = frozenset({"VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "FORCE_COLOR", "CLICOLOR_FORCE"})
_UNWANTED_PREFIXES = ("PYTHON", "GIT_", "SEMGREP_", "BANDIT_", "PIP_AUDIT_", "COVERAGE_", "COV_CORE_")


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without what changes a tool's behaviour, with `extra` laid over it.

    Relative entries of PATH go as well: with the scanned folder as working directory they would name programs
    of the code under review.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _UNWANTED and not name.startswith(_UNWANTED_PREFIXES)
    }
    absolute = [folder for folder in os.get_exec_path() if Path(folder).is_absolute()]
    kept |= {"PATH": os.pathsep.join(absolute) or os.defpath, "PYTHONUTF8": "1", "NO_COLOR": "1"}
    return kept | dict(extra or {})


class SystemProcessRunner:
    """Runs tools as real processes, each in a process group of its own.

    A run is over when the process it started is: what that left behind is killed, and what was written until then
    is read. Only a descendant that left the process group on purpose (a daemon) gets away.
    """

    def __init__(self, clock: Clock | None = None, *, stdout_cap: int = STDOUT_CAP) -> None:
        self._clock = clock or SystemClock()
        self._stdout_cap = stdout_cap

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109 - see ProcessRunner
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        """Run `argv`; see `ProcessRunner.run`.

        Raises:
            ToolError: It could not be started (not found, not executable, the argument list too long).
        """
        started = self._clock.monotonic()
        process = await self._start(argv, cwd, env, stdin)
        try:
            timed_out = await process.run(timeout)
        finally:
            process.transport.close()
        return Completed(
            argv=argv,
            exit_code=None if timed_out or process.overflowed else process.transport.get_returncode(),
            stdout=bytes(process.stdout),
            stderr=bytes(process.stderr),
            seconds=self._clock.monotonic() - started,
            timed_out=timed_out,
            overflowed=process.overflowed,
        )

    async def _start(self, argv: tuple[str, ...], cwd: Path, env: Mapping[str, str] | None, stdin: bytes) -> _Process:
        starting = asyncio.ensure_future(self._spawn(argv, cwd, env, stdin))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # It may run already, with children: wait until it can be ended as a whole. A task of its own does that,
            # which goes on when the caller is cancelled once more.
            with contextlib.suppress(OSError, ValueError):
                await asyncio.shield(asyncio.ensure_future(_end_once_started(starting)))
            raise
        except (OSError, ValueError) as error:
            raise ToolError(f"{Path(argv[0]).name} could not be started: {error}") from error

    async def _spawn(self, argv: tuple[str, ...], cwd: Path, env: Mapping[str, str] | None, stdin: bytes) -> _Process:
        _, process = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Process(self._stdout_cap),
            *argv,
            cwd=cwd,
            env=clean_environment(env),
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        process.feed(stdin)
        return process


async def _end_once_started(starting: asyncio.Future[_Process]) -> None:
    process = await starting
    try:
        await process.end()
    finally:
        process.transport.close()


class _Process(asyncio.SubprocessProtocol):
    """One process: collects what it writes, knows when it has ended, and ends it.

    asyncio's own streams are not used, since their `wait` also waits for grandchildren that hold a pipe open.
    """

    transport: asyncio.SubprocessTransport

    def __init__(self, stdout_cap: int) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.overflowed = False
        self._stdout_cap = stdout_cap
        self._received = 0
        self._open = {1, _STDERR}
        self._drained = asyncio.Event()
        self._exited = asyncio.Event()
        self._over = asyncio.Event()  # it has exited, or wrote too much to go on

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._received += len(data)
        if fd == _STDERR:
            self.stderr += data
            del self.stderr[:-STDERR_KEPT]
            return
        self.stdout += data
        if len(self.stdout) > self._stdout_cap:
            del self.stdout[self._stdout_cap :]
            self.overflowed = True
            self._over.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._open.discard(fd)
        if not self._open:
            self._drained.set()

    def process_exited(self) -> None:
        self._exited.set()
        self._over.set()

    def feed(self, data: bytes) -> None:
        """Write its standard input, as fast as it reads; a tool that does not read it is none of our business."""
        if data:
            stdin = cast("asyncio.WriteTransport", self.transport.get_pipe_transport(0))
            stdin.write(data)
            stdin.close()

    async def run(self, seconds: float) -> bool:
        """Wait until it has exited, wrote too much, or its time is up: True for the last. Nothing is left of it."""
        timed_out = False
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            timed_out = True
        finally:
            await asyncio.shield(self.end())
        await self._drain()
        return timed_out

    async def end(self) -> None:
        """End it and everything it started, and reap it."""
        try:
            if not self._exited.is_set():
                self._signal(signal.SIGTERM)
                await _within_grace(self._exited)
        finally:
            # The leader may be gone while its children are not: Semgrep's core survives its parent.
            self._signal(signal.SIGKILL)
        await self._exited.wait()

    def _signal(self, number: signal.Signals) -> None:
        # Nobody left in the group (on macOS: none but those not reaped yet) is what we want.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.transport.get_pid(), number)

    async def _drain(self) -> None:
        """Read what is in the pipes, to their end unless one that got away holds them open."""
        for _ in range(_DRAIN_ROUNDS):
            before = self._received
            if await _within_grace(self._drained) or self._received == before:
                return


async def _within_grace(event: asyncio.Event) -> bool:
    """Whether it happens within `GRACE` seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            await event.wait()
    return event.is_set()
