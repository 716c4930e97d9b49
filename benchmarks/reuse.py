"""What a pooled connection costs, against opening a new one.

    python benchmarks/reuse.py [--runs N]

A server of the SDK (its high-level server with one tool) is started over stdio, as most servers are. Measured in wall
time, as nearly all of it is waiting for another process, the median of the runs:

- connecting: starting the server, the handshake, closing again;
- reusing: acquiring a connection from the pool, and giving it back;
- the same two with a call of the tool in between, which costs the same in both.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from ratios import Ratio, table

from pytest_mcpquality.mcp.connecting import connected
from pytest_mcpquality.mcp.pool import McpPool
from pytest_mcpquality.mcp.servers import Servers
from pytest_mcpquality.mcp.specs import StdioServer
from pytest_mcpquality.mcp.targets import find_target
from pytest_mcpquality.resilience.pool_values import PoolSettings

GOAL = 100.0
REUSES = 200  # for one new connection
SERVER = """
from mcp.server.mcpserver import MCPServer

server = MCPServer("bench")

@server.tool()
def add(a: int, b: int) -> int:
    return a + b

server.run()
"""
ARGUMENTS = {"a": 1, "b": 2}

Work = Callable[[], Awaitable[object]]


async def compare(target: StdioServer, runs: int) -> dict[str, float]:
    """Seconds of each, the median."""
    found = find_target(target, Servers())

    async def connect() -> None:
        async with connected(found.spec, found.name):
            pass

    async def connect_and_call() -> None:
        async with connected(found.spec, found.name) as client:
            await client.call_tool("add", ARGUMENTS)

    async with McpPool(target, settings=PoolSettings(min_size=1, max_size=1)) as pool:

        async def reuse() -> None:
            async with pool.connection():
                pass

        async def reuse_and_call() -> None:
            async with pool.connection() as client:
                await client.call_tool("add", ARGUMENTS)

        await reuse_and_call()
        return {
            "connect": await median(connect, runs),
            "reuse": await median(reuse, runs * REUSES),
            "connect and call": await median(connect_and_call, runs),
            "reuse and call": await median(reuse_and_call, runs * REUSES),
        }


async def median(work: Work, times: int) -> float:
    """Seconds of one time."""
    taken: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def ratios(runs: int = 7) -> list[Ratio]:
    """How many times cheaper reuse is; prints the times."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "server.py")
        script.write_text(SERVER, encoding="utf-8")
        seconds = asyncio.run(compare(StdioServer(sys.executable, ("-I", str(script))), runs))
    print("a connection over stdio")
    for name, taken in seconds.items():
        print(f"  {name:<18} {1000 * taken:10.3f} ms")
    return [
        Ratio("a new stdio connection / a pooled one", seconds["connect"] / seconds["reuse"], GOAL, at_least=True),
        Ratio(
            "the same, each with a call",
            seconds["connect and call"] / seconds["reuse and call"],
            GOAL,
            at_least=True,
        ),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7, help="new connections (default: 7)")
    print("\n" + table(ratios(parser.parse_args().runs)))


if __name__ == "__main__":
    main()
