"""A connection for code that does not await: an event loop of its own that runs while a method does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

from mcpquality_scanners.errors import McpQualityError, UsageError
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.negotiation import Agreement
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

T = TypeVar("T")


class BlockingConnection:
    """An `McpConnection` whose methods block; a context manager.

    Between the calls nothing runs here: what the server sends meanwhile is read at the next one.

    Attributes:
        connection: The connection itself.
    """

    def __init__(self, connect: Callable[[], Coroutine[Any, Any, McpConnection]]) -> None:
        if _has_running_loop():
            raise UsageError(
                "this test runs in an event loop: await mcp_connect(...) in place of mcp_connect.sync(...)"
            )
        self._runner = asyncio.Runner()
        try:
            self.connection = self._run(connect())
        except BaseException:
            self._runner.close()
            raise

    def __repr__(self) -> str:
        return f"<BlockingConnection over {getattr(self, 'connection', None)!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def agreement(self) -> Agreement:
        """What was agreed on with the server."""
        return self.connection.agreement

    def close(self) -> None:
        """End it with everything that belongs to it; may be called twice."""
        try:
            # One that broke has ended by itself; the event loop that it ran in has not.
            if not self.connection.ended:
                self._run(self.connection.close())
        finally:
            self._runner.close()

    def request(self, method: str, params: JsonObject | None = None, *, timeout: float | None = None) -> JsonObject:
        """Ask for anything; see `McpConnection.request`."""
        return self._run(self.connection.request(method, params, timeout=timeout))

    def ping(self) -> None:
        """See whether it answers."""
        self._run(self.connection.ping())

    def list_tools(self) -> list[JsonObject]:
        """All tools, of all pages."""
        return self._run(self.connection.list_tools())

    def list_resources(self) -> list[JsonObject]:
        """All resources, of all pages."""
        return self._run(self.connection.list_resources())

    def list_resource_templates(self) -> list[JsonObject]:
        """All resource templates, of all pages."""
        return self._run(self.connection.list_resource_templates())

    def list_prompts(self) -> list[JsonObject]:
        """All prompts, of all pages."""
        return self._run(self.connection.list_prompts())

    def call_tool(self, name: str, arguments: JsonObject | None = None, *, timeout: float | None = None) -> JsonObject:
        """Call a tool."""
        return self._run(self.connection.call_tool(name, arguments, timeout=timeout))

    def read_resource(self, uri: str) -> JsonObject:
        """Read a resource."""
        return self._run(self.connection.read_resource(uri))

    def get_prompt(self, name: str, arguments: dict[str, str] | None = None) -> JsonObject:
        """Fill in a prompt."""
        return self._run(self.connection.get_prompt(name, arguments))

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        try:
            return self._runner.run(call)
        except McpQualityError as error:
            # Without the frames of asyncio between ours and the test's: what happened stands in the message.
            raise error.with_traceback(None)  # noqa: B904 - it is the same error


def _has_running_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
