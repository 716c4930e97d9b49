"""Calls of tools: only of those that change nothing, and with what cannot pass validation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from pytest_mcpquality.health.definitions import Definitions, Wire, array, mapping, text
from pytest_mcpquality.health.probes.answers import Answer, Arguments, ToolCall, Uncalled
from pytest_mcpquality.health.probes.arguments import Fitting, Wrong, coercible, extra, fitting, missing, wrong_type
from pytest_mcpquality.health.probes.asking import ask
from pytest_mcpquality.health.settings import ServerSettings
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.resilience.clock import Clock

CALL_TIMEOUT = 5.0
"""Seconds after which a call is given up; later where it may take more than half of that."""

SAMPLES = 5
"""How often a tool is called to measure how long it takes."""

SAMPLING = 1.0
"""Seconds that the samples of one tool may take together; what is slow shows with fewer."""

LONG_PING = 0.25
"""Seconds from which a ping beside a call is a delay; what is shorter may be the machine's."""

CALLED = 25
"""Tools of one server that are called; of more, the first."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A tool that is called, and with what."""

    tool: Wire
    how: Arguments
    arguments: Wire


def plan(definitions: Definitions, settings: ServerSettings) -> tuple[list[Planned], list[Uncalled]]:
    """Which tools are called with arguments that fit, and which are not, and why."""
    planned: list[Planned] = []
    uncalled: list[Uncalled] = []
    for tool in definitions.tools:
        name = text(tool, "name")
        ready = _planned(tool, name, settings)
        if isinstance(ready, str):
            uncalled.append(Uncalled(name, ready))
        elif len(planned) == CALLED:
            uncalled.append(Uncalled(name, f"only the first {CALLED} are called"))
        else:
            planned.append(ready)
    return planned, uncalled


def harmless(tool: Wire, settings: ServerSettings) -> bool:
    """Whether calling it changes nothing: it is marked read-only or named safe."""
    return settings.may_call(text(tool, "name"), read_only=_hint(tool, "readOnlyHint"))


def _hint(tool: Wire, name: str) -> bool:
    return mapping(tool.get("annotations")).get(name) is True


def _planned(tool: Wire, name: str, settings: ServerSettings) -> Planned | str:
    if not harmless(tool, settings):
        return "it is neither marked read-only nor named safe"
    given = settings.arguments.get(name)
    if given is not None:
        return Planned(tool, Arguments.GIVEN, dict(given))
    made = fitting(tool.get("inputSchema"))
    if made is None:
        return "its schema does not say what it could be called with"
    return Planned(tool, _kind(made), made.arguments)


def _kind(made: Fitting) -> Arguments:
    return Arguments.MADE_UP if made.made_up else Arguments.FITTING


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls tools of one connection; `limit` is what counts as slow, in seconds."""

    connection: McpConnection
    clock: Clock
    limit: float

    async def measured(self, planned: Planned) -> ToolCall:
        """A call with a ping beside it, then as many alone as say how long one takes.

        Where the ping had to wait it is done once more: a first call may load what it needs.
        """
        name = text(planned.tool, "name")
        answer, ping = await self._beside_a_ping(name, planned)
        first, beside = _made(name, planned.how, answer), answer.seconds
        if ping is not None and ping >= LONG_PING and answer.failure is None:
            again, ping = await self._beside_a_ping(name, planned)
            beside = again.seconds
        samples = await self._samples(name, planned, answer)
        return replace(first, ping=ping, beside=beside, seconds=(answer.seconds, *samples))

    async def _beside_a_ping(self, name: str, planned: Planned) -> tuple[Answer, float | None]:
        call = asyncio.ensure_future(self._call(name, dict(planned.arguments)))
        await asyncio.sleep(0)  # it is sent before the ping
        try:
            ping = await self._ping()
            return await call, ping
        finally:
            call.cancel()

    async def wrong(self, name: str, how: Arguments, wrong: Wrong) -> ToolCall:
        """A call with arguments that do not fit."""
        return replace(_made(name, how, await self._call(name, wrong.arguments)), where=wrong.where)

    async def no_object(self, name: str) -> ToolCall:
        """A call whose arguments are a list, which no tool can be called with."""
        return _made(name, Arguments.NO_OBJECT, await self._call(name, ["mcpquality"]))

    @property
    def _patience(self) -> float:
        return max(CALL_TIMEOUT, 2 * self.limit)

    async def _call(self, name: str, arguments: object) -> Answer:
        params = {"name": name, "arguments": arguments}
        return await ask(self.connection, self.clock, "tools/call", params, timeout=self._patience)

    async def _ping(self) -> float | None:
        method = "server/discover" if self.connection.modern else "ping"
        answer = await ask(self.connection, self.clock, method, timeout=self._patience)
        return answer.seconds if answer.failure is None else None

    async def _samples(self, name: str, planned: Planned, first: Answer) -> list[float]:
        samples: list[float] = []
        if not first.accepted:
            return samples
        spent = first.seconds
        while len(samples) < SAMPLES - 1 and spent < SAMPLING:
            again = await self._call(name, dict(planned.arguments))
            if not again.accepted:
                break
            samples.append(again.seconds)
            spent += again.seconds
        return samples


WRONG: tuple[tuple[Arguments, Callable[[object], Wrong | None]], ...] = (
    (Arguments.MISSING, missing),
    (Arguments.WRONG_TYPE, wrong_type),
    (Arguments.COERCIBLE, coercible),
    (Arguments.EXTRA, extra),
)
"""Ways not to fit a schema, and how to make them."""


def wrong_calls(definitions: Definitions, settings: ServerSettings) -> list[tuple[str, Arguments, Wrong]]:
    """What tools that change nothing are called with and must refuse."""
    tools = [tool for tool in definitions.tools if harmless(tool, settings)]
    return [
        (text(tool, "name"), how, wrong)
        for tool in tools[:CALLED]
        for how, make in WRONG
        if (wrong := make(tool.get("inputSchema"))) is not None
    ]


def for_no_object(definitions: Definitions, settings: ServerSettings) -> str | None:
    """The tool that is called with a list for arguments.

    At best one that changes nothing; else one that is not marked destructive and cannot be called without arguments.
    """
    safe = [tool for tool in definitions.tools if harmless(tool, settings)]
    needing = [
        tool
        for tool in definitions.tools
        if array(mapping(tool.get("inputSchema")).get("required")) and not _hint(tool, "destructiveHint")
        and settings.may_call(text(tool, "name"), read_only=True)
    ]  # fmt: skip
    return next((text(tool, "name") for tool in (*safe, *needing)), None)


def _made(name: str, how: Arguments, answer: Answer) -> ToolCall:
    size = len(json.dumps(answer.result, ensure_ascii=False).encode("utf-8", "surrogatepass")) if answer.result else 0
    return ToolCall(name, how, answer, size=size, seconds=(answer.seconds,))
