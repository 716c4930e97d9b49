"""The server answers a ping."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Answer

RULE: Final = Rule(
    "mcp-protocol-ping",
    Group.PROTOCOL,
    Severity.HIGH,
    "A ping is not answered",
    "Clients ask whether a server is still there, and end the connection to one that does not say so. In protocol "
    "2026-07-28 there is no ping; there server/discover is asked.",
    "Answer `ping` with an empty result at any time, also while a tool runs.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping",),
)


class Ping:
    """One finding, with what came instead."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether each ping was answered."""
        if observed.first is None:
            return not_reached(observed, "whether it answers a ping")
        instead = next((look.no_ping for look in observed.looks if look.no_ping is not None), None)
        return Outcome() if instead is None else Outcome((Hit(RULE, Subject(observed.server), _said(instead)),))


def _said(answer: Answer) -> str:
    if answer.error is not None:
        return f"answered a ping with error {answer.error.code}: {answer.error.message}"
    return str(answer.failure)
