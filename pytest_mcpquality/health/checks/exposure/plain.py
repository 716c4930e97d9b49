"""Beyond this machine, what is said to the server is encrypted."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import exposure_of
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-exposure-plain-http",
    Group.EXPOSURE,
    Severity.HIGH,
    "The server is reached without encryption",
    "Everybody on the way can read and change what is said: tokens, arguments, results, and the texts that the model "
    "is given.",
    "Serve https, or put a proxy before it that does.",
    cwe=(319,),
)


class PlainHttp:
    """One finding; loopback needs no encryption."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether the URL that was reached is plain HTTP to another machine."""
        exposure = exposure_of(observed, "whether it is encrypted")
        if isinstance(exposure, Outcome):
            return exposure
        if exposure.encrypted or exposure.loopback:
            return Outcome()
        return Outcome((Hit(RULE, Subject(observed.server), f"answers at {exposure.url}, which is not encrypted"),))
