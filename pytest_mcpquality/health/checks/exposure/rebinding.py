"""A web page cannot talk to the server."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import exposure_of, knocked
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.exposure import Exposure, Knock

RULE: Final = Rule(
    "mcp-exposure-rebinding",
    Group.EXPOSURE,
    Severity.HIGH,
    "Requests of foreign web pages are let in",
    "The server did its work for a request whose `Origin`, or whose `Host`, is somebody else's. Any web page that a "
    "person on this machine or in this network opens can then call its tools, by pointing a name of its own at the "
    "server's address (DNS rebinding).",
    "Refuse with 403 each request that has an `Origin` which is not one of yours, and each `Host` that is not. In the "
    "Python SDK: TransportSecuritySettings with allowed_hosts and allowed_origins; it is on by itself at 127.0.0.1 "
    "and off at 0.0.0.0.",
    cwe=(346, 350),
    references=(
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning",
    ),
)  # fmt: skip


class Rebinding:
    """One finding for both headers, as they are two sides of one hole.

    A foreign `Host` alone does no harm as long as a foreign `Origin` is refused, which browsers always send with a
    POST; at a public https server the certificate is in the way of such names.
    """

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """What was let in."""
        exposure = exposure_of(observed, "whether it lets foreign web pages in")
        if isinstance(exposure, Outcome):
            return exposure
        origin, host = (knocked(observed, exposure, knock) for knock in (Knock.ORIGIN, Knock.HOST))
        if isinstance(origin, Outcome):
            return origin
        unseen = host.unseen if isinstance(host, Outcome) else ()
        let_in = [
            what
            for what, answer in (("Origin", origin), ("Host", host))
            if not isinstance(answer, Outcome) and answer.accepted
        ]
        if not let_in or (let_in == ["Host"] and not exposure.loopback):
            return Outcome(unseen=unseen)
        message = f"let a request with a foreign {' and a foreign '.join(let_in)} in"
        return Outcome((Hit(RULE, Subject(observed.server), message, _severity(exposure, let_in)),), unseen)


def _severity(exposure: Exposure, let_in: list[str]) -> Severity | None:
    if let_in == ["Host"]:
        return Severity.LOW
    return Severity.MEDIUM if exposure.encrypted and exposure.credentials else None
