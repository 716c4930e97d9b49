"""How a mock server answers: with its script first, then with its content."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import anyio
from pydantic import ValidationError

from pytest_mcpquality.mcp.server_bridge import INTERNAL_ERROR, INVALID_PARAMS, Answer, RpcError, ServerRequest
from pytest_mcpquality.testing import outcomes
from pytest_mcpquality.testing.content import reading
from pytest_mcpquality.testing.content.catalog import Catalog, page
from pytest_mcpquality.testing.content.functions import TypedFunction, typed_function
from pytest_mcpquality.testing.content.results import tool_error, tool_result
from pytest_mcpquality.testing.context import Context
from pytest_mcpquality.testing.input_requests import InputRequired
from pytest_mcpquality.testing.request_state import sign, verify
from pytest_mcpquality.testing.script import Script
from pytest_mcpquality.testing.seam import SessionInfo
from pytest_mcpquality.testing.tool_calls import call_tool

if TYPE_CHECKING:
    from pytest_mcpquality.testing.mock_server import MockMCPServer

_Handler: TypeAlias = Callable[[ServerRequest, SessionInfo], Awaitable[Answer | None]]
"""Answers one method; None if the parameters make no sense, which the SDK then says."""

_ROUNDS = frozenset({"tools/call", "prompts/get", "resources/read"})
"""The methods in which the client can be asked for input by an InputRequiredResult."""


class Engine:
    """Answers the requests to one mock server, from any session."""

    def __init__(self, server: MockMCPServer) -> None:
        self._server = server
        self._key = secrets.token_bytes(32)
        self._computed: dict[Callable[..., Any], TypedFunction] = {}
        self._handlers: Mapping[str, _Handler] = {
            "tools/list": self._list_tools,
            "tools/call": self._call_tool,
            "resources/list": self._list_resources,
            "resources/templates/list": self._list_templates,
            "resources/read": self._read_resource,
            "resources/subscribe": self._subscribe,
            "resources/unsubscribe": self._unsubscribe,
            "prompts/list": self._list_prompts,
            "prompts/get": self._get_prompt,
            "completion/complete": self._complete,
            "logging/setLevel": self._set_level,
        }

    @property
    def methods(self) -> tuple[str, ...]:
        """What it answers by itself."""
        return tuple(self._handlers)

    async def answer(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        """Answer a request; None leaves it to the SDK.

        Raises:
            RpcError: The answer is an error.
        """
        script = self._server.scripts.get(request.method)
        if script is None:
            return await self._normal(request, session)
        return await self._act(self.take(script, request), request, session)

    def take(self, script: Script, request: ServerRequest) -> outcomes.Outcome:
        """The next outcome of a script.

        Raises:
            RpcError: It is used up.
        """
        outcome = script.take()
        if outcome is not None:
            return outcome
        given = {key: value for key, value in request.params.items() if key != "_meta"}
        raise RpcError(
            INTERNAL_ERROR,
            f"{self._server.name}: the script of {script.subject} is used up after {len(script.outcomes)} outcomes; "
            f"one more call came with {given!r}",
            {"scripted": [*sorted(self._server.tool_scripts), *sorted(self._server.scripts)]},
        )

    async def fail(self, outcome: outcomes.ProtocolFailure | outcomes.Hang) -> None:
        """Act out what is no answer.

        Raises:
            RpcError: The failure.
        """
        if isinstance(outcome, outcomes.ProtocolFailure):
            raise RpcError(outcome.code, outcome.message, outcome.data)
        await anyio.sleep_forever()

    async def sleep(self, seconds: float) -> None:
        """Wait on the mock server's clock, or in real time."""
        if self._server.clock is None:
            await anyio.sleep(seconds)
        else:
            await self._server.clock.sleep(seconds)

    def typed(self, function: Callable[..., Any]) -> TypedFunction:
        """The function of a script, read once."""
        if function not in self._computed:
            self._computed[function] = typed_function(function, structured=False)
        return self._computed[function]

    async def _act(self, outcome: outcomes.Outcome, request: ServerRequest, session: SessionInfo) -> Answer | None:
        """Act out the outcome of a scripted protocol method: its results go out as they stand."""
        match outcome:
            case outcomes.Normal():
                return await self._normal(request, session)
            case outcomes.Delay():
                await self.sleep(outcome.seconds)
                return await self._act(outcome.then, request, session)
            case outcomes.Returns(value) | outcomes.RawResult(value):
                return Answer(_whole_result(value, request.method), raw=True)
            case outcomes.Computes(function):
                computed = await self._compute(function, request, session)
                return Answer(_whole_result(computed, request.method), raw=True)
            case outcomes.ToolFailure(message):
                return Answer(tool_error(message), raw=True)
            case _:
                await self.fail(outcome)
                return None

    async def _compute(self, function: Callable[..., Any], request: ServerRequest, session: SessionInfo) -> object:
        given = {key: value for key, value in request.params.items() if key != "_meta"}
        try:
            return await self.typed(function)(given, self._context(request, session))
        except ValidationError as error:
            raise RpcError(INVALID_PARAMS, str(error)) from error

    async def _normal(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        handler = self._handlers.get(request.method)
        served = self._server.serves(request.method, session.start, modern=request.modern)
        if handler is None or not request.ready or not served:
            return None
        try:
            return await handler(request, session)
        except InputRequired as asked:
            return self._ask(asked, request)

    async def _list_tools(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        return self._page("tools", self._catalog(session).tools, request)

    async def _call_tool(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        return await call_tool(self._server, self._catalog(session), self._context(request, session))

    async def _list_resources(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        return self._page("resources", self._catalog(session).resources, request)

    async def _list_templates(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        return self._page("resourceTemplates", self._catalog(session).templates, request)

    async def _read_resource(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        uri = request.params.get("uri")
        if not isinstance(uri, str):
            return None
        return Answer(await reading.read_resource(self._catalog(session), uri, self._context(request, session)))

    async def _subscribe(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        if not isinstance(uri := request.params.get("uri"), str):
            return None
        self._server.sessions.subscribe_to(session.id, uri)
        return Answer({})

    async def _unsubscribe(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        if not isinstance(uri := request.params.get("uri"), str):
            return None
        self._server.sessions.unsubscribe_from(session.id, uri)
        return Answer({})

    async def _list_prompts(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        return self._page("prompts", self._catalog(session).prompts, request)

    async def _get_prompt(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        if not isinstance(request.params.get("name"), str):
            return None
        context = self._context(request, session)
        return Answer(await reading.get_prompt(self._catalog(session), request.params, context))

    async def _complete(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        if not isinstance(request.params.get("ref"), dict) or not isinstance(request.params.get("argument"), dict):
            return None
        return Answer(reading.complete(self._catalog(session), request.params))

    async def _set_level(self, request: ServerRequest, session: SessionInfo) -> Answer | None:
        if not isinstance(level := request.params.get("level"), str):
            return None
        self._server.sessions.set_level(session.id, level)
        return Answer({})

    def _catalog(self, session: SessionInfo) -> Catalog:
        return self._server.catalog_of(session.start)

    def _page(self, key: str, entries: Mapping[str, Any], request: ServerRequest) -> Answer | None:
        cursor = request.params.get("cursor")
        if not isinstance(cursor, str | None):
            return None
        definitions = [entry.definition for entry in list(entries.values())]
        return Answer(page(key, definitions, cursor, self._server.page_size))

    def _context(self, request: ServerRequest, session: SessionInfo) -> Context:
        level = partial(self._server.sessions.level, session.id)
        return Context(request, session, level=level, answers=self._answers(request))

    def _answers(self, request: ServerRequest) -> dict[str, Any]:
        """What the client has answered so far to what it was asked in this call."""
        if not request.modern or request.method not in _ROUNDS:
            return {}
        state = request.params.get("requestState")
        earlier = {} if state is None else verify(self._key, state)
        given = request.params.get("inputResponses")
        return {**earlier, **cast("dict[str, Any]", given)} if isinstance(given, dict) else earlier

    def _ask(self, asked: InputRequired, request: ServerRequest) -> Answer:
        questions = {key: question.wire() for key, question in asked.requests.items()}
        state = sign(self._key, self._answers(request))
        return Answer({"resultType": "input_required", "inputRequests": questions, "requestState": state})


def _whole_result(value: Any, method: str) -> dict[str, Any]:  # noqa: ANN401 - what a script says
    if isinstance(value, Mapping) and (method != "tools/call" or "content" in value):
        return dict(cast("Mapping[str, Any]", value))
    if method == "tools/call":
        return tool_result(cast("Any", value))
    raise RpcError(
        INTERNAL_ERROR,
        f"the script of {method} returns {value!r}, but a protocol method needs its whole result, "
        'such as {"tools": []}',
    )
