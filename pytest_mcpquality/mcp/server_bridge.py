"""The SDK's low-level server, the same for both of its major versions.

What a server has and says comes from a `Backend`, which knows wire dicts (camelCase) and nothing of the SDK. The
SDK's server does the rest: the handshake, the era of the protocol, the checks of what comes in and goes out, and
running over streams and HTTP. `build_server` makes one; `server_bridge_v1` and `server_bridge_v2` hold what differs.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from packaging.version import Version

from mcpquality_scanners.errors import McpQualityError, UsageError

METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INVALID_REQUEST = -32600
INTERNAL_ERROR = -32603

STATELESS = "mcpquality.stateless"
"""The key of the ASGI scope that says that there was no handshake, and will be none."""

NO_WAY_BACK = "mcpquality.no-way-back"
"""The key of the ASGI scope that says that the client cannot be asked anything, as it gets one answer in JSON."""

_FIRST_MINOR = {1: 29, 2: 3}
"""The first minor version that is served, of each major version."""

_INSTALL = "pip install 'pytest-mcpquality[mcp]'"


class RpcError(McpQualityError):
    """A JSON-RPC error, from or to the client.

    Attributes:
        code: The error's code.
        message: The error's message.
        data: More about it, any JSON.
    """

    def __init__(self, code: int, message: str, data: Any = None) -> None:  # noqa: ANN401 - any JSON
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def wire(self) -> dict[str, Any]:
        """As it stands in a JSON-RPC message."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


class ClientChannel(Protocol):
    """The way back to the client of one request."""

    async def notify(self, method: str, params: Mapping[str, Any] | None, *, related: bool) -> None:
        """Send a notification: along with the request, or outside any request."""
        ...

    async def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the client.

        Raises:
            RpcError: It refused, or cannot be asked.
        """
        ...

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Report progress, if the client asked for it."""
        ...

    async def close_stream(self) -> None:
        """Close the request's SSE stream, where there is one that can be resumed."""
        ...

    def capabilities(self) -> Mapping[str, Any]:
        """What the client said it can do."""
        ...


@dataclass(slots=True)
class ServerRequest:
    """One request or notification, whichever SDK it came through."""

    method: str
    params: dict[str, Any]
    id: str | int | None
    protocol_version: str
    modern: bool
    """Of the era without `initialize`."""

    ready: bool
    """The handshake is done, where there is one (stateless HTTP has none)."""

    scope: Mapping[str, Any] | None
    """The ASGI scope, over HTTP."""

    client: ClientChannel
    record: object = None
    """For the backend's own use."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A result in wire form."""

    result: dict[str, Any]
    raw: bool = False
    """Goes out as it is, unchecked."""


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """Who a server says it is."""

    name: str
    version: str = "1.0.0"
    title: str | None = None
    instructions: str | None = None


class Events(Protocol):
    """Where changes are announced to the streams of `subscriptions/listen` (from protocol 2026-07-28 on)."""

    def subscribe(self, listener: Callable[[str, str | None], None]) -> Callable[[], None]:
        """Have a listener called, on the loop that runs now, with what changed: a kind, and a URI for "resource".

        Gives what ends that.
        """
        ...


class Backend(Protocol):
    """What a server has and says."""

    @property
    def identity(self) -> ServerIdentity:
        """Who it is."""
        ...

    @property
    def events(self) -> Events:
        """What changes."""
        ...

    def capabilities(self, *, modern: bool) -> dict[str, Any]:
        """What it says it can do, in wire form."""
        ...

    def input_schema(self, tool: str) -> Mapping[str, Any] | None:
        """The schema of a tool's arguments, if there is such a tool."""
        ...

    def begin(self, request: ServerRequest) -> None:
        """A request has come in."""
        ...

    async def answer(self, request: ServerRequest) -> Answer | None:
        """Answer it; None leaves that to the SDK (the handshake, ping, what is not served).

        Raises:
            RpcError: The answer is an error.
        """
        ...

    def end(
        self, request: ServerRequest, *, result: Mapping[str, Any] | None = None, error: Mapping[str, Any] | None = None
    ) -> None:
        """The request was answered, or (neither) cancelled."""
        ...

    def notified(self, notification: ServerRequest) -> None:
        """A notification has come in."""
        ...


def sdk_major() -> int:
    """The major version of the installed SDK.

    Raises:
        UsageError: There is none, or one that this bridge does not reach.
    """
    try:
        version = importlib.metadata.version("mcp")
    except importlib.metadata.PackageNotFoundError:
        raise UsageError(f"MockMCPServer is built on the MCP SDK, which is not installed: {_INSTALL}") from None
    major, minor = (*Version(version).release, 0)[:2]
    if major not in _FIRST_MINOR or minor < _FIRST_MINOR[major]:
        served = " or ".join(f"{known}.{first} or a later {known}.x" for known, first in _FIRST_MINOR.items())
        raise UsageError(f"MockMCPServer needs mcp {served}, and {version} is installed: {_INSTALL}")
    return major


def build_server(backend: Backend) -> Any:  # noqa: ANN401 - the SDK's `Server`, of either major version
    """The SDK's low-level server in front of a backend.

    Raises:
        UsageError: The SDK is not installed.
    """
    module = importlib.import_module(f"pytest_mcpquality.mcp.server_bridge_v{sdk_major()}")
    return module.build(backend)
