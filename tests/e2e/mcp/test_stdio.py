"""Real processes that misbehave: what a connection says of each, and that nothing is left of them."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.diagnosis import Cause
from pytest_mcpquality.mcp.errors import ProtocolViolationError, ServerFailedError, ServerHungError
from pytest_mcpquality.mcp.handlers import Handlers
from pytest_mcpquality.mcp.specs import StdioServer
from pytest_mcpquality.mcp.stdio import Ending, StdioTransport
from tests.support.left_running import MARK, left_running
from tests.support.mcp import RAW, raw

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

NO_ID = '{"jsonrpc": "2.0", "id": true, "method": "x"}'


async def opened(spec: StdioServer, *, seconds: float = 20.0, message_cap: int = 1_000_000) -> McpConnection:
    transport = StdioTransport(spec, message_cap=message_cap, eof_grace=0.3)
    return await McpConnection(transport, server="raw", timeout=10.0).open(timeout=seconds)


@pytest_asyncio.fixture
async def connection() -> AsyncIterator[McpConnection]:
    async with await opened(raw()) as connection:
        yield connection


async def gone(pid: int | None) -> bool:
    """Whether nobody of the group of a server is there any more, as soon as what was killed is dead."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            while alive(pid):  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.01)
    return not alive(pid)


def alive(pid: int | None) -> bool:
    """Whether anybody of the group of a server is there."""
    done = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, encoding="utf-8", check=True)
    groups = (line.split() for line in done.stdout.splitlines())
    # A zombie has ended; who adopts it may take its time to notice.
    return any(group == str(pid) and not state.startswith("Z") for group, state in groups)


def transport_of(connection: McpConnection) -> StdioTransport:
    assert isinstance(connection.transport, StdioTransport)
    return connection.transport


async def test_a_server_that_behaves(connection: McpConnection) -> None:
    assert [tool["name"] for tool in await connection.list_tools()] == [f"tool{number}" for number in range(5)]
    assert connection.agreement.instructions == "Be kind."
    assert await connection.request("echo", {"ä": "\ud800 \u2028\n"}) == {"ä": "\ud800 \u2028\n"}
    await connection.call_tool("crlf")
    await connection.call_tool("batch")
    await connection.call_tool("flood-stderr")
    assert connection.oddities.first == []
    await connection.close()
    ended = transport_of(connection).ended
    assert ended is not None
    assert (ended.how, ended.exit_code) == (Ending.EOF, 0)
    assert "pid=" in repr(connection.transport)


@pytest.mark.parametrize(
    ("tool", "says", "cause"),
    [
        ("die", "exited with 7: ModuleNotFoundError: foo; stderr ends: Traceback", Cause.EXITED),
        ("kill", "was killed by SIGKILL", Cause.KILLED),
        ("close-stdout", "closed its stdout and went on running", Cause.CLOSED),
        ("close-stdin", "closed its stdin and went on running", Cause.CLOSED),
        (
            "flood",
            "wrote 10000 lines to stdout that are no messages; stdout line 2 is not JSON-RPC: 'spam'",
            Cause.FLOOD,
        ),
        ("long", "stdout line 2 is longer than 1000000 bytes: 'xxx", Cause.TOO_LONG),
    ],
)
async def test_a_server_that_breaks_in_a_call(connection: McpConnection, tool: str, says: str, cause: Cause) -> None:
    with pytest.raises(ServerFailedError) as caught:
        await connection.call_tool(tool)
    assert str(caught.value.diagnosis).startswith(says)
    assert caught.value.diagnosis.cause is cause
    await connection.close()
    assert await gone(transport_of(connection).pid)


@pytest.mark.parametrize(
    ("tool", "says"),
    [
        ("unknown-id", "answered id 700, nobody asked"),
        ("string-id", "nobody asked (the id was a number, and the answer has a string)"),
        ("no-id", "answered without an id: error -32700: Parse error"),
        ("truncated", """stdout line 2 is not JSON-RPC: '{"jsonrpc": "2.0", "id": 1, "resu'"""),
        ("hang", "hung in tools/call for 0.3 s"),
    ],
)
async def test_a_call_without_an_answer_says_what_came_instead(connection: McpConnection, tool: str, says: str) -> None:
    with pytest.raises(ServerHungError) as caught:
        await connection.call_tool(tool, timeout=0.3 if tool == "hang" else 1.0)
    assert says in str(caught.value)
    await connection.ping()


async def test_what_does_not_end_the_connection_is_kept(connection: McpConnection) -> None:
    await connection.call_tool("garbage")
    await connection.call_tool("twice")
    await connection.ping()
    assert [oddity.text for oddity in connection.oddities.first] == [
        "stdout line 2 is not JSON-RPC: 'Starting up'",
        "stdout line 3 is not JSON-RPC: ''",
        "stdout line 4 is not JSON-RPC (is JSON, but no object): 'null'",
        'stdout line 5 is not JSON-RPC (does not say "jsonrpc": "2.0"): \'{}\'',
        "stdout line 6 is not JSON-RPC (is a request whose id is no string or number): '" + NO_ID + "'",
        "answered id 3 twice",
    ]


@pytest.mark.parametrize(
    ("ways", "says"),
    [
        (("die-at-start",), "exited with 3: ModuleNotFoundError: foo"),
        (("hang-at-start",), "hung in initialize for 1.0 s"),
        (
            ("hang-initialize", "banner"),
            "hung in initialize for 1.0 s; stdout line 1 is not JSON-RPC: 'Welcome to raw!'",
        ),
        (("refuse",), "refused initialize with error -32603: out of order"),
    ],
)
async def test_a_server_that_does_not_come_up(ways: tuple[str, ...], says: str) -> None:
    started = time.monotonic()
    with pytest.raises(ServerFailedError) as caught:
        await opened(raw(*ways), seconds=1.0 if "hung" in says else 20.0)
    assert says in str(caught.value)
    assert time.monotonic() - started < 10


async def test_a_server_of_an_unknown_version_is_refused() -> None:
    with pytest.raises(ProtocolViolationError, match="answered initialize with protocol version '1999-01-01'"):
        await opened(raw("odd-version"))


@pytest.mark.parametrize(("way", "version"), [("old", "2024-11-05"), ("modern", "2026-07-28")])
async def test_the_version_is_found_out(way: str, version: str) -> None:
    async with await opened(raw(way)) as connection:
        assert connection.agreement.version == version
        assert len(await connection.list_tools()) == 5


async def test_a_modern_server_that_asks_back() -> None:
    async def accept(params: dict[str, object]) -> dict[str, object]:
        return {"action": "accept", "content": params}

    transport = StdioTransport(raw("modern"))
    connection = McpConnection(transport, server="raw", handlers=Handlers(elicitation=accept))
    async with await connection.open(protocol="2026-07-28"):
        result = await connection.call_tool("delete")
        assert result["answers"] == {"sure": {"action": "accept", "content": {"message": "Really?"}}}
        assert result["state"] == "s1"


async def test_a_server_that_asks_its_client() -> None:
    async def roots(_: dict[str, object]) -> dict[str, object]:
        return {"roots": []}

    connection = McpConnection(StdioTransport(raw()), server="raw", handlers=Handlers(roots=roots))
    async with await connection.open():
        answer = await connection.call_tool("ask", {"method": "roots/list"})
        assert answer["answer"] == {"jsonrpc": "2.0", "id": "ask-1", "result": {"roots": []}}


@pytest.mark.parametrize(
    ("ways", "how"),
    [
        (("child",), Ending.EOF),
        (("ignore-eof", "child"), Ending.TERMINATED),
        (("ignore-eof", "ignore-term", "child"), Ending.KILLED),
    ],
)
async def test_whatever_it_ignores_nothing_is_left(ways: tuple[str, ...], how: Ending) -> None:
    connection = await opened(raw(*ways))
    pid = transport_of(connection).pid
    assert alive(pid)
    await connection.close()
    ended = transport_of(connection).ended
    assert ended is not None
    assert ended.how is how
    assert await gone(pid)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="what is left cannot be seen here")
async def test_what_left_its_group_is_ended_and_named() -> None:
    mark = uuid.uuid4().hex
    connection = await opened(replace(raw("detached"), env={MARK: mark}))
    assert len(left_running(mark)) == 2
    await connection.close()
    ended = transport_of(connection).ended
    assert ended is not None
    assert ended.how is Ending.EOF
    assert [command.endswith("raw.py detached") for command in ended.left] == [True]
    assert left_running(mark) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="what is left cannot be seen here")
async def test_what_left_its_group_is_killed_with_it_without_its_loop() -> None:
    mark = uuid.uuid4().hex
    connection = await opened(replace(raw("detached"), env={MARK: mark}))
    assert len(left_running(mark)) == 2
    connection.kill()
    assert left_running(mark) == []
    await connection.close()


async def test_a_message_without_an_end_is_shown_when_it_hangs() -> None:
    connection = await opened(raw("stop-ping"))
    with pytest.raises(ServerHungError) as caught:
        await connection.request("ping", timeout=0.5)
    assert """stdout line 2 has no end: '{"jsonrpc": "2.0", "id":'""" in str(caught.value.diagnosis)
    await connection.close()


async def test_a_cancelled_close_goes_on() -> None:
    connection = await opened(raw("ignore-eof", "ignore-term"))
    pid = transport_of(connection).pid
    closing = asyncio.create_task(connection.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await connection.close()
    assert await gone(pid)


async def test_a_server_can_be_killed_without_its_loop() -> None:
    connection = await opened(raw("ignore-eof", "ignore-term", "child"))
    pid = transport_of(connection).pid
    connection.kill()
    assert await gone(pid)
    await connection.close()


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (StdioServer("no-such-command-anywhere"), "the command 'no-such-command-anywhere' does not exist on its PATH"),
        (StdioServer("no-such-command", inherit=()), "does not exist, and it gets no PATH"),
        (StdioServer("python server.py"), "'python server.py' does not exist: it is started without a shell"),
        (StdioServer("/"), "'/' may not be executed"),
        (StdioServer(sys.executable, cwd=Path("/no/such/folder")), "its working folder /no/such/folder does not exist"),
        (StdioServer("a\0b"), "could not be started: embedded null byte"),
    ],
)
async def test_a_command_that_cannot_be_started(spec: StdioServer, says: str) -> None:
    with pytest.raises(ServerFailedError) as caught:
        await opened(spec)
    assert says in str(caught.value)
    assert caught.value.diagnosis.cause is Cause.NOT_STARTED


async def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    file = tmp_path / "server"
    file.write_bytes(b"\0\1\2")
    file.chmod(0o755)
    with pytest.raises(ServerFailedError, match="is no program: it needs a first line"):
        await opened(StdioServer(str(file)))


async def test_a_server_gets_six_variables_and_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/ca.pem")
    async with await opened(StdioServer(RAW[0], RAW[1:], {"OWN": "1"})) as connection:
        names = set((await connection.call_tool("environment"))["names"])
    assert "OWN" in names
    assert "NODE_EXTRA_CA_CERTS" not in names


async def test_certificates_that_did_not_arrive_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/ca.pem")
    script = "import sys; sys.exit('npm error code SELF_SIGNED_CERT_IN_CHAIN')"
    with pytest.raises(ServerFailedError) as caught:
        await opened(StdioServer(sys.executable, ("-c", script)))
    assert "exited with 1: npm error code SELF_SIGNED" in str(caught.value)
    assert "your CA variables (NODE_EXTRA_CA_CERTS" in str(caught.value)
