"""Context7 over MCP: the service's own server over HTTP, or a server that we start on stdio."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Final, cast

from mcpquality_scanners.text import one_line
from pytest_mcpquality.mcp.connecting import ConnectOptions
from pytest_mcpquality.mcp.errors import ProtocolViolationError, ServerError, ServerFailedError
from pytest_mcpquality.mcp.pool import McpPool
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.mcp.specs import INHERITED, HttpServer, ServerSpec, StdioServer
from pytest_mcpquality.remediation.errors import RemediationError, UnreachableError, UnusableAnswerError
from pytest_mcpquality.remediation.keys import Key
from pytest_mcpquality.remediation.mcp_parsing import libraries_in, snippets_in
from pytest_mcpquality.remediation.mcp_tools import Arguments, Tool, Tools, choose
from pytest_mcpquality.remediation.policy import refusal
from pytest_mcpquality.remediation.settings import API_URL, DocsSettings
from pytest_mcpquality.remediation.values import Library, Snippet, TransportKind
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.errors import ResilienceError
from pytest_mcpquality.resilience.pool_values import PoolSettings, PoolStatistics

_CAP: Final = 2 * 2**20  # characters of an answer
_OPENING: Final = 15.0  # seconds that starting a server may take; who waits for it has less patience
_PROXIES: Final = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
)
_POOL: Final = PoolSettings(min_size=0, max_size=2, acquire_timeout=_OPENING + 1, connect_timeout=_OPENING)


class McpTransport:
    """Asks an MCP server; time limits are the caller's.

    Args:
        settings: Which server.
        clock: Where time comes from.
    """

    def __init__(self, settings: DocsSettings, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._settings = settings
        self._clock = clock
        # A connection has one key for all its life.
        self._pools: dict[Key | None, McpPool] = {}
        self._latest: McpPool | None = None
        self._tools: Tools | None = None

    def __repr__(self) -> str:
        return f"<McpTransport {self._latest!r}>"

    @property
    def kind(self) -> TransportKind:
        """MCP."""
        return TransportKind.MCP

    @property
    def statistics(self) -> PoolStatistics | None:
        """What the pool that was used last has done."""
        return None if self._latest is None else self._latest.statistics

    async def libraries(self, name: str, query: str, *, key: Key | None = None) -> tuple[Library, ...]:
        """The libraries of that name, in the service's order."""
        text = await self._call(key, lambda tools: (tools.search, tools.search_arguments(name, query)))
        return libraries_in(text, self._clock.now())

    async def documentation(self, library_id: str, query: str, *, key: Key | None = None) -> tuple[Snippet, ...]:
        """What a library's documentation says about a query."""
        text = await self._call(key, lambda tools: (tools.read, tools.read_arguments(library_id, query)))
        return snippets_in(text, self._clock.now())

    async def aclose(self) -> None:
        """Let go of every connection, and end every server."""
        while self._pools:
            _, pool = self._pools.popitem()
            await pool.close()

    async def _call(self, key: Key | None, how: Callable[[Tools], tuple[Tool, Arguments]]) -> str:
        """The text that a tool returns.

        Raises:
            RemediationError: There is none.
        """
        pool = self._pool(key)
        try:
            async with pool.connection() as connection:
                self._tools = self._tools or choose(await connection.list_tools())
                tool, arguments = how(self._tools)
                return _text(await connection.call_tool(tool.name, cast("JsonObject", arguments)))
        except ResilienceError as error:
            raise self._failure(error, key) from None

    def _failure(self, error: ResilienceError, key: Key | None) -> RemediationError:
        said = one_line(str(error))
        said = key.hide(said) if key else said
        if isinstance(error, ServerError | ProtocolViolationError):
            return UnusableAnswerError(said)
        if isinstance(error, ServerFailedError) and error.diagnosis.status:
            asked = error.diagnosis.retry_after
            headers = {} if asked is None else {"retry-after": f"{asked:.0f}"}
            return refusal(error.diagnosis.status, {"message": said}, headers, self._clock.now())
        return UnreachableError(said)

    def _pool(self, key: Key | None) -> McpPool:
        if key not in self._pools:
            options = ConnectOptions(timeout=_OPENING, clock=self._clock)
            spec = self._spec(key)
            name = "Context7's MCP server"
            self._pools[key] = McpPool(spec, settings=_POOL, options=options, clock=self._clock, name=name)
        self._latest = self._pools[key]
        return self._latest

    def _spec(self, key: Key | None) -> ServerSpec:
        if not self._settings.mcp_command:
            headers = {} if key is None else {"Authorization": f"Bearer {key.reveal()}"}
            return HttpServer(self._settings.mcp_url, headers)
        command, *arguments = self._settings.mcp_command
        env = {} if key is None else {"CONTEXT7_API_KEY": key.reveal()}
        if self._settings.api_url != API_URL:
            env["CONTEXT7_API_URL"] = self._settings.api_url
        inherit = (*INHERITED, *(name for name in _PROXIES if name in os.environ))
        return replace(StdioServer(command, tuple(arguments), env), inherit=inherit)


def _text(result: JsonObject) -> str:
    """The text of a result, whether it calls itself an error or not.

    Raises:
        UnusableAnswerError: There is none, or too much.
    """
    content = result.get("content")
    texts = [
        text
        for block in (cast("list[object]", content) if isinstance(content, list) else [])
        if isinstance(block, dict) and isinstance(text := cast("JsonObject", block).get("text"), str)
    ]
    joined = "\n".join(texts)
    if not joined or len(joined) > _CAP:
        raise UnusableAnswerError(f"the MCP server answered with {len(joined)} characters of text")
    return joined
