"""What a call through the mock server costs, against the bare SDK and FastMCP.

    python benchmarks/mock_server.py [--calls N] [--rounds N] [--fastmcp]

Calls of a tool that adds two numbers, in memory, one after another, in turns of the sides. Everything happens in one
thread, so that CPU time is what counts, which other programs on the machine disturb less; of several rounds the best,
as they only ever add to it:

- a bare low-level server with a handler that answers at once: it checks and records nothing, its client checks the
  result by the same output schema;
- the SDK's own high-level server;
- the mock server with a typed function, with a scripted tool, and reached by `memory()`;
- with `--fastmcp`, FastMCP's client and server (from the registry, in an environment of their own).

All are called by the `Client` of the SDK's version 2: straight into the server object, and over a pair of streams, in
both eras of the protocol.

Nothing is asserted: machines are shared and noisy. Read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp import Client
from mcp.server import Server
from mcp.server.mcpserver import MCPServer
from mcp.shared.memory import create_client_server_memory_streams
from ratios import Ratio, table
from uv import find_uv_bin

from pytest_mcpquality.testing import MockMCPServer, returns

FASTMCP = "fastmcp"
GOAL = 1.2
AUTO = "2026-07-28, straight"
BARE, FUNCTION, SCRIPT = "bare SDK", "mock, function", "mock, script"
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
import asyncio, sys, time
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
    print(max(rates))

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""


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


class OverStreams:
    """A server object of the SDK behind a pair of streams, as one connection."""

    def __init__(self, server: Server[Any]) -> None:
        self._server = server
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> tuple[Any, Any]:
        client, (read, write) = await self._stack.enter_async_context(create_client_server_memory_streams())
        serving = asyncio.create_task(self._server.run(read, write, self._server.create_initialization_options()))
        self._stack.callback(serving.cancel)
        return client

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


def straight() -> dict[str, Callable[[], Any]]:
    """What each side's client is given, each time anew: the server object itself."""
    servers = {
        BARE: bare(),
        "the SDK's MCPServer": high_level(),
        FUNCTION: mock(scripted=False).sdk_server(),
        SCRIPT: mock(scripted=True).sdk_server(),
    }
    return {name: partial(_itself, server) for name, server in servers.items()}


def over_streams() -> dict[str, Callable[[], Any]]:
    """The same, but for streams."""
    return {
        BARE: partial(OverStreams, bare()),
        FUNCTION: mock(scripted=False).memory,
        SCRIPT: mock(scripted=True).memory,
    }


def _itself(server: object) -> object:
    return server


WAYS: dict[str, tuple[str, Callable[[], dict[str, Callable[[], Any]]]]] = {
    AUTO: ("auto", straight),
    "2026-07-28, over streams": ("auto", over_streams),
    "2025-11-25, over streams": ("legacy", over_streams),
}


async def compare(way: str, calls: int, rounds: int) -> dict[str, float]:
    """Calls a second of every side, the best round."""
    mode, sides = WAYS[way]
    rates: dict[str, list[float]] = {}
    targets = sides()
    for _ in range(rounds):
        for name, target in targets.items():
            async with Client(target(), mode=mode) as client:
                rates.setdefault(name, []).append(await rate(client, calls))
    return {name: max(measured) for name, measured in rates.items()}


def ratios(calls: int = 500, rounds: int = 7) -> Iterator[Ratio]:
    """What a call through the mock costs, in calls through the bare SDK; prints the rates."""
    for way in WAYS:
        rates = asyncio.run(compare(way, calls, rounds))
        show(way, rates)
        for name in (FUNCTION, SCRIPT):
            yield Ratio(f"{name} / {BARE}: {way}", rates[BARE] / rates[name], GOAL, floor=1)


def against_fastmcp(calls: int = 500, rounds: int = 7) -> Ratio:
    """The mock against FastMCP's client and server, which do as much; prints its rate."""
    (_, sides) = WAYS[AUTO]
    ours = asyncio.run(_rate_of(sides()[FUNCTION], calls, rounds))
    theirs = fastmcp(calls, rounds)
    print(f"calls a second in memory, FastMCP\n  {'FastMCP':<20} {theirs:8.0f}")
    return Ratio("mock, function / FastMCP, time of a call", theirs / ours, 1)


async def _rate_of(target: Callable[[], Any], calls: int, rounds: int) -> float:
    measured: list[float] = []
    for _ in range(rounds):
        async with Client(target()) as client:
            measured.append(await rate(client, calls))
    return max(measured)


def show(way: str, rates: dict[str, float]) -> None:
    """A line each."""
    print(f"calls a second in memory, {way}")
    for name, per_second in rates.items():
        print(f"  {name:<20} {per_second:8.0f}   {rates[BARE] / per_second:5.2f} x {BARE}")


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
    parser.add_argument("--rounds", type=int, default=9, help="rounds a side")
    parser.add_argument("--fastmcp", action="store_true", help="measure FastMCP, too (installs it)")
    options = parser.parse_args()
    found = list(ratios(options.calls, options.rounds))
    if options.fastmcp:
        found.append(against_fastmcp(options.calls, options.rounds))
    print("\n" + table(found))


if __name__ == "__main__":
    main()
