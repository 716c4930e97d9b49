"""The ready profile passes every scenario of the official conformance suite for servers that the SDK can serve."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mcpquality.mcp.server_bridge import sdk_major
from pytest_mcpquality.testing import MockMCPServer
from tests.support import node_tools

pytestmark = [
    pytest.mark.e2e,
    # Version 1 of the SDK leaves its event streams to the garbage collector.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function MemoryObject:pytest.PytestUnraisableExceptionWarning"
    ),
]

SUITE = "@modelcontextprotocol/conformance"
SECONDS = 240

UNSERVED = ("tasks-",)
"""Scenarios of an extension that no version of the SDK serves on a low-level server."""


@pytest.fixture
def url() -> Iterator[str]:
    with MockMCPServer.conformance().http(retry_ms=100) as http:
        yield http.url
    gc.collect()


def judge(version: str, url: str, results: Path, *selection: str) -> tuple[int, list[str]]:
    """How many checks passed, and the scenarios in which one failed."""
    program = node_tools.package(SUITE, version) / "dist" / "index.js"
    done = node_tools.node(program, "server", "--url", url, "--output-dir", str(results), *selection, timeout=SECONDS)
    scenarios = re.findall(r"^[✓✗] (\S+): (\d+) passed, (\d+) failed", done.stdout, re.MULTILINE)
    assert scenarios, done.stdout + done.stderr
    failed = [name for name, _, failures in scenarios if int(failures) and not name.startswith(UNSERVED)]
    passed = sum(int(passes) for name, passes, _ in scenarios if not name.startswith(UNSERVED))
    return passed, failed


def test_all_scenarios_of_the_released_suite(url: str, tmp_path: Path) -> None:
    assert judge("0.1.16", url, tmp_path, "--suite", "all") == (44, [])


def test_what_2025_11_25_requires(url: str, tmp_path: Path) -> None:
    assert judge("0.2.0-alpha.12", url, tmp_path, "--requirements", "2025-11-25") == (84, [])


@pytest.mark.skipif(sdk_major() == 1, reason="version 1 of the SDK does not speak it")
def test_what_2026_07_28_requires(url: str, tmp_path: Path) -> None:
    assert judge("0.2.0-alpha.12", url, tmp_path, "--requirements", "2026-07-28") == (152, [])


@pytest.mark.skipif(sdk_major() == 1, reason="it holds scenarios of 2026-07-28")
def test_all_scenarios_of_the_next_suite(url: str, tmp_path: Path) -> None:
    assert judge("0.2.0-alpha.12", url, tmp_path, "--suite", "all")[1] == []
