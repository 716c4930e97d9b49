"""What is asked of real processes on purpose, and what the checks make of it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from pytest_mcpquality.health.check import Group, Hit
from pytest_mcpquality.health.looking import LookOptions, observe
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.registry import BUILT_IN
from pytest_mcpquality.mcp.server_bridge import sdk_major
from pytest_mcpquality.mcp.specs import StdioServer
from pytest_mcpquality.testing import MockMCPServer
from tests.support.mcp import raw

pytestmark = pytest.mark.e2e

SLOPPY = Path(__file__).parents[2] / "data" / "mcp_servers" / "sloppy.py"


def seen_of(spec: StdioServer) -> Observation:
    return asyncio.run(observe("sloppy", spec, LookOptions(timeout=30)))


def sloppy(*ways: str) -> Observation:
    return seen_of(StdioServer(sys.executable, ("-I", "-S", str(SLOPPY), *ways)))


def hits_of(seen: Observation) -> list[Hit]:
    assert seen.failure is None
    return [hit for check in BUILT_IN for hit in check.look(seen).hits]


def places(hits: list[Hit]) -> set[tuple[str, str]]:
    return {(hit.rule.id, hit.subject.name) for hit in hits}


def test_a_sloppy_server_is_found_out() -> None:
    seen = sloppy("ignore-eof", "no-ping")
    hits = hits_of(seen)
    assert places(hits) >= {
        ("mcp-alive-stop", ""),
        ("mcp-protocol-ping", ""),
        ("mcp-protocol-claimed", ""),
        ("mcp-protocol-unclaimed", ""),
        ("mcp-protocol-unknown-method", ""),
        ("mcp-protocol-version", ""),
        ("mcp-protocol-results", "formless"),
        ("mcp-protocol-structured-content", "structured"),
        ("mcp-robustness-arguments", "any"),
        ("mcp-robustness-unknown-tool", ""),
        ("mcp-robustness-error-leaks", ""),
        ("mcp-robustness-not-called", ""),
        ("mcp-speed-call", "slow"),
        ("mcp-speed-blocked", "slow"),
        ("mcp-speed-output", "large"),
        ("mcp-poisoning-result", "poisoned"),
    }
    assert not [hit for hit in hits if hit.rule.id == "mcp-robustness-survives"]  # as it would not, if it were called
    assert not [hit for hit in hits if hit.rule.id == "mcp-protocol-answers"]  # to broken JSON there is no id


def test_one_that_dies_of_a_call_is_found_out_once() -> None:
    seen = sloppy("die")
    [lost] = [hit for hit in hits_of(seen) if hit.rule.id == "mcp-robustness-survives"]
    assert lost.message == "at a call of any with arguments that are no object, it exited with 5"
    unseen = {unseen for check in BUILT_IN for unseen in check.look(seen).unseen if "on purpose" in unseen.name}
    assert [one.reason for one in unseen] == ["it was lost at a call of any with arguments that are no object"]


def test_one_that_dies_of_broken_json_was_seen_as_a_whole() -> None:
    seen = seen_of(raw())
    [lost] = [hit for hit in hits_of(seen) if hit.rule.id == "mcp-robustness-survives"]
    assert lost.weight.value == "medium"
    assert seen.probes is not None
    assert seen.probes.stopped == ""


def test_a_server_as_it_should_be_has_no_finding() -> None:
    server = MockMCPServer("notes")

    @server.tool(annotations={"readOnlyHint": True})
    def search(query: str = "x", limit: int = 1) -> list[str]:
        """Search the notes for a word."""
        return [query] * limit

    with server.stdio() as hosting:
        seen = seen_of(StdioServer(hosting.command, tuple(hosting.args)))
    hits = hits_of(seen)
    # Version 1 of the SDK answers an unknown method with the wrong error.
    allowed = {"mcp-protocol-unknown-method"} if sdk_major() == 1 else set()
    slow = {hit.rule.id for hit in hits if hit.rule.group is Group.SPEED}  # the machine's doing
    assert {hit.rule.id for hit in hits if hit.weight.value != "info"} - slow == allowed
    assert seen.probes is not None
    assert seen.probes.stopped == ""
