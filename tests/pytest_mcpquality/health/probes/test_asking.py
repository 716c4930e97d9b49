from __future__ import annotations

import pytest

from pytest_mcpquality.health.probes.asking import diagnosis_of
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from pytest_mcpquality.mcp.errors import ProtocolViolationError, ServerError, ServerFailedError, ServerHungError
from pytest_mcpquality.resilience.errors import EventLoopError, ResilienceError

GONE = Diagnosis(Cause.EXITED, "exited with 3")


@pytest.mark.parametrize(
    ("error", "diagnosis"),
    [
        (ServerFailedError(server="x", diagnosis=GONE), GONE),
        (ServerHungError(server="x", seconds=1.0, diagnosis=GONE), GONE),
        (
            ProtocolViolationError(server="x", violation="the result is no object"),
            Diagnosis(Cause.VIOLATION, "broke the protocol: the result is no object"),
        ),
        (
            ServerError(server="x", method="tools/list", code=-32603, message="boom"),
            Diagnosis(Cause.REFUSED, "answered tools/list with error -32603: boom"),
        ),
        (EventLoopError("another loop", server="x"), Diagnosis(Cause.CRASHED, "another loop")),
    ],
)
def test_what_happened_whatever_was_raised(error: ResilienceError, diagnosis: Diagnosis) -> None:
    assert diagnosis_of(error) == diagnosis
