"""Which version to speak: asked for, or found out without a wait that could be spared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from pytest_mcpquality.mcp.errors import ProtocolViolationError, ServerError, ServerFailedError
from pytest_mcpquality.mcp.protocol import (
    AUTO,
    HANDSHAKE_VERSIONS,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MODERN_VERSIONS,
    SERVER_INFO_KEY,
    UNSUPPORTED_VERSION,
    VERSIONS,
    JsonObject,
    is_modern,
)
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

_NO_HANDSHAKE = frozenset({METHOD_NOT_FOUND, INVALID_PARAMS, INVALID_REQUEST, UNSUPPORTED_VERSION})
"""Errors with which a server without `initialize` answers it."""

_NO_HANDSHAKE_STATUS = frozenset({400, 404, 405})


@dataclass(frozen=True, slots=True)
class Agreement:
    """What client and server agreed on.

    Attributes:
        version: The protocol's version.
        server_info: The server's name and version, as it gave them.
        capabilities: What it says it can do.
        instructions: Its text for the model, if any.
        answer: Its whole answer to `initialize` or `server/discover`.
    """

    version: str
    server_info: JsonObject = field(default_factory=dict[str, Any])
    capabilities: JsonObject = field(default_factory=dict[str, Any])
    instructions: str | None = None
    answer: JsonObject = field(default_factory=dict[str, Any])

    @property
    def modern(self) -> bool:
        """Whether there is no `initialize` and no session."""
        return is_modern(self.version)


Initialize = Callable[[str], Awaitable[JsonObject]]
"""Sends `initialize` with a version; the result."""

Discover = Callable[[str], Awaitable[JsonObject]]
"""Sends `server/discover` in a version; the result."""


def check_version(protocol: str) -> None:
    """Whether a version can be asked for.

    Raises:
        UsageError: There is no such version.
    """
    if protocol != AUTO and protocol not in VERSIONS:
        raise UsageError(f"there is no protocol version {protocol!r}: choose {AUTO!r} or one of {', '.join(VERSIONS)}")


async def negotiate(server: str, protocol: str, initialize: Initialize, discover: Discover) -> Agreement:
    """Agree on a version.

    Args:
        server: Its name, for messages.
        protocol: A version, or `AUTO`.
        initialize: Sends `initialize`.
        discover: Sends `server/discover`.

    Raises:
        ServerFailedError: It refused, or the transport did not get an answer.
        ProtocolViolationError: What it answered is not allowed.
    """
    try:
        if protocol != AUTO:
            return await (_discovered if is_modern(protocol) else _initialized)(
                server, protocol, discover if is_modern(protocol) else initialize
            )
        return await _either(server, initialize, discover)
    except ServerError as error:
        text = f"refused {error.method} with error {error.code}: {error.message}"
        raise ServerFailedError(server=server, diagnosis=Diagnosis(Cause.REFUSED, text)) from error


async def _either(server: str, initialize: Initialize, discover: Discover) -> Agreement:
    try:
        return await _initialized(server, HANDSHAKE_VERSIONS[-1], initialize)
    except (ServerError, ServerFailedError) as refused:
        if not _may_be_modern(refused):
            raise
        try:
            return await _discovered(server, MODERN_VERSIONS[-1], discover)
        except (ServerError, ServerFailedError):
            raise refused from None  # it is no modern server either: what it said first is the reason


def _may_be_modern(error: ServerError | ServerFailedError) -> bool:
    if isinstance(error, ServerError):
        return error.code in _NO_HANDSHAKE
    return error.diagnosis.status in _NO_HANDSHAKE_STATUS


async def _initialized(server: str, version: str, initialize: Initialize) -> Agreement:
    try:
        answer = await initialize(version)
    except ServerError as error:
        other = _common(error.data, HANDSHAKE_VERSIONS)
        if other is None or other == version:
            raise
        answer = await initialize(other)
    spoken = answer.get("protocolVersion")
    if spoken not in HANDSHAKE_VERSIONS:
        raise ProtocolViolationError(
            server=server,
            violation=f"answered initialize with protocol version {spoken!r}, which this client does not know "
            f"(it asked for {version}, and knows {', '.join(HANDSHAKE_VERSIONS)})",
        )
    return _agreement(server, str(spoken), answer, answer.get("serverInfo"), "initialize")


async def _discovered(server: str, version: str, discover: Discover) -> Agreement:
    answer = await discover(version)
    supported = answer.get("supportedVersions")
    if not isinstance(supported, list) or version not in supported:
        raise ServerFailedError(
            server=server,
            diagnosis=Diagnosis(
                Cause.REFUSED, f"does not speak protocol version {version}: server/discover names {supported!r}"
            ),
        )
    meta = answer.get("_meta")
    info = cast("JsonObject", meta).get(SERVER_INFO_KEY) if isinstance(meta, dict) else None
    return _agreement(server, version, answer, info or answer.get("serverInfo") or {}, "server/discover")


def _common(data: object, versions: tuple[str, ...]) -> str | None:
    """The newest of our versions that an error says are supported."""
    supported = cast("JsonObject", data).get("supported") if isinstance(data, dict) else None
    if not isinstance(supported, list):
        return None
    return next((version for version in reversed(versions) if version in supported), None)


def _agreement(server: str, version: str, answer: JsonObject, info: object, method: str) -> Agreement:
    capabilities = answer.get("capabilities")
    for name, value in (("serverInfo", info), ("capabilities", capabilities)):
        if not isinstance(value, dict):
            raise ProtocolViolationError(server=server, violation=f"answered {method} without an object {name!r}")
    instructions = answer.get("instructions")
    return Agreement(
        version=version,
        server_info=cast("JsonObject", info),
        capabilities=cast("JsonObject", capabilities),
        instructions=instructions if isinstance(instructions, str) else None,
        answer=answer,
    )
