"""The server is still there after it was sent what it should refuse."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import not_asked, probes_of, rest_unseen
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Probes, Question
from pytest_mcpquality.mcp.diagnosis import Cause

RULE: Final = Rule(
    "mcp-robustness-survives",
    Group.ROBUSTNESS,
    Severity.HIGH,
    "The server ends at a request",
    "After one request the server was gone, and with it every session it had. A model writes the arguments of calls, "
    "and writes wrong ones too: each must get an answer, not end the server.",
    "Catch what a handler raises and answer with an error; the SDKs do so for tools. What the server said last is in "
    "the message.",
    cwe=(248, 400),
)


class Survives:
    """One finding, with what was asked last and what happened then."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Whether it was lost."""
        probes = probes_of(observed, "whether it stands wrong requests")
        if isinstance(probes, Outcome):
            return probes
        if probes.loss is not None:
            # Too large an answer, and a flood of lines that are none, are said by the checks for that.
            ours = probes.loss.cause in {Cause.TOO_LONG, Cause.FLOOD}
            return Outcome((), rest_unseen(observed, probes)) if ours else Outcome((_lost(observed, probes),))
        after = probes.questions.get(Question.PING_AFTER)
        if after is None:
            return not_asked(observed, "whether it stands wrong requests")
        if after.failure is not None:
            message = f"does not answer any more after it was sent what it should refuse: {after.failure}"
            return Outcome((Hit(RULE, Subject(observed.server), message),))
        return Outcome()


def _lost(observed: Observation, probes: Probes) -> Hit:
    severity = (
        Severity.MEDIUM if probes.lost_at == Question.BROKEN_JSON.value else None
    )  # no client sends it on purpose
    return Hit(RULE, Subject(observed.server), f"at {probes.lost_at}, it {probes.loss}", severity)
