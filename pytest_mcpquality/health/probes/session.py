"""One session in which a server is asked what clients usually do not ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pytest_mcpquality.health.definitions import Definitions, mapping
from pytest_mcpquality.health.probes.answers import Answer, Arguments, Probes, Question, ToolCall, Uncalled
from pytest_mcpquality.health.probes.asking import ask
from pytest_mcpquality.health.probes.calls import Caller, for_no_object, plan, wrong_calls
from pytest_mcpquality.health.probes.lists import LISTS, TEMPLATES
from pytest_mcpquality.health.settings import ServerSettings
from pytest_mcpquality.mcp.connection import CLIENT_INFO, McpConnection
from pytest_mcpquality.mcp.diagnosis import Oddity
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.mcp.stdio import StdioTransport
from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.resilience.deadline import Deadline

PROBING = 30.0
"""Seconds that all of it may take at most."""

LISTED_AGAIN = 3
"""How often each list is asked for once more."""

UNKNOWN_METHOD = "mcpquality/no-such-method"
UNKNOWN_TOOL = "mcpquality_no_such_tool"
UNKNOWN_VERSION = "1999-01-01"

CLAIMED_ONLY: JsonObject = {
    "completion/complete": {
        "ref": {"type": "ref/prompt", "name": UNKNOWN_TOOL},
        "argument": {"name": "mcpquality", "value": ""},
    },
    "resources/subscribe": {"uri": "mcpquality://nothing"},
}
"""Methods without a list, asked for where they are claimed, with parameters that name nothing there is: what is wanted
is any answer but "unknown"."""


async def probe(
    connection: McpConnection, definitions: Definitions, settings: ServerSettings, clock: Clock, seconds: float
) -> Probes:
    """Ask everything that there is time for; whatever happens, what was answered until then is kept."""
    session = _Session(connection, definitions, settings, clock)
    try:
        with Deadline(clock, min(seconds, PROBING)):
            await session.run()
    except TimeoutError:
        session.stopped = f"there was no more time after {session.doing}"
    return session.probes()


@dataclass(slots=True)
class _Session:
    connection: McpConnection
    definitions: Definitions
    settings: ServerSettings
    clock: Clock
    questions: dict[Question, Answer] = field(default_factory=dict[Question, Answer])
    methods: dict[str, Answer] = field(default_factory=dict[str, Answer])
    pages: dict[str, tuple[float, ...]] = field(default_factory=dict[str, tuple[float, ...]])
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    uncalled: list[Uncalled] = field(default_factory=list[Uncalled])
    oddities: tuple[Oddity, ...] | None = None
    doing: str = "its start"
    whole: bool = False
    stopped: str = ""

    def probes(self) -> Probes:
        lost = self.connection.failure
        stopped = self.stopped or (f"it was lost at {self.doing}" if lost is not None and not self.whole else "")
        return Probes(
            dict(self.questions),
            dict(self.methods),
            dict(self.pages),
            tuple(self.calls),
            tuple(self.uncalled),
            stopped,
            self.doing if lost is not None else "",
            lost,
            self._odd() if self.oddities is None else self.oddities,
        )

    def _odd(self) -> tuple[Oddity, ...]:
        return tuple(dict.fromkeys(self.connection.oddities.first))

    async def run(self) -> None:
        """Harmless things first: what may end the server comes last."""
        steps: tuple[Callable[[], Awaitable[None]], ...] = (
            self._lists_again,
            self._claims,
            self._safe_calls,
            self._unknown,
            self._wrong_calls,
            self._other_version,
            self._broken_json,
            self._ping_after,
        )
        for step in steps:
            if not self.connection.closed:
                await step()

    async def _ask(self, question: Question, method: str, params: JsonObject | None = None) -> None:
        self.questions[question] = await self._answer(question.value, method, params)

    async def _answer(self, doing: str, method: str, params: JsonObject | None) -> Answer:
        if not self.connection.closed:  # else it is what was asked before that ended it
            self.doing = doing
        return await ask(self.connection, self.clock, method, params)

    async def _lists_again(self) -> None:
        """How long lists take shows in more tries than there are starts."""
        for each in LISTS:
            if each.capability not in self.connection.agreement.capabilities:
                continue
            tries: list[float] = []
            for _ in range(LISTED_AGAIN):
                answer = await self._answer(each.method, each.method, {})
                if answer.result is None:
                    break
                tries.append(answer.seconds)
            self.pages[each.method] = tuple(tries)

    async def _claims(self) -> None:
        """What is claimed is served, and what is not is not."""
        claimed = self.connection.agreement.capabilities
        for each in LISTS:
            if each.capability not in claimed and each.method != TEMPLATES:
                await self._method(each.method, None)
        if "completions" in claimed:
            await self._method("completion/complete", CLAIMED_ONLY["completion/complete"])
        if mapping(claimed.get("resources")).get("subscribe") is True:
            await self._method("resources/subscribe", CLAIMED_ONLY["resources/subscribe"])

    async def _method(self, method: str, params: JsonObject | None) -> None:
        self.methods[method] = await self._answer(method, method, params)

    async def _safe_calls(self) -> None:
        planned, self.uncalled = plan(self.definitions, self.settings)
        caller = Caller(self.connection, self.clock, self.settings.limits.call)
        for each in planned:
            if self.connection.closed:
                return
            self.doing = f"a call of {each.tool.get('name')}"
            self.calls.append(await caller.measured(each))

    async def _unknown(self) -> None:
        await self._ask(Question.UNKNOWN_METHOD, UNKNOWN_METHOD)
        if self.definitions.tools and not self.connection.closed:
            await self._ask(Question.UNKNOWN_TOOL, "tools/call", {"name": UNKNOWN_TOOL, "arguments": {}})

    async def _wrong_calls(self) -> None:
        caller = Caller(self.connection, self.clock, self.settings.limits.call)
        for name, how, wrong in wrong_calls(self.definitions, self.settings):
            if self.connection.closed:
                return
            self.doing = f"a call of {name} with {how.value}"
            self.calls.append(await caller.wrong(name, how, wrong))
        name_of_one = for_no_object(self.definitions, self.settings)
        if name_of_one is not None and not self.connection.closed:
            self.doing = f"a call of {name_of_one} with {Arguments.NO_OBJECT.value}"
            self.calls.append(await caller.no_object(name_of_one))

    async def _other_version(self) -> None:
        """Over HTTP it would begin another session; there it is asked for by itself."""
        if self.connection.modern or not isinstance(self.connection.transport, StdioTransport):
            return
        params: JsonObject = {"protocolVersion": UNKNOWN_VERSION, "capabilities": {}, "clientInfo": CLIENT_INFO}
        await self._ask(Question.UNKNOWN_VERSION, "initialize", params)
        if not self.connection.closed:
            await self.connection.notify("notifications/initialized")

    async def _broken_json(self) -> None:
        self.whole = True  # what comes from here on only shows whether it is still there
        transport = self.connection.transport
        if isinstance(transport, StdioTransport):
            self.doing, self.oddities = Question.BROKEN_JSON.value, self._odd()
            transport.send_bytes(b'{"jsonrpc": "2.0", "id": 1, "method": \n')
            await asyncio.sleep(0)

    async def _ping_after(self) -> None:
        """Whether it is still there; where it ended at the line before, that is the reason."""
        method = "server/discover" if self.connection.modern else "ping"
        after = Question.PING_AFTER.value if self.oddities is None else self.doing
        self.questions[Question.PING_AFTER] = await self._answer(after, method, None)
