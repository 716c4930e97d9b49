"""Clients of others list and call the tools of the mock server: the SDK's of both major versions, FastMCP's, the
official inspector."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from pytest_mcpquality.mcp.connecting import ConnectOptions, connected
from pytest_mcpquality.mcp.errors import ServerError
from pytest_mcpquality.mcp.handlers import Handlers
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.mcp.servers import Servers
from pytest_mcpquality.mcp.targets import find_target
from pytest_mcpquality.testing import Context, MockMCPServer, error
from tests.support import node_tools

pytestmark = [
    pytest.mark.e2e,
    # Version 1 of the SDK leaves its event streams to the garbage collector.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function MemoryObject:pytest.PytestUnraisableExceptionWarning"
    ),
]

CLIENTS = Path(__file__).parents[1] / "data" / "mcp_clients"
INSPECTOR = ("@modelcontextprotocol/inspector", "2.12.0")
SECONDS = 120  # the first run installs the client

EXPECTED = {"tools": ["add", "busy"], "sum": {"result": 5}, "failed": True}


@pytest.fixture
def server() -> MockMCPServer:
    mock = MockMCPServer("calculator")

    @mock.tool()
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    mock.add_tool("busy", script=[error("busy")])
    return mock


@pytest.fixture(params=["stdio", "http"])
def target(request: pytest.FixtureRequest, server: MockMCPServer) -> Iterator[list[str]]:
    if request.param == "http":
        with server.http() as http:
            yield [http.url]
    else:
        with server.stdio() as stdio:
            yield [stdio.command, *stdio.args]
    gc.collect()


def run(requirement: str, script: str, target: list[str]) -> list[dict[str, Any]]:
    """What a client prints, in an environment with just that client."""
    uv = [find_uv_bin(), "run", "--quiet", "--isolated", "--no-project", "--python", sys.executable]
    done = subprocess.run(
        [*uv, "--with", requirement, "python", "-I", str(CLIENTS / script), *target],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers


@pytest.mark.parametrize(("requirement", "ways"), [("mcp>=1.29,<2", 1), ("mcp>=2.3,<3", 2)])
def test_the_sdks_own_clients(requirement: str, ways: int, server: MockMCPServer, target: list[str]) -> None:
    assert run(requirement, "sdk.py", target) == [EXPECTED] * ways
    server.assert_called("add", arguments={"a": 2, "b": 3}, times=ways)
    assert {call.transport for call in server.calls()} == {"http" if len(target) == 1 else "stdio"}


def test_fastmcps_client(server: MockMCPServer, target: list[str]) -> None:
    assert run("fastmcp", "fastmcp_client.py", target) == [EXPECTED]
    server.assert_called("add", arguments={"a": 2, "b": 3}, times=1)


def test_the_official_inspector(server: MockMCPServer, target: list[str]) -> None:
    launcher = node_tools.package(*INSPECTOR) / "clients" / "launcher" / "build" / "index.js"

    def inspect(*arguments: str) -> dict[str, Any]:
        done = node_tools.node(launcher, "--cli", *target, *arguments, timeout=SECONDS)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    assert [tool["name"] for tool in inspect("--method", "tools/list")["tools"]] == ["add", "busy"]
    called = inspect("--method", "tools/call", "--tool-name", "add", "--tool-arg", "a=2", "b=3")
    assert called["structuredContent"] == {"result": 5}
    server.assert_called("add", arguments={"a": 2, "b": 3}, times=1)


@pytest.mark.parametrize(("stateless", "said"), [(False, "back-channel"), (True, "not support elicitation")])
def test_a_client_that_cannot_be_asked_gets_an_error_and_no_wait(stateless: bool, said: str) -> None:
    server = MockMCPServer("asking")

    @server.tool()
    async def ask(context: Context) -> str:
        """Ask the user."""
        return str(await context.elicit("Sure?", {"type": "object", "properties": {}}))

    async def call(url: str) -> None:
        options = ConnectOptions(protocol="2025-11-25", handlers=Handlers(elicitation=_accepts))
        async with connected(find_target(url, Servers()).spec, "asking", options) as client:
            with pytest.raises(ServerError, match=said) as refused:
                await client.call_tool("ask")
            assert refused.value.code == -32600

    with server.http(stateless=stateless, json_response=not stateless) as http:
        asyncio.run(call(http.url))


@pytest.mark.parametrize("json_response", [False, True])
def test_without_sessions_tools_can_be_called_all_the_same(server: MockMCPServer, json_response: bool) -> None:
    async def call(url: str) -> JsonObject:
        options = ConnectOptions(protocol="2025-11-25")
        async with connected(find_target(url, Servers()).spec, "stateless", options) as client:
            return await client.call_tool("add", {"a": 2, "b": 3})

    with server.http(stateless=True, json_response=json_response) as http:
        assert asyncio.run(call(http.url))["structuredContent"] == {"result": 5}
    (called,) = server.calls("add")
    assert called.session.id == "http-1-stateless"


async def _accepts(_params: JsonObject) -> JsonObject:
    return {"action": "accept", "content": {}}
