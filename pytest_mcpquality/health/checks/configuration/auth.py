"""The configuration file says how to authenticate."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from mcpquality_scanners.findings import Severity, Subject
from mcpquality_scanners.hosts import is_loopback
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.configuration.entries import address, host, tables
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-configuration-no-auth",
    Group.CONFIGURATION,
    Severity.LOW,
    "No credentials are configured",
    "The server is on another machine, and the entry has no header to authenticate with. Either it lets anybody "
    "in, or it cannot be used without a person who signs in.",
    'Add a header from a variable, such as "Authorization": "Bearer ${TOKEN}". A server that signs people in with '
    "OAuth can be let through by an allowed finding that says so.",
    cwe=(306,),
)
_CREDENTIALS: Final = re.compile(r"auth|token|key|cookie|secret", re.IGNORECASE)


class ConfiguredAuth:
    """One finding, where the server could not be reached; where it was, `mcp-exposure-no-auth` says what it lets in."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether anything is sent that says who asks."""
        entry = observed.entry
        url = address(entry) if entry is not None else ""
        if entry is None or not url or observed.exposure is not None:
            return Outcome()
        name = host(url)
        if not name or is_loopback(name) or _CREDENTIALS.search(urlsplit(url).query):
            return Outcome()
        if any(table == "headers" and _CREDENTIALS.search(key) for table, key, _ in tables(entry)):
            return Outcome()
        return Outcome((Hit(RULE, Subject(observed.server), f"{entry.place}: {name} is reached without credentials"),))
