"""Real servers over real pipes: what is seen of each, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from pytest_mcpquality.health.looking import LookOptions, observe
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.mcp.diagnosis import Odd
from pytest_mcpquality.mcp.specs import HttpServer, ServerSpec, StdioServer

pytestmark = pytest.mark.e2e

RAW = Path(__file__).parents[2] / "data" / "mcp_servers" / "raw.py"


def observed(*ways: str, timeout: float = 20.0, start: float = 10.0) -> Observation:
    spec = StdioServer(sys.executable, (str(RAW), *ways))
    return of(spec, timeout=timeout, start=start)


def of(spec: ServerSpec, *, timeout: float = 20.0, start: float = 10.0) -> Observation:
    return asyncio.run(observe("raw", spec, LookOptions(timeout=timeout, start_timeout=start)))


@pytest.mark.parametrize("era", [(), ("modern",)], ids=["initialize", "discover"])
def test_a_server_that_works_is_seen_twice_and_whole(era: tuple[str, ...]) -> None:
    seen = observed(*era)
    assert seen.failure is None
    assert seen.first is not None
    assert seen.second is not None
    assert [tool["name"] for tool in seen.first.definitions.tools] == [f"tool{number}" for number in range(5)]
    assert seen.first.definitions.info["name"] == "raw"
    assert len(seen.first.pings) == 5
    assert seen.first.oddities == ()


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        (("die-at-start",), "exited with 3: ModuleNotFoundError: foo"),
        (("hang-at-start",), "hung in initialize"),
        (("hang-initialize",), "hung in initialize"),
        (("refuse",), "refused initialize with error -32603: out of order"),
        (("odd-version",), "protocol version '1999-01-01'"),
        (("circles",), "the pages of tools/list go in circles"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_one_that_does_not_says_why_once(ways: tuple[str, ...], said: str) -> None:
    seen = observed(*ways, start=1.0)
    assert seen.failure is not None
    assert said in seen.failure.text
    assert seen.second is None


def test_one_that_hangs_while_it_lists_is_not_waited_for_longer_than_said() -> None:
    seen = observed("hang-tools/list", timeout=1.0)
    assert seen.first is None
    assert seen.failure is not None


def test_a_line_that_is_no_message_is_an_oddity_not_a_failure() -> None:
    seen = observed("banner")
    assert seen.failure is None
    assert seen.first is not None
    assert [oddity.kind for oddity in seen.first.oddities] == [Odd.NOT_JSON_RPC]


def test_a_command_and_an_address_that_are_not_there() -> None:
    assert of(StdioServer("no-such-program")).failure is not None
    assert of(HttpServer("http://127.0.0.1:9/mcp")).failure is not None
