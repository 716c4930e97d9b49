"""What can be done to a transport: faults decide which of these, hosting carries them out.

`Send`, `Frame`, `Raw`, `Part` and `Drip` write; the others wait, end something or answer in HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Message: TypeAlias = Mapping[str, Any]
"""One JSON-RPC message as it stands on the wire."""


@dataclass(frozen=True, slots=True)
class Send:
    """Write a message as the transport always does."""

    message: Message


@dataclass(frozen=True, slots=True)
class Frame:
    """Write these bytes where a message would stand: a line over stdio, an event or the body over HTTP."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Raw:
    """Write these bytes and nothing around them."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Write the beginning of what `writes` says, at least one byte and never all of it."""

    writes: Send | Frame
    share: float


@dataclass(frozen=True, slots=True)
class Drip:
    """Write what `writes` says in pieces of `size` bytes, waiting `every` seconds between two."""

    writes: Write
    size: int
    every: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, while other messages go on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Close:
    """Close the stream to the client (stdout, the HTTP connection); the server lives on."""


@dataclass(frozen=True, slots=True)
class Die:
    """End the process; over HTTP, everything that is open, and listen no more."""

    code: int
    stderr: str


@dataclass(frozen=True, slots=True)
class WriteStderr:
    """Write to the process's stderr."""

    text: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Go on when the client closes stdin, or when SIGTERM comes."""

    eof: bool = False
    sigterm: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the answer until as many as `until` are kept, then write them all, the last one first."""

    actions: tuple[Action, ...]
    until: int


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer the HTTP request with this."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class CutStream:
    """Close the connection of an event stream after that many events."""

    events: int


@dataclass(frozen=True, slots=True)
class Relabel:
    """Send the response with another content type."""

    content_type: str


Write: TypeAlias = Send | Frame | Raw | Part
"""What writes bytes at once."""

Action: TypeAlias = Write | Drip | Pause | Close | Die | WriteStderr | Ignore | Hold
"""What can happen in place of a message."""

HttpAction: TypeAlias = Respond | CutStream | Relabel
"""What can happen to an HTTP exchange as a whole."""
