"""The server agrees only to protocol versions that there are."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import answer_to, exposure_of, knocked
from pytest_mcpquality.health.definitions import text
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Question
from pytest_mcpquality.health.probes.exposure import Knock
from pytest_mcpquality.health.probes.session import UNKNOWN_VERSION
from pytest_mcpquality.mcp.protocol import is_modern

RULE: Final = Rule(
    "mcp-protocol-version",
    Group.PROTOCOL,
    Severity.MEDIUM,
    "The server agrees to any protocol version",
    "Asked for a version that never was, the server said that it speaks it. Client and server then each go by rules "
    "that the other does not know.",
    "Answer `initialize` with the version that was asked for only if you speak it, else with the newest that you do.",
    references=(
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#version-negotiation",
    ),
)  # fmt: skip


class Version:
    """One finding. In protocol 2026-07-28 nothing is negotiated."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which version it agreed to."""
        if observed.first is not None and is_modern(observed.first.definitions.protocol):
            return Outcome()
        said = _over_http(observed) if observed.over_http else _over_stdio(observed)
        if isinstance(said, Outcome):
            return said
        message = f"asked for protocol version {UNKNOWN_VERSION}, it answered that it speaks {said}"
        return Outcome((Hit(RULE, Subject(observed.server), message),) if said == UNKNOWN_VERSION else ())


def _over_stdio(observed: Observation) -> str | Outcome:
    if observed.first is not None and observed.first.ended is None:
        return Outcome()  # no process: a server object of an SDK, which negotiates itself
    answer = answer_to(observed, Question.UNKNOWN_VERSION)
    return answer if isinstance(answer, Outcome) else text(answer.result, "protocolVersion")


def _over_http(observed: Observation) -> str | Outcome:
    exposure = exposure_of(observed, "which protocol versions it agrees to")
    if isinstance(exposure, Outcome):
        return exposure
    if exposure.old:
        return Outcome()
    answer = knocked(observed, exposure, Knock.OTHER_INITIALIZE)
    return answer if isinstance(answer, Outcome) else answer.version
