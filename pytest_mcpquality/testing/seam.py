"""Where the mock server's parts meet: what it says (content), how it is reached (hosting), what breaks (faults).

```text
client  <-- bytes -->  hosting  <-- faults -->  content
                       stdio, http, memory      MockMCPServer
```

The content knows nothing of bytes and sockets: it serves a session over a pair of streams, or hands out the SDK's
server for HTTP. Hosting moves messages, asks the faults about each of them, and tells the content what a fault did.
Nothing in here imports the SDK.

A mock server hands itself to `hosting.stdio.StdioHosting(self)` and `hosting.http.HttpHosting(self, ...)`, which are
open until `close()`. In memory it serves over `hosting.memory.faulty(self, session, read_stream, write_stream)`, after
`faults.attach("memory")` and before `faults.detach("memory")`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from pytest_mcpquality.testing.faults.base import Fault, Transport
from pytest_mcpquality.testing.faults.collection import Faults

if TYPE_CHECKING:
    from pytest_mcpquality.resilience.clock import Clock

Message: TypeAlias = Mapping[str, Any]
"""One JSON-RPC message as it stands on the wire (camelCase)."""

SESSION_IN_SCOPE = "mcpquality.session"
"""Over HTTP: the key of the ASGI scope that holds the `SessionInfo`. The SDK hands the scope to its handlers as
`request_context.request.scope` (1.x) and `ctx.request.scope` (2.x)."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One client's session with the mock server."""

    transport: Transport
    """How the client came in."""

    start: int
    """Which start of the server this is, from 1: over stdio each process, over HTTP each `http()` and `restart()`,
    in memory each connection. Counted over all transports together."""

    id: str
    """Unique within one mock server, e.g. `stdio-1`; `http-1-stateless` for all requests outside any session."""


class Hosted(Protocol):
    """What hosting needs to know of a mock server."""

    @property
    def name(self) -> str:
        """The server's name, for messages."""
        ...

    @property
    def clock(self) -> Clock | None:
        """What delays are measured with; None is real time."""
        ...

    @property
    def faults(self) -> Faults:
        """What breaks; may change at any time, from any thread."""
        ...

    def next_start(self) -> int:
        """Count a start, from 1. Called from any thread."""
        ...

    async def serve(self, read_stream: Any, write_stream: Any, *, session: SessionInfo) -> None:  # noqa: ANN401 - the SDK's streams
        """Serve one session over a pair of the SDK's streams, until the read stream ends.

        Both carry the SDK's `SessionMessage` (the read stream also exceptions, for lines that are no message). Runs in
        the event loop of the hosting, in a thread of its own; several at the same time.
        """
        ...

    def sdk_server(self, start: int) -> Any:  # noqa: ANN401 - of either major version
        """The SDK's low-level server, for its own streamable HTTP session manager, of the given start."""
        ...

    def fault_applied(self, session: SessionInfo, fault: Fault, message: Message | None, *, served: bool) -> None:
        """A fault has been applied to a message (None: to the start of the server or to an HTTP request without one).

        `served` tells whether the message also reaches the server; if not, nobody else will record it. Called from the
        hosting's thread.
        """
        ...


class Hosting(Protocol):
    """A way in that is open until `close()`; also a context manager, sync and async."""

    @property
    def transport(self) -> Literal["stdio", "http"]:
        """What the client has to speak."""
        ...

    def close(self) -> None:
        """End every session, free every socket and thread. May be called twice, and from any thread."""
        ...
