"""The server ends when its standard input is closed."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.mcp.stdio import Ended, Ending

RULE: Final = Rule(
    "mcp-alive-stop",
    Group.ALIVE,
    Severity.MEDIUM,
    "The server does not end with its client",
    "A client ends a server by closing its standard input. One that goes on must be ended by signals; where nobody "
    "sends them, such as after a crash of the client, it is left behind, with its files and ports.",
    "Read standard input to its end and exit then. An SDK does so by itself: look for threads that are no daemons, "
    "child processes and handlers of signals that keep the process alive.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#shutdown",),
)


class Stop:
    """One finding, of the start in which nothing else was asked; graver when it ignores SIGTERM as well."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """What it took to end it."""
        if observed.first is None:
            return not_reached(observed, "how it ends")
        ended = observed.first.ended
        if ended is None:
            return Outcome()  # no process
        match ended.how:
            case Ending.KILLED:
                return Outcome((_hit(observed, ended, Severity.HIGH),))
            case Ending.TERMINATED:
                return Outcome((_hit(observed, ended, None),))
            case Ending.EOF | Ending.ITSELF:
                return _behind(observed, ended)


def _hit(observed: Observation, ended: Ended, severity: Severity | None) -> Hit:
    message = f"{ended.how.value}, {ended.seconds:.1f} s after its standard input was closed"
    return Hit(RULE, Subject(observed.server), message, severity)


def _behind(observed: Observation, ended: Ended) -> Outcome:
    """What of its own went on, though the server did not."""
    if not ended.left:
        return Outcome()
    count = f"{len(ended.left)} process{'es' if len(ended.left) > 1 else ''}"
    message = f"left {count} behind that had to be killed: {' | '.join(ended.left)}"
    return Outcome((Hit(RULE, Subject(observed.server), message),))
