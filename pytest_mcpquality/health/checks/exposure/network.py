"""What is meant for this machine cannot be reached from another."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import exposure_of
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-exposure-network",
    Group.EXPOSURE,
    Severity.HIGH,
    "A local server answers to the network",
    "The server is configured at a loopback address, and answers without credentials at this machine's address in the "
    "network as well. Everybody there can call its tools.",
    "Bind to 127.0.0.1, not to 0.0.0.0 or an empty host; publish a container's port as 127.0.0.1:PORT:PORT.",
    cwe=(1327, 306),
)


class Network:
    """One finding, with the address at which it answered."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether it was reached there."""
        exposure = exposure_of(observed, "whether the network reaches it")
        if isinstance(exposure, Outcome):
            return exposure
        message = f"answers without credentials at {exposure.network} too, not only at {exposure.url}"
        return Outcome((Hit(RULE, Subject(observed.server), message),) if exposure.network else ())
