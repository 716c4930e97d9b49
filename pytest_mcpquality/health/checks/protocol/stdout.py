"""Nothing but messages comes from the server's standard output."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.mcp.diagnosis import Odd

RULE: Final = Rule(
    "mcp-protocol-stdout",
    Group.PROTOCOL,
    Severity.HIGH,
    "Something that is no message came in between",
    "What the server sends must be JSON-RPC and nothing else. Some clients skip what is none, others end the "
    "connection, and a line that comes in the middle of a message destroys it.",
    "Send logs to standard error: in Python `logging.basicConfig(stream=sys.stderr)` and `print(..., "
    "file=sys.stderr)`; look for a print at import time, in a dependency too.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/basic/transports",),
)


class Stdout:
    """One finding, with the first of the lines."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether there was anything else."""
        if observed.first is None:
            return not_reached(observed, "what else it sends")
        found = [oddity.text for oddity in observed.oddities if oddity.kind is Odd.NOT_JSON_RPC]
        return Outcome((Hit(RULE, Subject(observed.server), "; ".join(found[:3])),) if found else ())
