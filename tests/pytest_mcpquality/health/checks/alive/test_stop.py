from __future__ import annotations

import pytest

from pytest_mcpquality.health.checks.alive.stop import Stop
from pytest_mcpquality.mcp.stdio import Ended, Ending
from tests.support.observations import looked, observed, said


@pytest.mark.parametrize("how", [Ending.EOF, Ending.ITSELF])
def test_one_that_ends_by_itself_passes(how: Ending) -> None:
    assert Stop().look(observed(first=looked(ended=Ended(how, 0.1, 0)))).hits == ()


@pytest.mark.parametrize(
    ("how", "severity", "words"),
    [(Ending.TERMINATED, "medium", "ended on SIGTERM"), (Ending.KILLED, "high", "had to be killed")],
)
def test_one_that_needs_a_signal_does_not(how: Ending, severity: str, words: str) -> None:
    seen = observed(first=looked(ended=Ended(how, 2.03, -9)))
    assert said(Stop().look(seen)) == (severity, f"{words}, 2.0 s after its standard input was closed")


def test_what_it_leaves_behind_is_named() -> None:
    seen = observed(first=looked(ended=Ended(Ending.EOF, 0.1, 0, ("sleep 100", "sleep 200"))))
    assert said(Stop().look(seen)) == (
        "medium",
        "left 2 processes behind that had to be killed: sleep 100 | sleep 200",
    )
