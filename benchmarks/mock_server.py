"""What a call through the mock server costs, against the bare SDK and FastMCP.

    python benchmarks/mock_server.py [--calls N] [--rounds N] [--fastmcp]

Calls of a tool that adds two numbers, in memory, one after another, in turns of the sides. Everything happens in one
thread, so that CPU time is what counts, which other programs on the machine disturb less; of several rounds the median:

- `Client(server)` of the SDK's version 2, straight into the server, and the same over the streams of a handshake;
- a bare low-level server with a handler that answers at once: it checks and records nothing, its client checks the
  result by the same output schema;
- the SDK's own high-level server;
- the mock server with a typed function, and with a scripted tool;
- with `--fastmcp`, FastMCP's client and server (from the registry, in an environment of their own).

Nothing is asserted: machines are shared and noisy. Read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp import Client
from mcp.server import Server
from mcp.server.mcpserver import MCPServer
from uv import find_uv_bin

from pytest_mcpquality.testing import MockMCPServer, returns

FASTMCP = "fastmcp"
ARGUMENTS = {"a": 1, "b": 2}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
RESULT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"result": {"type": "integer"}},
    "required": ["result"],
}

FASTMCP_SCRIPT = """
import asyncio, statistics, sys, time
from fastmcp import Client, FastMCP

server = FastMCP("bench")

@server.tool
def add(a: int, b: int) -> int:
    return a + b

async def main(calls, rounds):
    async with Client(server) as client:
        rates = []
        for _ in range(rounds):
            start = time.process_time()
            for _ in range(calls):
                await client.call_tool("add", {"a": 1, "b": 2})
            rates.append(calls / (time.process_time() - start))
    print(statistics.median(rates))

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""

Call = Callable[[], Awaitable[object]]


def bare() -> Server[Any]:
    """The SDK's low-level server, with as little as can be behind it."""
    tool = types.Tool(name="add", input_schema=SCHEMA, output_schema=RESULT_SCHEMA)

    async def listed(_context: Any, _params: Any) -> types.ListToolsResult:  # noqa: ANN401 - the SDK's
        return types.ListToolsResult(tools=[tool])

    async def called(_context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:  # noqa: ANN401 - the SDK's
        total = sum((params.arguments or {}).values())
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=str(total))], structured_content={"result": total}
        )

    return Server("bench", on_list_tools=listed, on_call_tool=called)


def high_level() -> MCPServer:
    """The SDK's high-level server with a typed function."""
    server = MCPServer("bench")

    @server.tool()
    def add(a: int, b: int) -> int:
        return a + b

    return server


def mock(*, scripted: bool) -> MockMCPServer:
    """The mock server, with a typed function or a script."""
    server = MockMCPServer("bench")
    if scripted:
        server.add_tool("add", input_schema=SCHEMA, output_schema=RESULT_SCHEMA, script=[returns({"result": 3})])
        return server

    @server.tool()
    def add(a: int, b: int) -> int:
        return a + b

    return server


async def compare(mode: str, calls: int, rounds: int) -> dict[str, float]:
    """Calls a second of every side, the median round."""
    sides: dict[str, Any] = {
        "bare SDK": bare(),
        "SDK's MCPServer": high_level(),
        "mock, function": mock(scripted=False).sdk_server(),
        "mock, script": mock(scripted=True).sdk_server(),
    }
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, server in sides.items():
            async with Client(server, mode=mode) as client:
                rates[name].append(await rate(client, calls))
    return {name: statistics.median(measured) for name, measured in rates.items()}


async def rate(client: Client, calls: int) -> float:
    """Calls a second of CPU time; the first one, which warms up, is not counted."""
    await client.call_tool("add", ARGUMENTS)
    start = time.process_time()
    for _ in range(calls):
        await client.call_tool("add", ARGUMENTS)
    return calls / (time.process_time() - start)


def fastmcp(calls: int, rounds: int) -> float:
    """Calls a second of FastMCP, in an environment of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "venv")
        python = environment / "bin" / "python"
        uv = find_uv_bin()
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, FASTMCP], check=True)
        script = Path(folder, "calls.py")
        script.write_text(FASTMCP_SCRIPT, encoding="utf-8")
        done = subprocess.run(
            [python, script, str(calls), str(rounds)], check=True, capture_output=True, encoding="utf-8"
        )
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a call through the mock server costs.")
    parser.add_argument("--calls", type=int, default=500, help="calls a round")
    parser.add_argument("--rounds", type=int, default=7, help="rounds a side")
    parser.add_argument("--fastmcp", action="store_true", help="measure FastMCP, too (installs it)")
    options = parser.parse_args()
    for mode, title in (("auto", "2026-07-28, straight"), ("legacy", "2025-11-25, over streams")):
        rates = asyncio.run(compare(mode, options.calls, options.rounds))
        print(f"\n{title}")
        for name, per_second in rates.items():
            print(f"  {name:<18} {per_second:8.0f} calls/s   {rates['bare SDK'] / per_second:5.2f} x bare SDK")
    if options.fastmcp:
        print(f"\n  {'FastMCP':<18} {fastmcp(options.calls, options.rounds):8.0f} calls/s")


if __name__ == "__main__":
    main()
