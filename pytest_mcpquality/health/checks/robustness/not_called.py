"""Which tools were not called, so that nobody takes them for tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Arguments, Probes, Uncalled

RULE: Final = Rule(
    "mcp-robustness-not-called",
    Group.ROBUSTNESS,
    Severity.INFO,
    "Tools were not called",
    "Only tools that change nothing are called: those marked with `readOnlyHint`, and those that the configuration "
    "names safe. What only a call shows of the others was not checked: how long they take, how much they answer, "
    "whether results fit the output schema, what their texts say.",
    "Mark tools that change nothing with `readOnlyHint`, or name them in `safe-tools` of the server's settings; say "
    "in `arguments` what to call them with where the schema does not tell.",
)
_SHOWN: Final = 8


class NotCalled:
    """One finding for each reason, with the names."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which, and why."""
        probes = probes_of(observed, "what its tools answer")
        if isinstance(probes, Outcome):
            return probes
        skipped = (*probes.uncalled, *_in_vain(probes))
        reasons = dict.fromkeys(each.reason for each in skipped)
        hits = [
            _hit(observed.server, reason, [each for each in skipped if each.reason == reason]) for reason in reasons
        ]
        return Outcome(tuple(hits), rest_unseen(observed, probes))


def _in_vain(probes: Probes) -> list[Uncalled]:
    """Tools that refused what was made up for them: they were called, and showed nothing of their work."""
    reason = "it refused made-up arguments: say in the configuration what to call it with"
    refused = [call for call in probes.calls if call.how is Arguments.MADE_UP and call.answer.refused]
    return [Uncalled(call.tool, reason) for call in refused]


def _hit(server: str, reason: str, skipped: Sequence[Uncalled]) -> Hit:
    names = ", ".join(each.tool for each in skipped[:_SHOWN])
    more = f" and {len(skipped) - _SHOWN} more" if len(skipped) > _SHOWN else ""
    return Hit(RULE, Subject(server), f"{names}{more}: {reason}")
