"""One request to a server, and whatever comes of it as a value."""

from __future__ import annotations

from pytest_mcpquality.health.probes.answers import Answer, ErrorAnswer
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from pytest_mcpquality.mcp.errors import ProtocolViolationError, ServerError, ServerFailedError, ServerHungError
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.resilience.errors import ResilienceError

ANSWER_TIMEOUT = 5.0
"""Seconds that the answer to something wrong may take; refusing takes no time."""


async def ask(
    connection: McpConnection,
    clock: Clock,
    method: str,
    params: JsonObject | None = None,
    *,
    timeout: float = ANSWER_TIMEOUT,  # noqa: ASYNC109 - on the injected clock
) -> Answer:
    """Ask, and take what comes."""
    started = clock.monotonic()
    try:
        result = await connection.request(method, params, timeout=timeout)
    except ServerError as error:
        answer = ErrorAnswer(error.code, error.message, error.data)
        return Answer(clock.monotonic() - started, error=answer)
    except ResilienceError as error:
        return Answer(clock.monotonic() - started, failure=diagnosis_of(error))
    return Answer(clock.monotonic() - started, result=result)


def diagnosis_of(error: ResilienceError) -> Diagnosis:
    """What happened, from whichever error a connection raised."""
    match error:
        case ServerFailedError() | ServerHungError():
            return error.diagnosis
        case ProtocolViolationError():
            return Diagnosis(Cause.VIOLATION, f"broke the protocol: {error.violation}")
        case ServerError():
            return Diagnosis(Cause.REFUSED, f"answered {error.method} with error {error.code}: {error.message}")
        case _:
            return Diagnosis(Cause.CRASHED, str(error))
