"""The URL in the configuration file is encrypted."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from mcpquality_scanners.hosts import is_loopback
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.configuration.entries import address, host
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-configuration-plain-http",
    Group.CONFIGURATION,
    Severity.HIGH,
    "The configured URL is not encrypted",
    "Credentials, arguments, results and the texts that the model is given can be read and changed by everybody on the "
    "way.",
    "Use the server's https address, or reach it through a tunnel that ends at this machine.",
    cwe=(319,),
)


class ConfiguredPlainHttp:
    """One finding, where the server could not be reached; where it was, `mcp-exposure-plain-http` says it."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether it is plain HTTP to another machine."""
        entry = observed.entry
        url = address(entry) if entry is not None else ""
        if entry is None or observed.exposure is not None or not url.lower().startswith("http://"):
            return Outcome()
        name = host(url)
        if not name or "$" in name or is_loopback(name):
            return Outcome()
        return Outcome((Hit(RULE, Subject(observed.server), f"{entry.place}: the URL of {name} begins with http://"),))
