"""The SDK's own clients, of whichever major version is installed, against a hosted server."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import mcp
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from pytest_mcpquality.testing import faults
from pytest_mcpquality.testing.hosting.http import HttpHosting
from pytest_mcpquality.testing.hosting.stdio import StdioHosting
from tests.support.plain_server import IS_2, PlainServer

pytestmark = pytest.mark.e2e

modern = pytest.mark.skipif(not IS_2, reason="version 1 of the SDK knows no protocol 2026-07-28")


async def _use(session: ClientSession) -> str:
    await session.initialize()
    assert [tool.name for tool in (await session.list_tools()).tools] == ["add"]
    return str((await session.call_tool("add", {"a": 2, "b": 3})).content[0].text)  # type: ignore[union-attr]


def test_stdio_client_again_and_again() -> None:
    async def main() -> None:
        server = PlainServer()
        with StdioHosting(server) as hosting:
            for _ in range(3):
                parameters = StdioServerParameters(command=hosting.command, args=hosting.args)
                async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
                    assert await _use(session) == "5"
        assert [session.start for session in server.sessions] == [1, 2, 3]

    asyncio.run(main())


def test_streamable_http_client() -> None:
    async def main() -> None:
        async with (
            HttpHosting(PlainServer()) as hosting,
            streamable_http_client(hosting.url) as streams,
            ClientSession(streams[0], streams[1]) as session,
        ):
            assert await _use(session) == "5"

    asyncio.run(main())


def test_a_dropped_stream_is_resumed_by_the_client() -> None:
    async def main() -> None:
        server = PlainServer(faults.DropsStream(tool="add"))
        async with (
            HttpHosting(server, retry_ms=10) as hosting,
            streamable_http_client(hosting.url) as streams,
            ClientSession(streams[0], streams[1]) as session,
        ):
            assert await _use(session) == "5"
        assert len(server.applied) == 1

    asyncio.run(main())


def _innermost(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error).lower()


@modern
def test_protocol_2026_over_http() -> None:
    async def main() -> None:
        server = PlainServer()
        async with HttpHosting(server) as hosting, mcp.Client(hosting.url) as client:
            assert client.protocol_version == "2026-07-28"
            result = await client.call_tool("add", {"a": 2, "b": 3})
            assert result.structured_content == {"sum": 5}

    asyncio.run(main())


@modern
def test_faults_apply_to_protocol_2026_too() -> None:
    async def main() -> None:
        server = PlainServer(faults.AnotherProtocolVersion("2030-01-01"), faults.BreaksOutputSchema())
        async with HttpHosting(server) as hosting:
            with pytest.raises(BaseException) as caught:  # noqa: PT011 - the SDK wraps it in groups
                async with mcp.Client(hosting.url):
                    pass
            assert "version" in _innermost(caught.value)
            server.faults.remove(faults.AnotherProtocolVersion("2030-01-01"))
            async with mcp.Client(hosting.url) as client:
                with pytest.raises(Exception, match="sum"):
                    await client.call_tool("add", {})
        assert [each.session for each in server.applied][-1] == "http-1-stateless"

    asyncio.run(main())


def test_the_command_works_with_nothing_of_the_environment() -> None:
    with StdioHosting(PlainServer(faults.FailsToStart(code=7))) as hosting:
        done = subprocess.run([hosting.command, *hosting.args], env={}, cwd="/", check=False, capture_output=True)
    assert done.returncode == 7


def test_the_token_is_in_no_process_list_and_strangers_are_turned_away() -> None:
    with StdioHosting(PlainServer()) as hosting:
        endpoint = Path(hosting.args[-1])
        port, token = endpoint.read_text(encoding="ascii").split()
        assert token not in " ".join(hosting.args)
        with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as stranger:
            stranger.sendall(b"0123456789abcdef 1\n")
            assert stranger.recv(1) == b""
        assert sys.platform == "win32" or endpoint.stat().st_mode & 0o077 == 0
    assert not endpoint.parent.exists()
