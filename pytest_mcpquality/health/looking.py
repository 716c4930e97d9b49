"""Start a server, connect, look, stop; twice. Whatever it does, there is an answer, and nothing of it is left."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.observation import Look, Observation
from pytest_mcpquality.mcp.connecting import ConnectOptions, connect
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from pytest_mcpquality.mcp.errors import (
    ProtocolViolationError,
    ServerError,
    ServerFailedError,
    ServerHungError,
)
from pytest_mcpquality.mcp.protocol import METHOD_NOT_FOUND, JsonObject
from pytest_mcpquality.mcp.specs import ServerSpec
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.deadline import Deadline
from pytest_mcpquality.resilience.errors import ResilienceError

SERVER_TIMEOUT = 60.0
"""Seconds that everything with one server may take, by default."""

START_TIMEOUT = 10.0
"""Seconds from the start of a server to its first answer: the limit that is checked and the longest that is waited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookOptions:
    """How to look.

    Attributes:
        timeout: Seconds that both starts and looks of one server may take together.
        start_timeout: Seconds that one start may take.
        pings: How often each start is pinged.
        starts: How often it is started: 2 to see whether two starts are alike.
        clock: Where time comes from.
    """

    timeout: float = SERVER_TIMEOUT
    start_timeout: float = START_TIMEOUT
    pings: int = 5
    starts: int = 2
    clock: Clock = SYSTEM_CLOCK


async def observe(name: str, spec: ServerSpec, options: LookOptions | None = None) -> Observation:
    """Everything that can be seen of a server without calling its tools.

    A server that fails is observed up to there, with why; only what is no answer of the server's is raised.

    Raises:
        UsageError: The server object is none.
    """
    how = options or LookOptions()
    observation = Observation(name)
    try:
        with Deadline(how.clock, how.timeout):
            for number in range(how.starts):
                found = await _look(name, spec, how)
                observation = replace(observation, first=found) if number == 0 else replace(observation, second=found)
    except TimeoutError:
        text = f"was not done after {how.timeout:.0f} s"
        return replace(observation, failure=Diagnosis(Cause.HUNG, text))
    except ResilienceError as error:
        return replace(observation, failure=diagnosis_of(error))
    return observation


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


async def _look(name: str, spec: ServerSpec, how: LookOptions) -> Look:
    clock, started = how.clock, how.clock.monotonic()
    connection = await connect(spec, name, ConnectOptions(timeout=how.start_timeout, clock=clock))
    try:
        ready = clock.monotonic()
        definitions = await _definitions(name, connection)
        listed = clock.monotonic()
        pings = [await _timed_ping(connection, clock) for _ in range(how.pings)]
    finally:
        await connection.close()
    oddities = tuple(dict.fromkeys(connection.oddities.first))
    return Look(definitions, oddities, ready - started, listed - ready, tuple(pings))


async def _timed_ping(connection: McpConnection, clock: Clock) -> float:
    started = clock.monotonic()
    await connection.ping()
    return clock.monotonic() - started


async def _definitions(name: str, connection: McpConnection) -> Definitions:
    agreed = connection.agreement
    claimed = agreed.capabilities
    return Definitions(
        name,
        agreed.version,
        agreed.server_info,
        agreed.instructions or "",
        claimed,
        tools=tuple(await connection.list_tools()) if "tools" in claimed else (),
        resources=tuple(await connection.list_resources()) if "resources" in claimed else (),
        templates=tuple(await _templates(connection)) if "resources" in claimed else (),
        prompts=tuple(await connection.list_prompts()) if "prompts" in claimed else (),
    )


async def _templates(connection: McpConnection) -> list[JsonObject]:
    """Servers with resources need not have templates, and some then do not know the method."""
    try:
        return await connection.list_resource_templates()
    except ServerError as error:
        if error.code == METHOD_NOT_FOUND:
            return []
        raise
