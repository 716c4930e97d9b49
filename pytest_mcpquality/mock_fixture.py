"""What the fixture `mock_mcp_server` hands out: a mock server that closes its ways in when the test is over."""

from __future__ import annotations

from typing import Any

from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.testing.hosting.http import HttpHosting
from pytest_mcpquality.testing.hosting.stdio import StdioHosting
from pytest_mcpquality.testing.mock_server import MockMCPServer

__tracebackhide__ = hides


class FixtureMockServer(MockMCPServer):
    """A `MockMCPServer` that knows what it has opened."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - those of MockMCPServer
        super().__init__(*arguments, **options)
        self._opened: list[StdioHosting | HttpHosting] = []

    def stdio(self) -> StdioHosting:
        """As `MockMCPServer.stdio`; closed with the test."""
        hosting = super().stdio()
        self._opened.append(hosting)
        return hosting

    def http(
        self, *, stateless: bool = False, json_response: bool = False, path: str = "/mcp", retry_ms: int | None = None
    ) -> HttpHosting:
        """As `MockMCPServer.http`; closed with the test."""
        hosting = super().http(stateless=stateless, json_response=json_response, path=path, retry_ms=retry_ms)
        self._opened.append(hosting)
        return hosting

    def close(self) -> None:
        """Close all ways in, the last one first."""
        while self._opened:
            self._opened.pop().close()
