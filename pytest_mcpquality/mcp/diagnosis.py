"""What happened to a server, in words a person can act on, instead of "timed out"."""

from __future__ import annotations

import enum
import re
import signal
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from mcpquality_scanners.text import one_line

SHOWN = 120
"""Characters of a foreign line that are shown."""

KEPT = 20
"""Oddities that are kept word by word; of the others only the number is known."""


class Cause(enum.Enum):
    """Why a server cannot be talked to, or did not answer."""

    NOT_STARTED = "not started"
    EXITED = "exited"
    KILLED = "killed by a signal"
    CLOSED = "closed the connection"
    HUNG = "hung"
    TOO_LONG = "message too long"
    FLOOD = "flooded"
    REFUSED = "refused the handshake"
    VIOLATION = "broke the protocol"
    UNREACHABLE = "unreachable"
    TLS = "no trusted TLS connection"
    AUTHENTICATION = "needs authentication"
    REDIRECT = "redirects"
    HTTP_STATUS = "HTTP error"
    CONTENT_TYPE = "wrong content type"
    CRASHED = "raised an error"


class Odd(enum.Enum):
    """Ways to break the protocol that do not end a connection."""

    NOT_JSON_RPC = "not JSON-RPC"
    UNKNOWN_ID = "unknown id"
    DUPLICATE_ID = "duplicate id"
    NO_ID = "no id"
    LATE = "late answer"
    BATCH = "batch"
    UNKNOWN_TOKEN = "unknown progress token"  # noqa: S105 - no secret
    HTTP = "HTTP error"


@dataclass(frozen=True, slots=True)
class Oddity:
    """One breach of the protocol: its kind, and a sentence about it without the server's name."""

    kind: Odd
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class Oddities:
    """What was odd on one connection: counted, and the first ones kept."""

    first: list[Oddity] = field(default_factory=list[Oddity])
    counts: Counter[Odd] = field(default_factory=Counter[Odd])

    def add(self, oddity: Oddity) -> None:
        """Count one."""
        self.counts[oddity.kind] += 1
        if len(self.first) < KEPT:
            self.first.append(oddity)

    def notes(self, limit: int = 3) -> tuple[str, ...]:
        """The first ones as sentences, and how many there were besides."""
        shown = tuple(oddity.text for oddity in self.first[:limit])
        more = self.counts.total() - len(shown)
        return (*shown, f"and {more} more of the kind") if more else shown


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What happened to a server.

    Attributes:
        cause: The kind of thing that happened.
        text: The same as a sentence without a subject: "exited with 3: ModuleNotFoundError: foo".
        notes: What else was seen, each a sentence; what was odd on the wire comes first.
        stderr: The last lines of its standard error.
        exit_code: What it exited with, if it did; the negative number of the signal that killed it.
        status: The HTTP status it answered with, if it did.
        retry_after: Seconds after which an HTTP server wants to be asked again, if it said so.
    """

    cause: Cause
    text: str
    notes: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()
    exit_code: int | None = None
    status: int | None = None
    retry_after: float | None = None

    def __str__(self) -> str:
        said = () if self._stderr_is_said() else (f"stderr ends: {' | '.join(self.stderr)}",)
        return "; ".join((self.text, *self.notes, *said))

    def _stderr_is_said(self) -> bool:
        return all(line in self.text for line in self.stderr)


def not_json_rpc(where: str, why: str, data: bytes) -> Oddity:
    """Something came that is no message: `stdout line 2 is not JSON-RPC (is not JSON): 'Starting up'`."""
    detail = "" if why == "is not JSON" else f" ({why})"
    return Oddity(Odd.NOT_JSON_RPC, f"{where} is not JSON-RPC{detail}: {shown(data)}")


def shown(data: bytes) -> str:
    """Foreign bytes, fit to be shown in a sentence."""
    return repr(one_line(data[: 4 * SHOWN].decode("utf-8", "replace"), SHOWN))


def exited(code: int, stderr: tuple[str, ...], notes: tuple[str, ...] = ()) -> Diagnosis:
    """A process is gone: `exited with 3: ModuleNotFoundError: foo`."""
    cause = Cause.EXITED if code >= 0 else Cause.KILLED
    what = f"exited with {code}" if code >= 0 else f"was killed by {_signal_name(-code)}"
    reason = reason_in(stderr)
    return Diagnosis(cause, f"{what}: {reason}" if reason else what, notes, stderr, exit_code=code)


def hung(method: str, seconds: float) -> str:
    """No answer came in time: `hung in initialize for 2.0 s`."""
    return f"hung in {method} for {seconds:.1f} s"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


# The line in which Python and Node say what went wrong; what follows it are places in the code.
_ERROR_LINE = re.compile(r"^(?:Uncaught )?(?:[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning)|Error)\b")


def reason_in(stderr: Iterable[str]) -> str:
    """The line of a program's last words that says what went wrong; nothing when there are no words."""
    lines = list(stderr)
    return next((line for line in reversed(lines) if _ERROR_LINE.match(line)), lines[-1] if lines else "")
