"""While a tool runs, the server answers others."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.checks.speed.figures import duration
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import ToolCall
from pytest_mcpquality.health.probes.calls import LONG_PING

RULE: Final = Rule(
    "mcp-speed-blocked",
    Group.SPEED,
    Severity.MEDIUM,
    "A tool blocks the server",
    "While the tool ran, a ping was not answered. Every other call, of every client, waits as well, and a client that "
    "pings takes the server for dead.",
    "In an async handler await what takes long (an async HTTP client, `asyncio.to_thread`). Version 1 of the Python "
    "SDK runs handlers that are not async in its event loop; version 2 gives them a thread.",
)
PART: Final = 0.8
"""The part of the call that the ping had to wait for, from which the call was the reason."""


class Blocked:
    """A finding for each tool."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which tools block; of those that answer at once nothing can be told, and nothing needs to be."""
        probes = probes_of(observed, "whether its tools block it")
        if isinstance(probes, Outcome):
            return probes
        hits = tuple(
            Hit(RULE, Subject(observed.server, "tool", call.tool), _message(call))
            for call in probes.calls
            if call.ping is not None and call.ping >= max(LONG_PING, PART * call.beside)
        )
        return Outcome(hits, rest_unseen(observed, probes))


def _message(call: ToolCall) -> str:
    return f"a ping beside a call of {duration(call.beside)} was answered after {duration(call.ping or 0)}"
