"""Over HTTP, a protocol version that there is not is refused."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import exposure_of, knocked
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.exposure import Knock

RULE: Final = Rule(
    "mcp-protocol-http-version",
    Group.PROTOCOL,
    Severity.LOW,
    "A wrong MCP-Protocol-Version is let through",
    "Each request over HTTP says which version of the protocol it is in. One that the server does not know must be "
    "answered with 400 Bad Request; else a client may go on in a version that the server does not speak.",
    "Answer 400 where the header names a version that you do not speak; the SDKs do so by themselves.",
    references=(
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#protocol-version-header",
    ),
)  # fmt: skip


class HttpVersion:
    """One finding, with the status that came."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether it was refused."""
        exposure = exposure_of(observed, "whether it refuses unknown protocol versions")
        if isinstance(exposure, Outcome) or exposure.old:
            return exposure if isinstance(exposure, Outcome) else Outcome()
        answer = knocked(observed, exposure, Knock.OTHER_VERSION)
        if isinstance(answer, Outcome):
            return answer
        message = f"answered {answer.status} to a request whose MCP-Protocol-Version is no version"
        return Outcome((Hit(RULE, Subject(observed.server), message),) if answer.accepted else ())
