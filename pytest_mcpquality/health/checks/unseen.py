"""The one answer of a check that had nothing to look at."""

from __future__ import annotations

from mcpquality_scanners.findings import Unseen
from pytest_mcpquality.health.check import Outcome
from pytest_mcpquality.health.observation import Observation


def not_reached(observed: Observation, what: str) -> Outcome:
    """`what` of the server was not looked at, and why."""
    why = observed.failure.text if observed.failure is not None else "it was not asked for"
    return Outcome(unseen=(Unseen(f"{observed.server}: {what}", why),))
