"""Each fault of the mock server, over each transport, as our own client reports it: what happened, not "timed out"."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from pytest_mcpquality.mcp.connecting import ConnectOptions, connected
from pytest_mcpquality.mcp.servers import Servers
from pytest_mcpquality.mcp.targets import find_target
from pytest_mcpquality.testing import MockMCPServer, faults
from pytest_mcpquality.testing.faults import Fault

pytestmark = pytest.mark.e2e

CALL = "tools/call"
SECONDS = 0.4
"""How long a call may take that is never answered: it is waited for that long."""

PATIENCE = 60.0
NEVER_ANSWERED = (
    faults.Delays,
    faults.Drips,
    faults.Garbage,
    faults.Hangs,
    faults.Malforms,
    faults.MissingId,
    faults.OutOfOrder,
    faults.Truncates,
    faults.WrongId,
)


@dataclass(frozen=True)
class Told:
    """What the client said: the error, if there was one, and what was odd besides."""

    text: str
    failed: bool


async def _use(target: object, seconds: float) -> Told:
    found = find_target(target, Servers())
    options = ConnectOptions(timeout=PATIENCE)
    try:
        async with connected(found.spec, "flaky", options) as client:
            try:
                await client.call_tool("add", {"a": 1, "b": 2}, timeout=seconds)
            except Exception as error:  # noqa: BLE001 - whatever it is, its text is looked at
                return Told(str(error), failed=True)
            # What came after the answer has been read, too, when another one is there.
            await client.list_tools()
            return Told("; ".join(client.oddities.notes()), failed=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text is looked at
        return Told(str(error), failed=True)


def diagnosed(fault: Fault, transport: str) -> Told:
    server = MockMCPServer("flaky", faults=[fault])

    @server.tool()
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    with server.stdio() if transport == "stdio" else server.http() as hosting:
        return asyncio.run(_use(hosting, SECONDS if isinstance(fault, NEVER_ANSWERED) else PATIENCE))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.CommandNotFound(), "could not be started: the command"),
        (faults.FailsToStart(code=3), "exited with 3: ModuleNotFoundError: No module named 'foo'"),
        (faults.Dies(method="initialize", code=3, stderr="bad licence\n"), "exited with 3: bad licence"),
        (faults.Dies(method=CALL, code=4, stderr="boom\n"), "exited with 4: boom"),
        (faults.Dies(method=CALL, mid_answer=True), "exited with 1; stdout line 2 is not JSON-RPC"),
        (faults.ClosesStream(method=CALL), "closed its stdout and went on running"),
        (faults.Hangs(method=CALL), "hung in tools/call for 0.4 s"),
        (faults.Delays(60, method=CALL), "hung in tools/call for 0.4 s"),
        (faults.Garbage(where="inside", method=CALL), "stdout line 2 is not JSON-RPC"),
        (faults.Truncates(method=CALL), "stdout line 2 is not JSON-RPC"),
        (faults.Malforms(method=CALL), "stdout line 2 is not JSON-RPC"),
        (faults.WrongId(7, method=CALL), "answered id 7, nobody asked"),
        (faults.MissingId(method=CALL), "answered without an id"),
        (faults.OutOfOrder(method=CALL), "hung in tools/call"),
        (faults.Oversize(70_000_000, method=CALL), "stdout line 2 is longer than"),
        (faults.AnotherProtocolVersion(), "protocol version '1999-12-31', which this client does not know"),
    ],
    ids=repr,
)
def test_over_stdio(fault: Fault, expected: str) -> None:
    told = diagnosed(fault, "stdio")

    assert told.failed
    assert expected in told.text


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.RefusesConnection(), "nobody listens at 127.0.0.1:"),
        (faults.Dies(method="initialize"), "Server disconnected"),
        (faults.Dies(method=CALL), "Server disconnected"),
        (faults.ClosesStream(method=CALL), "Server disconnected"),
        (faults.Hangs(method=CALL), "hung in tools/call for 0.4 s"),
        (faults.Drips(every=1, method=CALL), "hung in tools/call for 0.4 s"),
        (faults.Truncates(method=CALL), "an event of the stream is not JSON-RPC"),
        (faults.Malforms(method=CALL), "an event of the stream is not JSON-RPC"),
        (faults.WrongId(7, method=CALL), "answered id 7, nobody asked"),
        (faults.MissingId(method=CALL), "answered without an id"),
        (faults.AnotherProtocolVersion(), "protocol version '1999-12-31', which this client does not know"),
        (faults.Unauthorized(), "answered 401 Unauthorized: it needs authentication"),
        (faults.Forbidden(), "answered 403 Forbidden"),
        (faults.SessionNotFound(method=CALL), "it has forgotten the session"),
        (faults.TooManyRequests(7), "it wants to be asked again in 7 s"),
        (faults.InternalServerError(), "answered 500 Internal Server Error"),
        (faults.BadGateway(method=CALL), "answered 502 Bad Gateway"),
        (faults.ServiceUnavailable(), "answered 503 Service Unavailable"),
        (faults.Redirects("http://127.0.0.1:9/x"), "redirects to http://127.0.0.1:9/x"),
        (faults.WrongContentType(), "text/html in place of JSON or an event stream"),
        (faults.DropsStream(0, method=CALL), "ended the event stream without an answer"),
    ],
    ids=repr,
)
def test_over_http(fault: Fault, expected: str) -> None:
    told = diagnosed(fault, "http")

    assert told.failed
    assert expected in told.text


@pytest.mark.parametrize(
    ("fault", "transport", "expected"),
    [
        (faults.PrintsAtStart(), "stdio", "stdout line 1 is not JSON-RPC: 'Starting server...'"),
        (faults.Garbage(method=CALL), "stdio", "stdout line 2 is not JSON-RPC: 'DEBUG: handling request'"),
        (faults.UnknownId(7, method=CALL), "stdio", "answered id 7, nobody asked"),
        (faults.UnknownId(7, method=CALL), "http", "answered id 7, nobody asked"),
        (faults.DuplicateResponse(method=CALL), "stdio", "answered id 2 twice"),
        (faults.WritesStderr(), "stdio", ""),
    ],
    ids=repr,
)
def test_what_does_not_end_a_call_is_noted(fault: Fault, transport: str, expected: str) -> None:
    told = diagnosed(fault, transport)

    assert not told.failed
    assert told.text == expected
