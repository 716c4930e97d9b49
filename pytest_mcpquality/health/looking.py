"""Start a server, connect, look, stop; twice. Whatever it does, there is an answer, and nothing of it is left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.observation import Look, Observation
from pytest_mcpquality.health.probes.answers import Answer, Probes
from pytest_mcpquality.health.probes.asking import ask, diagnosis_of
from pytest_mcpquality.health.probes.door import Door
from pytest_mcpquality.health.probes.lists import Listing, list_everything
from pytest_mcpquality.health.probes.session import probe
from pytest_mcpquality.health.settings import ServerSettings
from pytest_mcpquality.mcp.connecting import ConnectOptions, connect
from pytest_mcpquality.mcp.connection import CALL_TIMEOUT, McpConnection
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from pytest_mcpquality.mcp.specs import HttpServer, ServerSpec
from pytest_mcpquality.mcp.stdio import Ended, StdioTransport
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.deadline import Deadline
from pytest_mcpquality.resilience.errors import ResilienceError

SERVER_TIMEOUT = 60.0
"""Seconds that everything with one server may take, by default."""

_PROBED = 0.85
"""The part of the time after which nothing more is asked on purpose: what was answered until then is to be kept."""

_KNOCKED = 0.95
"""The same for what is asked over HTTP besides."""

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
        settings: Its limits, and what of it may be called.
        clock: Where time comes from.
    """

    timeout: float = SERVER_TIMEOUT
    start_timeout: float = START_TIMEOUT
    pings: int = 5
    starts: int = 2
    settings: ServerSettings = field(default_factory=ServerSettings)
    clock: Clock = SYSTEM_CLOCK


async def observe(name: str, spec: ServerSpec, options: LookOptions | None = None) -> Observation:
    """Everything that can be seen of a server without changing anything.

    It is started and looked at as often as said; in the last start it is then asked on purpose for what it should
    refuse, and its tools are called that change nothing. A server that fails is observed up to there, with why; only
    what is no answer of the server's is raised.

    Raises:
        UsageError: The server object is none.
    """
    how = options or LookOptions()
    seen = _Seen(Observation(name, limits=how.settings.limits, over_http=isinstance(spec, HttpServer)))
    try:
        with Deadline(how.clock, how.timeout):
            await _observe(name, spec, how, seen)
    except ResilienceError as error:  # some of them are TimeoutErrors, and say more
        return replace(seen.observation, failure=diagnosis_of(error))
    except TimeoutError as error:
        text = f"was not done after {how.timeout:.0f} s"
        failure = _while_ending(error) or Diagnosis(Cause.HUNG, text)
        return replace(seen.observation, failure=failure)
    return seen.observation


def _while_ending(error: BaseException) -> Diagnosis | None:
    """What had gone wrong before the time was up in the middle of ending the server; None where nothing had."""
    behind = error.__cause__ or error.__context__
    if behind is None or isinstance(behind, ResilienceError):
        return diagnosis_of(behind) if behind is not None else None
    return _while_ending(behind)


@dataclass(slots=True)
class _Seen:
    """What was seen so far, whatever ends the looking."""

    observation: Observation


async def _observe(name: str, spec: ServerSpec, how: LookOptions, seen: _Seen) -> None:
    begun = how.clock.monotonic()
    doors: list[Door] = []
    for number in range(how.starts):
        last = number == how.starts - 1
        found, probes = await _look(name, spec, how, begun + how.timeout * _PROBED if last else None, doors)
        now = replace(seen.observation, probes=probes)
        seen.observation = replace(now, first=found) if number == 0 else replace(now, second=found)
    if isinstance(spec, HttpServer):
        from pytest_mcpquality.health.probes.knocking import knock  # noqa: PLC0415 - loads the HTTP client

        left = begun + how.timeout * _KNOCKED - how.clock.monotonic()
        exposure = await knock(spec, doors, how.clock, left)
        seen.observation = replace(seen.observation, exposure=exposure)


async def _look(
    name: str, spec: ServerSpec, how: LookOptions, probe_until: float | None, doors: list[Door]
) -> tuple[Look, Probes | None]:
    """Start it, list what it has, stop it; in between, where there is a time for that, ask it on purpose."""
    clock, started = how.clock, how.clock.monotonic()
    patience = min(CALL_TIMEOUT, how.timeout / 4)  # so that what hangs is named before all of the time is up
    options = ConnectOptions(timeout=how.start_timeout, call_timeout=patience, clock=clock)
    connection = await connect(spec, name, options)
    probes: Probes | None = None
    try:
        ready = clock.monotonic()
        listing = await list_everything(connection, clock)
        definitions, listed = _definitions(name, connection, listing), clock.monotonic()
        pongs = await _pongs(connection, how)
        if probe_until is not None:
            probes = await probe(connection, definitions, how.settings, clock, probe_until - clock.monotonic())
    finally:
        await connection.close()
    doors.append(Door.of(connection))
    look = Look(
        definitions,
        probes.oddities if probes is not None else tuple(dict.fromkeys(connection.oddities.first)),
        ready - started,
        listed - ready,
        tuple(pong.seconds for pong in pongs if pong.result is not None),
        listing.seconds,
        listing.refused,
        next((pong for pong in pongs if pong.result is None), None),
        _ended(connection),
    )
    return look, probes


async def _pongs(connection: McpConnection, how: LookOptions) -> list[Answer]:
    """Answers to pings, up to one that is none."""
    method, pongs = "server/discover" if connection.modern else "ping", list[Answer]()
    while len(pongs) < how.pings and all(pong.result is not None for pong in pongs):
        pongs.append(await ask(connection, how.clock, method))
    return pongs


def _definitions(name: str, connection: McpConnection, listing: Listing) -> Definitions:
    agreed = connection.agreement
    return Definitions(
        name,
        agreed.version,
        agreed.server_info,
        agreed.instructions or "",
        agreed.capabilities,
        tools=listing.of("tools"),
        resources=listing.of("resources"),
        templates=listing.of("resourceTemplates"),
        prompts=listing.of("prompts"),
    )


def _ended(connection: McpConnection) -> Ended | None:
    transport = connection.transport
    return transport.ended if isinstance(transport, StdioTransport) else None
