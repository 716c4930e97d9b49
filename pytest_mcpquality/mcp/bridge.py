"""A client's side of the SDK's two major versions: server objects of either, and messages to and from its streams."""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, cast

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

SHUTDOWN_GRACE = 2.0
"""Seconds that a server in this process has to end after its streams did; the SDK gives as many."""

_WRAPPED_IN = ("_lowlevel_server", "_mcp_server")
"""Where `MCPServer` of version 2, and `FastMCP` of version 1 and of the package fastmcp, keep the low-level server."""

_ON_THE_WIRE = ("mcp.types", "mcp.shared.message", "mcp.shared.memory")
"""What messages and streams are made of."""

_ACCEPTED = "give a server object of the MCP SDK (MCPServer, FastMCP or Server) or a MockMCPServer"


class Streams(Protocol):
    """What the SDK calls a transport: entering it gives the client's two streams."""

    async def __aenter__(self) -> tuple[Any, Any]: ...

    async def __aexit__(self, *_: object) -> bool | None: ...


def sdk_version() -> str:
    """The version of the installed SDK.

    Raises:
        UsageError: There is none.
    """
    try:
        return importlib.metadata.version("mcp")
    except importlib.metadata.PackageNotFoundError:
        raise UsageError(
            "connecting to a server object needs the MCP SDK: pip install 'pytest-mcpquality[mcp]'"
        ) from None


def streams_of(server: object) -> AbstractAsyncContextManager[tuple[Any, Any]]:
    """A new connection to a server in this process, as a pair of the SDK's streams.

    Raises:
        UsageError: It is no server that the installed SDK knows.
    """
    version = sdk_version()
    for module in _ON_THE_WIRE:  # here, where no deadline runs yet: what is imported first can take seconds
        importlib.import_module(module)
    memory = getattr(server, "memory", None)
    if callable(memory) and hasattr(server, "sdk_server"):  # a MockMCPServer
        return cast("AbstractAsyncContextManager[tuple[Any, Any]]", memory())
    if getattr(server, "gives_streams", False):  # the `memory()` of one
        return cast("AbstractAsyncContextManager[tuple[Any, Any]]", server)
    return _serving(low_level(server, version))


def low_level(server: object, version: str) -> Any:  # noqa: ANN401 - the SDK's Server, of either major version
    """The SDK's low-level server in a server object.

    Raises:
        UsageError: There is none, or it is of another version of the SDK.
    """
    found = next((getattr(server, name) for name in _WRAPPED_IN if hasattr(server, name)), server)
    known = importlib.import_module("mcp.server").Server
    if isinstance(server, type):
        raise UsageError(f"{server.__name__} is a class, no server: make one, {server.__name__}(...)")
    if isinstance(found, known):
        return found
    kind = f"{type(found).__module__}.{type(found).__qualname__}"
    if callable(getattr(found, "create_initialization_options", None)):
        raise UsageError(
            f"the server object {kind} is not of the MCP SDK that is installed here, which is mcp {version}: "
            "make it with this version, or install the one that it is written for"
        )
    raise UsageError(f"cannot connect to an object of type {kind}: {_ACCEPTED}")


@asynccontextmanager
async def _serving(server: Any) -> AsyncGenerator[tuple[Any, Any]]:  # noqa: ANN401 - the SDK's Server
    memory = importlib.import_module("mcp.shared.memory")
    async with memory.create_client_server_memory_streams() as (client, (read_stream, write_stream)):
        serving = asyncio.create_task(_run(server, read_stream, write_stream))
        try:
            yield client
        finally:
            await client[1].aclose()
            await asyncio.wait({serving}, timeout=SHUTDOWN_GRACE)
            serving.cancel()
            await asyncio.wait({serving})
        if not serving.cancelled():
            serving.result()


async def _run(server: Any, read_stream: Any, write_stream: Any) -> None:  # noqa: ANN401 - the SDK's
    try:
        await server.run(read_stream, write_stream, server.create_initialization_options())
    finally:
        await write_stream.aclose()  # it does so itself, unless it could not even start


def to_sdk(message: JsonObject) -> Any:  # noqa: ANN401 - the SDK's SessionMessage, of either major version
    """A message for the SDK's streams."""
    types = importlib.import_module("mcp.types")
    if "method" not in message:
        kind = types.JSONRPCError if "error" in message else types.JSONRPCResponse
    else:
        kind = types.JSONRPCRequest if "id" in message else types.JSONRPCNotification
    content = kind(**message)
    # Version 1 has a model around the four kinds, version 2 a union of them.
    wrapped = types.JSONRPCMessage(content) if isinstance(types.JSONRPCMessage, type) else content
    return importlib.import_module("mcp.shared.message").SessionMessage(wrapped)


def from_sdk(item: Any) -> JsonObject:  # noqa: ANN401 - the SDK's SessionMessage, of either major version
    """A message from the SDK's streams as it would stand on the wire."""
    content = getattr(item.message, "root", item.message)
    message: JsonObject = {"jsonrpc": content.jsonrpc}
    for name in ("id", "method", "params", "result"):
        value = getattr(content, name, None)
        if value is not None:
            message[name] = value
    if hasattr(content, "error"):
        message["error"] = content.error.model_dump(by_alias=True, mode="json", exclude_unset=True)
        message["id"] = content.id
    return message
