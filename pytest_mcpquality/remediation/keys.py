"""The keys: where they come from, which is used now, which is of no use for a while; none is ever shown.

A key leaves this module only as the value of a header, or of a variable for a server that we start.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mcpquality_scanners.errors import ToolError, UsageError
from mcpquality_scanners.process import SystemProcessRunner
from pytest_mcpquality.remediation.errors import KeyRefusedError, QuotaExceededError
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock

_KEY: Final = re.compile(r"[!-~]{1,500}", re.ASCII)
_COMMAND_TIMEOUT: Final = 10.0
_MOST: Final = 65536  # bytes of a file of keys
FOR_EVER: Final = float("inf")


class Key:
    """A key that does not show itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "<Key>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a key is not pickled")

    def reveal(self) -> str:
        """Its text: for a header, or the variable of a server."""
        return self._text

    def hide(self, text: str) -> str:
        """A text without the key in it."""
        return text.replace(self._text, "[key]")


class Keyring:
    """The keys of a client, taken in turn: the next one when one is refused or over quota.

    Args:
        settings: Where keys come from: they are taken as they stand, from a file, or from what a command prints.
        clock: Where the time of day comes from.

    Raises:
        UsageError: A key that was given is none.
    """

    def __init__(self, settings: DocsSettings, clock: Clock = SYSTEM_CLOCK) -> None:
        self._given = _keys(settings.api_keys, "the key that was given")
        self._file = settings.api_key_file
        self._command = settings.api_key_command
        self._clock = clock
        self._read: tuple[Key, ...] = ()
        self._printed: tuple[Key, ...] = ()
        self._runs_left = 1
        self._running = asyncio.Lock()
        self._complaint = ""
        self._state_of_file: object = None
        # Until when, in seconds of the time of day, and why.
        self._useless: dict[Key | None, tuple[float, bool]] = {}

    def __repr__(self) -> str:
        return f"<Keyring: {len(self._all())} keys, {len(self._useless)} of no use now>"

    @property
    def configured(self) -> bool:
        """Whether there are keys, or places where there may be some."""
        return bool(self._given or self._file or self._command)

    async def current(self) -> Key | None:
        """The key to use now; None where none was configured.

        Raises:
            KeyRefusedError: All were refused, or the file or the command gives none.
            QuotaExceededError: All are over quota, or were refused.
        """
        now = self._clock.now().timestamp()
        await self._look_again()
        keys = self._all() if self.configured else (None,)
        for key in keys:
            if now >= self._useless.get(key, (0.0, False))[0]:
                return key
        waits = [self._useless[key] for key in keys if not self._useless[key][1]]
        if waits:
            raise QuotaExceededError("every key is over quota", retry_after=min(until for until, _ in waits) - now)
        refused = "Context7 refused every key: set another as CONTEXT7_API_KEY" if keys else "docs: there is no key"
        if not self.configured:
            refused = "Context7 wants a key: set one as CONTEXT7_API_KEY"
        raise KeyRefusedError(self._complaint or refused, lasting=True)

    def refuse(self, key: Key | None) -> None:
        """Use it no more."""
        self._set_aside(key, FOR_EVER, refused=True)

    def over_quota(self, key: Key | None, seconds: float) -> None:
        """Use it no more for so long."""
        self._set_aside(key, self._clock.now().timestamp() + seconds, refused=False)

    def fingerprint(self) -> str | None:
        """A few digits that change with the keys and tell nothing of them; None when a command prints them."""
        if self._command:
            return None
        file = (
            "" if self._file is None else f"{self._file}|{self._file.stat().st_mtime_ns if self._file.exists() else 0}"
        )
        given = "|".join(key.reveal() for key in self._given)
        return hashlib.sha256(f"{given}|{file}".encode()).hexdigest()[:8]

    def forget(self) -> None:
        """Take every key for a good one again."""
        self._useless.clear()
        self._runs_left = 1

    async def has_another(self) -> bool:
        """Whether there is a key that can be used now."""
        try:
            await self.current()
        except (KeyRefusedError, QuotaExceededError):
            return False
        return True

    def hide(self, text: str) -> str:
        """A text without any of the keys in it."""
        for key in self._all():
            text = key.hide(text)
        return text

    def _set_aside(self, key: Key | None, until: float, *, refused: bool) -> None:
        self._useless[key] = (until, refused)
        if key in self._printed and all(one in self._useless for one in self._printed):
            # Perhaps it has new ones; when it prints the same again, that is that.
            self._runs_left = 1

    def _all(self) -> tuple[Key, ...]:
        return tuple(dict.fromkeys((*self._given, *self._read, *self._printed)))

    async def _look_again(self) -> None:
        try:
            if self._file is not None:
                self._read_file(self._file)
            if self._command:
                await self._run_if_need_be()
        except UsageError as error:
            self._complaint = str(error)

    async def _run_if_need_be(self) -> None:
        """Run the command, once for all who wait for it; who is cancelled meanwhile leaves it to the next."""
        async with self._running:
            if not self._runs_left:
                return
            try:
                self._printed = await self._run()
            except UsageError:
                self._runs_left = 0
                raise
            self._runs_left = 0

    def _read_file(self, path: Path) -> None:
        """Read the file if it is not as it was."""
        try:
            found = path.stat()
            state = (found.st_mtime_ns, found.st_size, found.st_ino)
            if state == self._state_of_file:
                return
            with path.open("rb") as file:
                content = file.read(_MOST)
        except OSError as error:
            raise UsageError(f"docs: the file of keys {path} cannot be read: {error.strerror}") from None
        self._read = _keys(_lines(content), f"a line of the file of keys {path}")
        self._state_of_file = state

    async def _run(self) -> tuple[Key, ...]:
        """What the command prints: it is shown to nobody, not even when the command fails."""
        runner = SystemProcessRunner(stdout_cap=_MOST)
        try:
            done = await runner.run(self._command, cwd=Path.cwd(), timeout=_COMMAND_TIMEOUT)
        except ToolError:
            raise UsageError("docs: api-key-command cannot be run: is its program there?") from None
        if done.timed_out:
            raise UsageError(f"docs: api-key-command printed no key in {_COMMAND_TIMEOUT:g} s")
        if done.exit_code or done.overflowed:
            raise UsageError(f"docs: api-key-command failed with exit code {done.exit_code}: run it by hand")
        return _keys(_lines(done.stdout), "a line that api-key-command printed")


def _lines(content: bytes) -> list[str]:
    lines = (line.strip() for line in content.decode("utf-8", "replace").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _keys(texts: Iterable[str], where: str) -> tuple[Key, ...]:
    """Keys; nothing else may go into a header.

    Raises:
        UsageError: One is no key; which, is not said.
    """
    found = tuple(texts)
    if not all(_KEY.fullmatch(text) for text in found):
        raise UsageError(f"docs: {where} is no key: a key has printable ASCII characters only, and no spaces")
    return tuple(Key(text) for text in found)
