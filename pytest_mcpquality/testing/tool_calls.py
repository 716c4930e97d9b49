"""Calls of a mock server's tools: by their script, their function, or an error that says that there is neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from pytest_mcpquality.mcp.server_bridge import INTERNAL_ERROR, INVALID_PARAMS, Answer, RpcError
from pytest_mcpquality.testing import outcomes
from pytest_mcpquality.testing.content.catalog import Catalog, Tool, unknown
from pytest_mcpquality.testing.content.functions import TypedFunction
from pytest_mcpquality.testing.content.results import tool_error, tool_result
from pytest_mcpquality.testing.content.validation import problems
from pytest_mcpquality.testing.context import Context
from pytest_mcpquality.testing.input_requests import InputRequired

if TYPE_CHECKING:
    from pytest_mcpquality.testing.mock_server import MockMCPServer

_RESULT_KEYS = frozenset({"content", "structuredContent", "isError", "_meta"})
"""What a whole result in wire form is made of."""


async def call_tool(server: MockMCPServer, catalog: Catalog, context: Context) -> Answer | None:
    """Answer a tools/call; None if its parameters make no sense.

    Raises:
        RpcError: The answer is an error.
    """
    params = context.request.params
    name: Any = params.get("name")
    given: Any = params.get("arguments") or {}
    if not isinstance(name, str) or not isinstance(given, dict):
        return None
    tool = catalog.tools.get(name)
    if tool is None:
        raise RpcError(INVALID_PARAMS, f"{server.name}: {unknown('tool', name, catalog.tools)}")
    return await _Call(server, tool, cast("dict[str, Any]", given), context).answer()


class _Call:
    """One call of a tool that there is."""

    def __init__(self, server: MockMCPServer, tool: Tool, arguments: Mapping[str, Any], context: Context) -> None:
        self._server = server
        self._tool = tool
        self._name: str = tool.definition["name"]
        self._arguments = arguments
        self._context = context

    async def answer(self) -> Answer:
        script = self._server.tool_scripts.get(self._name)
        if script is None:
            return await self._unscripted()
        if self._server.validate_arguments:
            wrong = problems(self._tool.definition["inputSchema"], self._arguments)
            if wrong:
                return Answer(tool_error(f"Input validation error: {wrong}"))
        return await self._act(self._server.engine.take(script, self._context.request))

    async def _act(self, outcome: outcomes.Outcome) -> Answer:
        while isinstance(outcome, outcomes.Delay):
            await self._server.engine.sleep(outcome.seconds)
            outcome = outcome.then
        match outcome:
            case outcomes.Normal():
                return await self._unscripted()
            case outcomes.Returns(value):
                return Answer(tool_result(value, structured=self._promised(value)))
            case outcomes.RawResult(result):
                return Answer(dict(result), raw=True)
            case outcomes.Computes(function):
                return await self._run(self._server.engine.typed(function))
            case outcomes.ToolFailure(message):
                return Answer(tool_error(message))
            case _:
                await self._server.engine.fail(outcome)
                raise AssertionError(outcome)  # pragma: no cover - neither of them comes back

    async def _unscripted(self) -> Answer:
        if self._tool.function is not None:
            return await self._run(self._tool.function)
        scripted = sorted(self._server.tool_scripts)
        raise RpcError(
            INTERNAL_ERROR,
            f"{self._server.name}: tool {self._name!r} was called with {dict(self._arguments)!r}, but has neither a "
            f"function nor a script; scripted are: {', '.join(scripted) or 'none'}",
            {"tool": self._name, "scripted": scripted},
        )

    async def _run(self, function: TypedFunction) -> Answer:
        try:
            value = await function(self._arguments, self._context)
        except (RpcError, InputRequired):
            raise
        except ValidationError as error:
            return Answer(tool_error(f"Input validation error: {error}"))
        except Exception as error:  # noqa: BLE001 - whatever a tool raises is what its client gets to read
            return Answer(tool_error(str(error) or type(error).__name__))
        if _is_whole(value):
            return Answer(dict(value))
        return Answer(tool_result(value, structured=self._promised(value)))

    def _promised(self, value: object) -> dict[str, Any] | None:
        """The structured content that the tool's function would make of a value."""
        return None if self._tool.function is None else self._tool.function.structured(value)


def _is_whole(value: Any) -> bool:  # noqa: ANN401 - whatever a tool returned
    return isinstance(value, dict) and "content" in value and set(cast("dict[str, Any]", value)) <= _RESULT_KEYS
