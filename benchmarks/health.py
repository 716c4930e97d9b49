"""What the health gate costs: one stdio server against a bare client of the SDK, ten servers against the slowest.

    python benchmarks/health.py [--runs N]

The server is one of the SDK's own, started by Python as users start theirs. The bare client connects, lists the tools
and leaves; the gate starts each server twice, so it is held against two such connections. What the gate spends on
purpose to measure latency (pings, lists and calls, as long as they take) is counted apart. Goal: at most 1.5 times
connecting twice, plus those samples. Ten servers side by side are shown against the slowest of them alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TextIO

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from pytest_mcpquality.health.looking import LookOptions, observe
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.registry import load_checks
from pytest_mcpquality.mcp.specs import StdioServer

GOAL = 1.5
SERVERS = 10

SOURCE = """
import sys
try:
    from mcp.server.mcpserver import MCPServer as Server
except ImportError:
    from mcp.server.fastmcp import FastMCP as Server
import time
time.sleep(float(sys.argv[1]))
server = Server("notes")
for number in range(10):
    @server.tool(name=f"add{number}", annotations={"readOnlyHint": True} if number < 3 else None)
    def add(a: int = 1, b: int = 2) -> int:
        "Adds two numbers."
        return a + b
server.run()
"""


def spec(script: Path, wait: float = 0.0) -> StdioServer:
    """The server, which begins after a wait of so many seconds."""
    return StdioServer(sys.executable, (str(script), str(wait)))


async def bare(server: StdioServer, errors: TextIO) -> float:
    """Seconds that the SDK's client takes to connect, list and leave."""
    started = time.perf_counter()
    parameters = StdioServerParameters(command=server.command, args=list(server.args))
    async with stdio_client(parameters, errors) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        await session.list_tools()
    return time.perf_counter() - started


async def gate(server: StdioServer) -> tuple[float, float]:
    """Seconds that the gate takes, all checks included, and how many of them are latency samples."""
    started = time.perf_counter()
    seen = await observe("notes", server, LookOptions())
    for check in load_checks():
        check.look(seen)
    return time.perf_counter() - started, samples_of(seen)


def samples_of(seen: Observation) -> float:
    """Seconds of pings, lists and calls that are made to measure."""
    if seen.failure is not None or seen.probes is None:
        raise SystemExit(f"the server could not be looked at: {seen.failure}")
    pings = sum(sum(look.pings) for look in seen.looks)
    pings += sum(sum(seconds) for seconds in seen.probes.pages.values())
    return pings + sum(sum(call.seconds) for call in seen.probes.calls if call.how.valid)


async def one(script: Path, runs: int, errors: TextIO) -> bool:
    """One server, paired in turns with the bare client; whether the goal is met."""
    ratios, samples, bares, gates = [], [], [], []
    for _ in range(runs):
        twice = await bare(spec(script), errors) + await bare(spec(script), errors)
        whole, sampled = await gate(spec(script))
        ratios.append((whole - sampled) / twice)
        bares.append(twice / 2)
        gates.append(whole)
        samples.append(sampled)
    ratio = statistics.median(ratios)
    print(f"bare client, once:    {statistics.median(bares):6.2f} s")
    print(f"gate, two starts:     {statistics.median(gates):6.2f} s, of it samples {statistics.median(samples):.2f} s")
    print(f"gate / two clients:   {ratio:6.2f} (goal {GOAL}; median of {runs} pairs, without the samples)")
    return ratio <= GOAL


async def ten(script: Path) -> None:
    """Ten servers, the last of which takes three seconds to start."""
    waits = [0.3 * number for number in range(SERVERS - 1)] + [3.0]
    alone, _ = await gate(spec(script, waits[-1]))
    started = time.perf_counter()
    await asyncio.gather(*(gate(spec(script, wait)) for wait in waits))
    whole = time.perf_counter() - started
    print(f"the slowest alone:    {alone:6.2f} s")
    print(f"ten side by side:     {whole:6.2f} s ({whole / alone:.2f} times the slowest; CPUs: {os.cpu_count()})")


def main() -> int:
    """Measure, print, and fail when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7, help="pairs of runs")
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        script = Path(name) / "server.py"
        script.write_text(SOURCE, encoding="utf-8")
        with Path(os.devnull).open("w", encoding="utf-8") as errors:
            met = asyncio.run(one(script, runs, errors))
        asyncio.run(ten(script))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
