"""Server objects of the installed SDK, whichever major version that is."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp import bridge
from pytest_mcpquality.mcp.connecting import ConnectOptions, connect, connected
from pytest_mcpquality.mcp.errors import ServerError, ServerFailedError
from pytest_mcpquality.mcp.memory import MemoryTransport
from pytest_mcpquality.mcp.specs import ServerObject

pytestmark = pytest.mark.asyncio

MAJOR = int(bridge.sdk_version().partition(".")[0])
PROTOCOLS = ["auto", "2024-11-05", "2025-11-25", *(["2026-07-28"] if MAJOR > 1 else [])]


def make_server(**options: Any) -> Any:  # noqa: ANN401 - the SDK's, of either major version
    """The SDK's comfortable server."""
    place, name = ("fastmcp", "FastMCP") if MAJOR == 1 else ("mcpserver", "MCPServer")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # version 1 with a current pydantic-settings
        server = getattr(importlib.import_module(f"mcp.server.{place}"), name)("demo", **options)

    @server.tool()  # type: ignore[untyped-decorator]
    def add(a: int, b: int) -> int:
        return a + b

    return server


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("mcp").setLevel(logging.CRITICAL)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_server_object_is_spoken_to_in_every_version(protocol: str) -> None:
    async with connected(ServerObject(make_server()), "demo", ConnectOptions(protocol=protocol)) as connection:
        assert connection.agreement.version == (PROTOCOLS[2] if protocol == "auto" else protocol)
        assert connection.agreement.server_info["name"] == "demo"
        (tool,) = await connection.list_tools()
        assert set(tool["inputSchema"]["properties"]) == {"a", "b"}
        result = await connection.call_tool("add", {"a": 1, "b": 2})
        assert result["structuredContent"] == {"result": 3}
        assert (await connection.call_tool("add", {"a": "x"}))["isError"]
        with pytest.raises(ServerError):
            await connection.request("no/such/method")
        await connection.ping()
        assert connection.oddities.first == []


async def test_the_low_level_server_is_one_too() -> None:
    server = make_server()
    low_level = bridge.low_level(server, "x")
    assert bridge.low_level(low_level, "x") is low_level
    async with connected(ServerObject(low_level), "demo") as connection:
        assert len(await connection.list_tools()) == 1


async def test_two_connections_do_not_meet() -> None:
    spec = ServerObject(make_server())
    async with connected(spec, "demo") as one, connected(spec, "demo") as other:
        await one.close()
        await other.ping()


async def test_a_server_that_cannot_start_says_why() -> None:
    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        raise RuntimeError("no database")
        yield

    with pytest.raises(ServerFailedError, match="raised RuntimeError: no database"):
        await connect(ServerObject(make_server(lifespan=lifespan)), "demo")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (3, "cannot connect to an object of type builtins.int: give a server object of the MCP SDK"),
        (dict, "dict is a class, no server: make one, dict"),
    ],
)
async def test_what_is_no_server_is_refused(value: object, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        MemoryTransport(value)


async def test_a_server_object_of_another_version_is_named() -> None:
    class Server:
        """As an SDK of another version would have it."""

        def create_initialization_options(self) -> None: ...

    class FastMCP:
        def __init__(self) -> None:
            self._mcp_server = Server()

    with pytest.raises(
        UsageError, match=rf"Server is not of the MCP SDK that is installed here, which is mcp {MAJOR}\."
    ):
        MemoryTransport(FastMCP())


async def test_without_the_sdk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> str:
        raise importlib.metadata.PackageNotFoundError

    server = make_server()
    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(UsageError, match=r"pip install 'pytest-mcpquality\[mcp\]'"):
        MemoryTransport(server)


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": 1, "method": "a", "params": {"b": None}},
        {"jsonrpc": "2.0", "id": "x", "method": "a"},
        {"jsonrpc": "2.0", "method": "a", "params": {}},
        {"jsonrpc": "2.0", "id": 1, "result": {"c": {"d": [None]}}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "m", "data": {"e": 1}}},
    ],
)
async def test_messages_pass_through_the_sdk_unchanged(message: dict[str, Any]) -> None:
    assert bridge.from_sdk(bridge.to_sdk(message)) == message
