"""Over MCP, against a server that says what the test wants: in each generation's words, failing in every way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from pytest_mcpquality.mcp.specs import HttpServer, StdioServer
from pytest_mcpquality.remediation.client import open_client
from pytest_mcpquality.remediation.errors import RemediationError, UnreachableError, UnusableAnswerError
from pytest_mcpquality.remediation.keys import Key
from pytest_mcpquality.remediation.mcp_transport import McpTransport
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import Documentation, Miss, MissReason, Snippet, TransportKind
from pytest_mcpquality.testing import MockMCPServer, faults, outcomes, raw_result, returns
from pytest_mcpquality.testing.outcomes import Outcome

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.asyncio,
    # Version 1 of the SDK leaves its event streams to the garbage collector.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function MemoryObject:pytest.PytestUnraisableExceptionWarning"
    ),
]

SECRET = "ctx7sk-secret"
LISTED = "- Title: Requests\n- Context7-compatible library ID: /psf/requests\n- Trust Score: 9.8"
DOCUMENTED = "### Verify TLS\n\nSource: https://example.org/tls\n\nVerifies by default."
SNIPPET = Snippet("Verify TLS", "Verifies by default.", url="https://example.org/tls")


def schema(*required: str, optional: tuple[str, ...] = ()) -> dict[str, object]:
    properties = {name: {"type": "string"} for name in (*required, *optional)}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def context7(search: Outcome | None = None, read: Outcome | None = None) -> MockMCPServer:
    server = MockMCPServer("context7")
    server.add_tool(
        "resolve-library-id", input_schema=schema("query", "libraryName"), script=[search or returns(LISTED)]
    )
    server.add_tool("query-docs", input_schema=schema("libraryId", "query"), script=[read or returns(DOCUMENTED)])
    return server


@asynccontextmanager
async def reached(server: MockMCPServer) -> AsyncIterator[McpTransport]:
    with server.http() as http:
        transport = McpTransport(DocsSettings(transport=TransportKind.MCP, mcp_url=http.url))
        try:
            yield transport
        finally:
            await transport.aclose()


Reach = Callable[[MockMCPServer], AbstractAsyncContextManager[McpTransport]]


async def test_both_tools(mock_mcp_server: MockMCPServer) -> None:
    del mock_mcp_server
    server = context7()
    async with reached(server) as transport:
        (library,) = await transport.libraries("requests", "TLS", key=Key(SECRET))
        assert (library.id, library.trust_score) == ("/psf/requests", 9.8)
        assert await transport.documentation("/psf/requests", "TLS", key=Key(SECRET)) == (SNIPPET,)
        assert transport.kind is TransportKind.MCP
        assert transport.statistics is not None
        assert transport.statistics.opened == 1
        assert SECRET not in repr(transport)
    server.assert_called("resolve-library-id", arguments={"libraryName": "requests", "query": "TLS"}, times=1)
    server.assert_called("query-docs", arguments={"libraryId": "/psf/requests", "query": "TLS"}, times=1)


async def test_the_words_of_version_one_over_stdio() -> None:
    server = MockMCPServer("context7")
    server.add_tool("resolve-library-id", input_schema=schema("libraryName"), script=[returns(LISTED)])
    optional = ("topic", "tokens")
    declared = schema("context7CompatibleLibraryID", optional=optional)
    server.add_tool("get-library-docs", input_schema=declared, script=[returns(DOCUMENTED)])
    with server.stdio() as stdio:
        command = (stdio.command, *stdio.args)
        settings = DocsSettings(transport=TransportKind.MCP, mcp_command=command, timeout=20, cache="memory")
        async with open_client(settings) as client:
            found = await client.fetch("requests", "TLS")
            assert isinstance(found, Documentation), found
            assert (found.snippets, found.transport) == ((SNIPPET,), TransportKind.MCP)
            assert client.statistics.pool is not None
    arguments = {"context7CompatibleLibraryID": "/psf/requests", "topic": "TLS"}
    server.assert_called("get-library-docs", arguments=arguments, times=1)


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (returns("Error fetching library context. Please try again later."), UnreachableError),
        (outcomes.error("Something else"), UnusableAnswerError),
        (outcomes.protocol_error(-32000, "no"), UnusableAnswerError),
        (raw_result({"content": []}), UnusableAnswerError),
        (raw_result({"content": [{"type": "image", "data": "", "mimeType": "image/png"}]}), UnusableAnswerError),
    ],
)
async def test_results_that_are_none(outcome: Outcome, error: type[RemediationError]) -> None:
    async with reached(context7(read=outcome)) as transport:
        with pytest.raises(error):
            await transport.documentation("/psf/requests", "TLS")


async def test_a_server_without_the_tools() -> None:
    async with reached(MockMCPServer("other")) as transport:
        with pytest.raises(UnusableAnswerError, match="has no tool"):
            await transport.documentation("/psf/requests", "TLS")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, MissReason.REFUSED), (403, MissReason.REFUSED), (429, MissReason.QUOTA), (503, MissReason.UNREACHABLE)],
)
async def test_what_http_says_before_mcp_does(status: int, reason: MissReason) -> None:
    server = context7()
    server.faults.add(faults.HttpStatus(status))
    with server.http() as http:
        settings = DocsSettings(transport=TransportKind.MCP, mcp_url=http.url, cache="memory", api_keys=(SECRET,))
        async with open_client(settings) as client:
            found = await client.fetch("/psf/requests", "TLS", calls=1)
    assert isinstance(found, Miss)
    assert found.reason is reason, found
    assert SECRET not in found.text


async def test_nobody_there() -> None:
    settings = DocsSettings(transport=TransportKind.MCP, mcp_url="http://127.0.0.1:1/mcp")
    transport = McpTransport(settings)
    with pytest.raises(UnreachableError):
        await transport.documentation("/psf/requests", "TLS")
    await transport.aclose()


async def test_a_command_that_cannot_be_run_says_so() -> None:
    settings = DocsSettings(transport=TransportKind.MCP, mcp_command=("/nothing/here", SECRET), cache="memory")
    async with open_client(settings) as client:
        found = await client.fetch("/psf/requests", "TLS", calls=1)
    assert isinstance(found, Miss)
    assert found.reason is MissReason.UNREACHABLE
    assert SECRET not in found.text


async def test_a_server_that_tells_its_key_is_not_quoted() -> None:
    program = "import os, sys; sys.stderr.write('my key is ' + os.environ['CONTEXT7_API_KEY'] + chr(10)); sys.exit(3)"
    command = (sys.executable, "-I", "-c", program)
    settings = DocsSettings(transport=TransportKind.MCP, mcp_command=command, cache="memory", api_keys=(SECRET,))
    async with open_client(settings) as client:
        found = await client.fetch("/psf/requests", "TLS", calls=1)
    assert isinstance(found, Miss)
    assert "my key is [key]" in found.text
    assert SECRET not in found.text


async def test_a_server_that_hangs_is_given_up() -> None:
    with context7(read=outcomes.hang()).http() as http:
        settings = DocsSettings(transport=TransportKind.MCP, mcp_url=http.url, cache="memory", timeout=0.5)
        async with open_client(settings) as client:
            began = asyncio.get_running_loop().time()
            found = await client.fetch("/psf/requests", "TLS", calls=1)
            assert asyncio.get_running_loop().time() - began < 5
    assert isinstance(found, Miss)
    assert found.text == "Context7 gave no answer in 0.5 s"


async def test_each_key_has_connections_of_its_own() -> None:
    server = context7()
    server.add_tool("unused")
    async with reached(server) as transport:
        for key in (Key("one"), Key("two"), Key("one")):
            await transport.documentation("/psf/requests", "TLS", key=key)
        assert len(transport._pools) == 2


async def test_what_a_server_that_we_start_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    monkeypatch.setenv("SOME_SECRET", "x")
    url = "http://127.0.0.1:1/api"
    started = McpTransport(DocsSettings(mcp_command=("node", "index.js"), api_url=url))._spec(Key(SECRET))
    assert isinstance(started, StdioServer)
    assert started.env == {"CONTEXT7_API_KEY": SECRET, "CONTEXT7_API_URL": url}
    environment = started.environment()
    assert environment["HTTPS_PROXY"] == "http://proxy:1"
    assert "SOME_SECRET" not in environment
    assert SECRET not in repr(started) + str(started)
    usual = McpTransport(DocsSettings(mcp_command=("node",)))._spec(None)
    assert isinstance(usual, StdioServer)
    assert usual.env == {}
    reached_over_http = McpTransport(DocsSettings())._spec(Key(SECRET))
    assert isinstance(reached_over_http, HttpServer)
    assert reached_over_http.headers == {"Authorization": f"Bearer {SECRET}"}
    assert SECRET not in repr(reached_over_http)
