"""Who else can reach real HTTP servers, over real sockets."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_mcpquality.health.check import Group, Hit
from pytest_mcpquality.health.looking import LookOptions, observe
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.exposure import Knock
from pytest_mcpquality.health.probes.knocking import own_address
from pytest_mcpquality.health.registry import BUILT_IN
from pytest_mcpquality.mcp.server_bridge import sdk_major
from pytest_mcpquality.mcp.specs import HttpServer
from pytest_mcpquality.testing import MockMCPServer, faults, protocol_error

pytestmark = pytest.mark.e2e

SLOPPY = Path(__file__).parents[2] / "data" / "mcp_servers" / "sloppy.py"


@contextmanager
def sloppy(*ways: str) -> Iterator[str]:
    """A server in a process, and where it is."""
    command = [sys.executable, "-I", "-S", str(SLOPPY), "http", *ways]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"
        finally:
            process.kill()


def seen_of(url: str, **headers: str) -> Observation:
    return asyncio.run(observe("web", HttpServer(url, headers), LookOptions(timeout=30)))


def rules(seen: Observation, *groups: Group) -> dict[str, Hit]:
    assert seen.failure is None
    hits = [hit for check in BUILT_IN for hit in check.look(seen).hits]
    return {hit.rule.id: hit for hit in hits if hit.rule.group in groups}


def test_a_server_that_lets_everybody_in() -> None:
    with sloppy("all") as url:
        seen = seen_of(url)
    found = rules(seen, Group.EXPOSURE, Group.PROTOCOL)
    assert set(found) >= {
        "mcp-exposure-rebinding",
        "mcp-exposure-cors",
        "mcp-exposure-session-id",
        "mcp-exposure-session-unchecked",
        "mcp-protocol-version",
        "mcp-protocol-http-version",
    }
    assert found["mcp-exposure-rebinding"].message == "let a request with a foreign Origin and a foreign Host in"
    assert "bits are left" in found["mcp-exposure-session-id"].message
    assert ("mcp-exposure-network" in found) is bool(own_address())


def test_a_server_of_the_old_transport() -> None:
    with sloppy("sse") as url:
        seen = seen_of(url)
    assert set(rules(seen, Group.EXPOSURE)) == {"mcp-exposure-rebinding"}
    assert seen.exposure is not None
    assert seen.exposure.old
    assert [unseen for check in BUILT_IN for unseen in check.look(seen).unseen if "what it" in unseen.name] == []


def test_credentials_that_nobody_asks_for() -> None:
    with sloppy("auth", "ignore-auth") as url:
        assert "mcp-exposure-no-auth" in rules(seen_of(url, Authorization="Bearer x"), Group.EXPOSURE)
    with sloppy("auth") as url:
        assert "mcp-exposure-no-auth" not in rules(seen_of(url, Authorization="Bearer x"), Group.EXPOSURE)


def test_a_server_of_the_sdk_at_loopback_passes() -> None:
    server = MockMCPServer("notes")
    server.add_tool("x")
    with server.http() as hosting:
        seen = seen_of(hosting.url)
    assert rules(seen, Group.EXPOSURE) == {}
    assert seen.exposure is not None
    assert seen.exposure.answers[Knock.PLAIN].accepted
    assert len(set(seen.exposure.sessions)) == 4
    assert [unseen for check in BUILT_IN for unseen in check.look(seen).unseen if "knock" in unseen.name] == []


def test_one_that_lets_nobody_in_any_more_was_not_seen() -> None:
    server = MockMCPServer("notes", faults=[faults.HttpStatus(503, method="initialize", after=2)])
    server.add_tool("x")
    with server.http() as hosting:
        seen = seen_of(hosting.url)
    assert rules(seen, Group.EXPOSURE) == {}
    assert {unseen.reason for check in BUILT_IN for unseen in check.look(seen).unseen if "what it" in unseen.name} == {
        "it answered 503 to a request of its own client outside of a session"
    }


@pytest.mark.skipif(sdk_major() == 1, reason="version 1 of the SDK knows no protocol 2026-07-28")
def test_in_the_protocol_without_sessions() -> None:
    server = MockMCPServer("notes")
    server.add_tool("x")
    server.script("initialize", [protocol_error(-32601, "Method not found")])
    with server.http() as hosting:
        seen = seen_of(hosting.url)
    assert rules(seen, Group.EXPOSURE, Group.PROTOCOL, Group.ROBUSTNESS).keys() <= {"mcp-robustness-not-called"}
    assert seen.exposure is not None
    assert seen.exposure.answers[Knock.PLAIN].accepted
    assert seen.exposure.sessions == ()
    assert [unseen for check in BUILT_IN for unseen in check.look(seen).unseen if "what it" in unseen.name] == []
