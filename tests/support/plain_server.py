"""A server with one tool on the SDK's low-level server, of either major version: hosted without a MockMCPServer."""

# ruff: noqa: ANN401 - the SDK differs from major to major

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import Any

import mcp.types as sdk
from mcp.server.lowlevel import Server

from pytest_mcpquality.resilience.clock import Clock
from pytest_mcpquality.testing.faults import Fault, Faults
from pytest_mcpquality.testing.faults.actions import Message
from pytest_mcpquality.testing.seam import SessionInfo

IS_2 = hasattr(sdk, "jsonrpc_message_adapter")

OUTPUT_SCHEMA = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
TOOL = {"name": "add", "description": "Adds.", "inputSchema": {"type": "object"}, "outputSchema": OUTPUT_SCHEMA}


@dataclass(frozen=True)
class Applied:
    session: str
    fault: Fault
    method: str | None
    served: bool


class PlainServer:
    """`Hosted`, with a record of what the faults did; `add` with `{"hang": true}` never answers, `crash` raises."""

    name = "plain"

    def __init__(self, *faults: Fault, clock: Clock | None = None) -> None:
        self.faults = Faults(faults)
        self.clock = clock
        self.applied: list[Applied] = []
        self.sessions: list[SessionInfo] = []
        self.crashes = False
        self._starts = itertools.count(1)

    def next_start(self) -> int:
        return next(self._starts)

    def sdk_server(self, _start: int) -> Any:
        return _version_2() if IS_2 else _version_1()

    async def serve(self, read_stream: Any, write_stream: Any, *, session: SessionInfo) -> None:
        self.sessions.append(session)
        if self.crashes:
            raise RuntimeError("the content is broken")
        server = self.sdk_server(session.start)
        await server.run(read_stream, write_stream, server.create_initialization_options())

    def fault_applied(self, session: SessionInfo, fault: Fault, message: Message | None, *, served: bool) -> None:
        method = None if message is None else message.get("method")
        self.applied.append(Applied(session.id, fault, method, served))


async def _add(arguments: dict[str, Any]) -> int:
    if arguments.get("hang"):
        await asyncio.Event().wait()
    total: int = arguments.get("a", 0) + arguments.get("b", 0)
    return total


def _version_2() -> Any:
    async def list_tools(_context: Any, _params: Any) -> Any:
        return sdk.ListToolsResult.model_validate({"tools": [TOOL]})

    async def call_tool(_context: Any, params: Any) -> Any:
        total = await _add(params.arguments or {})
        return sdk.CallToolResult.model_validate(
            {"content": [{"type": "text", "text": str(total)}], "structuredContent": {"sum": total}}
        )

    return Server("plain", version="1", on_list_tools=list_tools, on_call_tool=call_tool)


def _version_1() -> Any:
    server: Any = Server("plain")

    async def list_tools() -> Any:
        return [sdk.Tool.model_validate(TOOL)]

    async def call_tool(_name: str, arguments: dict[str, Any]) -> Any:
        total = await _add(arguments)
        return [sdk.TextContent(type="text", text=str(total))], {"sum": total}

    server.list_tools()(list_tools)
    server.call_tool()(call_tool)
    return server
