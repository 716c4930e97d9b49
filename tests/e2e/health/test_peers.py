"""What the gate says of servers that others wrote: each finding here is justified in docs/explanation.

They are looked at side by side, once for all tests of this file.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_mcpquality.health.check import Group, Hit
from pytest_mcpquality.health.looking import LookOptions, observe
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.knocking import own_address
from pytest_mcpquality.health.registry import BUILT_IN
from pytest_mcpquality.health.settings import ServerSettings
from pytest_mcpquality.mcp.specs import HttpServer, ServerSpec, StdioServer
from tests.support import peers

pytestmark = pytest.mark.e2e

EXPECTED: dict[str, set[tuple[str, str]]] = {
    "everything": {("mcp-speed-call", "high")},
    "everything-http": {
        ("mcp-speed-call", "high"),
        ("mcp-exposure-rebinding", "high"),
        ("mcp-exposure-cors", "medium"),
        *([("mcp-exposure-network", "high")] if own_address() else []),
    },
    "filesystem": {("mcp-robustness-error-leaks", "medium")},
    "memory": set(),
    "git": {("mcp-robustness-error-leaks", "medium")},
    "time": set(),
    "fetch": set(),
}
"""Findings above info, by server: rule and severity."""


def stdio(peer: peers.Peer, *arguments: str, **env: str) -> StdioServer:
    command, *first = peer.command()
    return StdioServer(command, (*first, *arguments), env)


@contextmanager
def everything_over_http() -> Iterator[HttpServer]:
    """The server for all features at a port of its own; it says on standard error that it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*peers.EVERYTHING.command(), "streamableHttp"]
    # A tool of it returns its environment: that of the tester would be judged, too.
    env = {"PATH": os.environ["PATH"], "PORT": str(port)}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        try:
            assert process.stderr is not None
            while b"listening" not in process.stderr.readline():
                assert process.poll() is None
            yield HttpServer(f"http://127.0.0.1:{port}/mcp")
        finally:
            process.kill()


async def look_at_all(root: Path, web: HttpServer) -> dict[str, Observation]:
    servers: dict[str, tuple[ServerSpec, ServerSettings]] = {
        "everything": (stdio(peers.EVERYTHING), ServerSettings()),
        "everything-http": (web, ServerSettings()),
        "filesystem": (stdio(peers.FILESYSTEM, str(root)), ServerSettings()),
        "memory": (stdio(peers.MEMORY, MEMORY_FILE_PATH=str(root / "memory.jsonl")), ServerSettings()),
        "git": (replace(stdio(peers.GIT), cwd=root), ServerSettings()),
        "time": (stdio(peers.TIME), ServerSettings(arguments={"get_current_time": {"timezone": "UTC"}})),
        "fetch": (stdio(peers.FETCH), ServerSettings()),
    }
    looks = [
        observe(name, spec, LookOptions(settings=settings)) for name, (spec, settings) in servers.items()
    ]  # fmt: skip
    return dict(zip(servers, await asyncio.gather(*looks), strict=True))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Observation]:
    with everything_over_http() as web:
        return asyncio.run(look_at_all(tmp_path_factory.mktemp("peers"), web))


def is_timing(hit: Hit) -> bool:
    """How long something takes on a machine that is busy with seven servers says nothing of it."""
    return hit.rule.group is Group.SPEED and "had not answered" not in hit.message


@pytest.mark.parametrize("server", EXPECTED)
def test_what_the_gate_says_of_it(server: str, seen: dict[str, Observation]) -> None:
    observation = seen[server]
    assert observation.failure is None
    hits = [hit for check in BUILT_IN for hit in check.look(observation).hits]
    found = {(hit.rule.id, hit.weight.value) for hit in hits if not is_timing(hit)}
    assert {one for one in found if one[1] != "info"} == EXPECTED[server]


@pytest.mark.parametrize("server", EXPECTED)
def test_all_of_it_was_seen(server: str, seen: dict[str, Observation]) -> None:
    observation = seen[server]
    assert observation.probes is not None
    assert observation.probes.stopped == ""
    assert observation.second is not None
    assert observation.first is not None
    assert observation.first.definitions.tools


def test_what_was_called_answered(seen: dict[str, Observation]) -> None:
    called = {
        name: {call.tool for call in observation.probes.calls if call.how.valid and call.answer.accepted}
        for name, observation in seen.items()
        if observation.probes is not None
    }
    assert called["time"] == {"get_current_time"}
    assert called["memory"] == {"read_graph", "search_nodes", "open_nodes"}
    assert "list_allowed_directories" in called["filesystem"]
    assert {"echo", "get-sum", "get-env"} <= called["everything"]
    assert (called["git"], called["fetch"]) == (set(), set())
