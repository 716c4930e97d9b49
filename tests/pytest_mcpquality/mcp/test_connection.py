"""The connection over a transport in the test's hands, on a clock that stands still until it is told to move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
import pytest_asyncio

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis, Odd, Oddity
from pytest_mcpquality.mcp.errors import ProtocolViolationError, ServerError, ServerFailedError, ServerHungError
from pytest_mcpquality.mcp.handlers import Handlers
from pytest_mcpquality.resilience.errors import CallTimeoutError, ConnectionFailedError
from pytest_mcpquality.testing import FakeClock
from tests.support.mcp import FakeTransport

pytestmark = pytest.mark.asyncio


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport()


@pytest_asyncio.fixture
async def connection(transport: FakeTransport, clock: FakeClock) -> AsyncIterator[McpConnection]:
    connection = McpConnection(transport, server="srv", clock=clock)
    async with await connection.open():
        yield connection


async def begin(call: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Start a call, up to where it waits."""
    task = asyncio.create_task(call)
    await asyncio.sleep(0)
    return task


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


# Opening and closing


async def test_it_opens_with_the_handshake(connection: McpConnection, transport: FakeTransport) -> None:
    assert transport.methods() == ["initialize", "notifications/initialized"]
    assert transport.version == "2025-11-25"
    assert connection.agreement.server_info["name"] == "fake"
    assert not connection.modern
    assert repr(connection) == "<McpConnection to 'srv' open 2025-11-25, 0 waiting>"


async def test_closing_ends_the_transport_once_and_fails_who_waits(
    connection: McpConnection, transport: FakeTransport
) -> None:
    call = await begin(connection.call_tool("x"))
    await asyncio.gather(connection.close(), connection.close())
    await connection.close()
    assert transport.closed == [False]
    assert connection.closed
    assert connection.ended
    with pytest.raises(ServerFailedError, match="was closed by its client"):
        await call
    with pytest.raises(ConnectionFailedError, match="the connection to 'srv' failed: was closed by its client"):
        await connection.ping()
    assert "closed" in repr(connection)


async def test_it_can_be_closed_by_another_task_than_the_one_that_opened_it(
    connection: McpConnection, transport: FakeTransport
) -> None:
    await asyncio.create_task(connection.close())
    assert transport.closed == [False]


async def test_a_server_that_does_not_start_says_why(clock: FakeClock) -> None:
    transport = FakeTransport(start=Diagnosis(Cause.NOT_STARTED, "could not be started: no"))
    connection = McpConnection(transport, server="srv", clock=clock)
    with pytest.raises(ServerFailedError, match="could not be started: no") as caught:
        await connection.open()
    assert caught.value.diagnosis.cause is Cause.NOT_STARTED
    assert connection.failure == caught.value.diagnosis
    assert transport.closed
    assert "failed (could not be started: no)" in repr(connection)


async def test_a_server_that_hangs_in_initialize_is_ended_in_a_hurry(clock: FakeClock) -> None:
    transport = FakeTransport(initialize={})
    transport.words = ("waiting for a lock",)
    connection = McpConnection(transport, server="srv", clock=clock)
    opening = await begin(connection.open(timeout=2.0))
    await settle()
    transport.inbox.odd(Oddity(Odd.NOT_JSON_RPC, "stdout line 1 is not JSON-RPC: 'hi'"))
    await clock.elapse(1.9)
    assert not opening.done()
    await clock.elapse(0.2)
    with pytest.raises(ServerFailedError) as caught:
        await opening
    assert caught.value.diagnosis.cause is Cause.HUNG
    assert str(caught.value.diagnosis) == (
        "hung in initialize for 2.0 s; stdout line 1 is not JSON-RPC: 'hi'; stderr ends: waiting for a lock"
    )
    assert transport.closed == [True]


async def test_a_cancelled_opening_leaves_nothing(clock: FakeClock) -> None:
    transport = FakeTransport(initialize={})
    opening = await begin(McpConnection(transport, server="srv", clock=clock).open())
    await settle()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert transport.closed == [True]


async def test_an_unknown_version_is_refused_before_anything_is_started(clock: FakeClock) -> None:
    transport = FakeTransport()
    connection = McpConnection(transport, server="srv", clock=clock)
    with pytest.raises(UsageError):
        await connection.open(protocol="1")
    await connection.close()
    assert transport.closed == []
    with pytest.raises(ServerFailedError, match="has not been opened"):
        await connection.ping()
    with pytest.raises(ServerFailedError, match="has not been opened"):
        str(connection.agreement)


# Asking


async def test_answers_go_to_who_asked_in_any_order(connection: McpConnection, transport: FakeTransport) -> None:
    first, second = await begin(connection.request("a")), await begin(connection.request("b"))
    transport.answer({"n": 2})
    transport.answer({"n": 1}, transport.last_id() - 1)
    assert (await first, await second) == ({"n": 1}, {"n": 2})
    assert connection.oddities.first == []


async def test_a_call_ends_at_its_deadline_and_is_cancelled(
    connection: McpConnection, transport: FakeTransport, clock: FakeClock
) -> None:
    call = await begin(connection.call_tool("slow", timeout=2.0))
    number = transport.last_id()
    await clock.elapse(2.0)
    with pytest.raises(CallTimeoutError) as caught:
        await call
    assert str(caught.value) == "'srv' hung in tools/call for 2.0 s"
    assert caught.value.server == "srv"
    assert transport.given_up == [number]
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}}
    assert transport.sent[-1] == cancelled
    transport.answer({}, number)
    assert connection.oddities.notes() == (f"answered id {number} after it was given up",)
    transport.answer({}, 700)
    again = await begin(connection.ping(timeout=1.0))
    await clock.elapse(1.0)
    with pytest.raises(ServerHungError, match=r"hung in ping for 1.0 s; .*; answered id 700, nobody asked"):
        await again


async def test_a_cancelled_call_is_cancelled_at_the_server(connection: McpConnection, transport: FakeTransport) -> None:
    call = await begin(connection.call_tool("slow"))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert transport.methods()[-1] == "notifications/cancelled"
    assert "0 waiting" in repr(connection)


async def test_an_error_is_raised_with_all_that_it_says(connection: McpConnection, transport: FakeTransport) -> None:
    call = await begin(connection.call_tool("x"))
    error = {"code": -32602, "message": "no\nsuch\x1b[31m tool", "data": [1]}
    transport.inbox.received({"jsonrpc": "2.0", "id": transport.last_id(), "error": error})
    with pytest.raises(ServerError) as caught:
        await call
    assert (caught.value.code, caught.value.data, caught.value.method) == (-32602, [1], "tools/call")
    assert str(caught.value) == "'srv' answered tools/call with error -32602: no such tool"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"result": [1]}, "the result of tools/call is no object"),
        ({"result": None}, "the result of tools/call is no object"),
        ({"error": "boom"}, "an error that lacks a code"),
        ({"error": {"code": "x", "message": "y"}}, "an error that lacks a code"),
        ({"error": {"code": 1}}, "an error that lacks a code"),
    ],
)
async def test_an_answer_that_is_none_is_a_violation(
    connection: McpConnection, transport: FakeTransport, answer: dict[str, Any], says: str
) -> None:
    call = await begin(connection.call_tool("x"))
    transport.inbox.received({"jsonrpc": "2.0", "id": transport.last_id()} | answer)
    with pytest.raises(ProtocolViolationError, match=f"'srv' broke the protocol: .*{says}"):
        await call


async def test_when_the_server_is_lost_everybody_is_told_why(
    connection: McpConnection, transport: FakeTransport
) -> None:
    told: list[str] = []
    connection.on_lost = lambda: told.append("lost")
    call = await begin(connection.call_tool("x"))
    transport.inbox.odd(Oddity(Odd.NOT_JSON_RPC, "stdout line 2 is not JSON-RPC: 'x'"))
    transport.inbox.lost(Diagnosis(Cause.EXITED, "exited with 3: KeyError", exit_code=3))
    transport.inbox.lost(Diagnosis(Cause.CLOSED, "closed"))
    with pytest.raises(ServerFailedError, match="exited with 3: KeyError; stdout line 2 is not JSON-RPC"):
        await call
    with pytest.raises(ServerFailedError, match="exited with 3"):
        await connection.ping()
    await connection.wait_closed()
    await settle()
    assert told == ["lost"]
    assert transport.closed == [True]


async def test_one_request_may_fail_alone(connection: McpConnection, transport: FakeTransport) -> None:
    call = await begin(connection.call_tool("x"))
    transport.inbox.failed(transport.last_id(), Diagnosis(Cause.HTTP_STATUS, "answered 500", status=500))
    transport.inbox.failed(700, Diagnosis(Cause.HTTP_STATUS, "answered 500", status=500))
    with pytest.raises(ServerFailedError, match="answered 500"):
        await call
    assert not connection.closed


async def test_an_error_without_an_id_is_shown(connection: McpConnection, transport: FakeTransport) -> None:
    error = {"code": -32700, "message": "Parse error"}
    transport.inbox.received({"jsonrpc": "2.0", "id": None, "error": error})
    assert connection.oddities.notes() == ("answered without an id: error -32700: Parse error",)


# Lists


async def pages(connection: McpConnection, transport: FakeTransport, *results: dict[str, Any]) -> list[Any]:
    call = await begin(connection.list_tools())
    for result in results:
        transport.answer(result)
        await settle()
    return list(await call)


async def test_a_list_has_all_pages(connection: McpConnection, transport: FakeTransport) -> None:
    one, two = {"name": "a"}, {"name": "b"}
    found = await pages(connection, transport, {"tools": [one], "nextCursor": "2"}, {"tools": [two]})
    assert found == [one, two]
    assert [message.get("params") for message in transport.sent[-2:]] == [{}, {"cursor": "2"}]


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ([{}], "without a list of objects 'tools'"),
        ([{"tools": [1]}], "without a list of objects 'tools'"),
        ([{"tools": [], "nextCursor": 1}], "a nextCursor that is no string"),
        ([{"tools": [], "nextCursor": "a"}] * 2, "go in circles: the cursor 'a' came twice"),
        ([{"tools": [], "nextCursor": str(number)} for number in range(1000)], "more than 1000 pages"),
    ],
)
async def test_a_list_that_is_none_is_a_violation(
    connection: McpConnection, transport: FakeTransport, results: list[dict[str, Any]], says: str
) -> None:
    with pytest.raises(ProtocolViolationError, match=says):
        await pages(connection, transport, *results)


@pytest.mark.parametrize(
    ("name", "arguments", "method", "result"),
    [
        ("list_resources", (), "resources/list", {"resources": []}),
        ("list_resource_templates", (), "resources/templates/list", {"resourceTemplates": []}),
        ("list_prompts", (), "prompts/list", {"prompts": []}),
        ("read_resource", ("a://b",), "resources/read", {"contents": []}),
        ("get_prompt", ("p", {"a": "b"}), "prompts/get", {"messages": []}),
        ("complete", ({"type": "ref/prompt"}, "a", "v"), "completion/complete", {"completion": {}}),
        ("ping", (), "ping", {}),
    ],
)
async def test_each_method_of_the_protocol(
    connection: McpConnection,
    transport: FakeTransport,
    name: str,
    arguments: tuple[Any, ...],
    method: str,
    result: dict[str, Any],
) -> None:
    call = await begin(getattr(connection, name)(*arguments))
    assert transport.methods()[-1] == method
    transport.answer(result)
    assert await call in (result, [], None)


# What the server says and asks


async def test_notifications_are_kept_and_told(connection: McpConnection, transport: FakeTransport) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    connection.on_notification = lambda method, params: told.append((method, params))
    transport.inbox.received({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "x"}})
    await settle()
    assert told == list(connection.notifications) == [("notifications/message", {"data": "x"})]
    await connection.notify("notifications/roots/list_changed")
    assert transport.methods()[-1] == "notifications/roots/list_changed"


async def test_progress_goes_to_who_asked_for_it(connection: McpConnection, transport: FakeTransport) -> None:
    steps: list[Any] = []
    call = await begin(connection.call_tool("x", on_progress=lambda params: steps.append(params["progress"])))
    token = transport.sent[-1]["params"]["_meta"]["progressToken"]
    for number in (token, 700, "x"):
        params = {"progressToken": number, "progress": 1}
        transport.inbox.received({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
    transport.answer({})
    await call
    assert steps == [1]
    silent = await begin(connection.call_tool("y"))
    params = {"progressToken": transport.last_id(), "progress": 1}
    transport.inbox.received({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
    assert connection.oddities.notes() == ("reported progress of tools/call, nobody asked",)
    transport.answer({})
    await silent


async def ask(transport: FakeTransport, method: str, request_id: object = "q") -> None:
    transport.inbox.received({"jsonrpc": "2.0", "id": request_id, "method": method, "params": {"a": 1}})
    await settle()


async def test_what_it_does_not_answer_it_refuses(connection: McpConnection, transport: FakeTransport) -> None:
    assert not connection.closed
    await ask(transport, "ping")
    assert transport.sent[-1] == {"jsonrpc": "2.0", "id": "q", "result": {}}
    await ask(transport, "sampling/createMessage")
    assert transport.sent[-1]["error"]["code"] == -32601
    assert transport.sent[0]["params"]["capabilities"] == {}


async def test_handlers_answer_and_are_declared(transport: FakeTransport, clock: FakeClock) -> None:
    async def answer(params: dict[str, Any]) -> dict[str, Any]:
        return {"asked": params}

    async def fail(_: dict[str, Any]) -> dict[str, Any]:
        raise KeyError("x")

    async def hang(_: dict[str, Any]) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    handlers = Handlers(sampling=answer, elicitation=fail, roots=hang)
    connection = McpConnection(transport, server="srv", clock=clock, handlers=handlers)
    async with await connection.open():
        assert set(transport.sent[0]["params"]["capabilities"]) == {"sampling", "elicitation", "roots"}
        await ask(transport, "sampling/createMessage")
        assert transport.sent[-1]["result"] == {"asked": {"a": 1}}
        await ask(transport, "elicitation/create")
        assert transport.sent[-1]["error"] == {"code": -32603, "message": "'x'"}
        before = len(transport.sent)
        await ask(transport, "roots/list")
        for cancelled in ("q", "nobody"):
            params = {"requestId": cancelled}
            transport.inbox.received({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
        await ask(transport, "roots/list", "left running")
        assert len(transport.sent) == before
    assert transport.closed == [False]


# The modern era


@pytest_asyncio.fixture
async def modern(clock: FakeClock) -> AsyncIterator[tuple[McpConnection, FakeTransport]]:
    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        return {"action": "accept", "content": params}

    async def hang(_: dict[str, Any]) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    transport = FakeTransport()
    handlers = Handlers(elicitation=elicit, sampling=hang)
    connection = McpConnection(transport, server="srv", clock=clock, handlers=handlers)
    opening = await begin(connection.open(protocol="2026-07-28"))
    await settle()
    transport.answer({"supportedVersions": ["2026-07-28"], "capabilities": {}})
    async with await opening:
        yield connection, transport


async def test_a_modern_request_carries_its_envelope(modern: tuple[McpConnection, FakeTransport]) -> None:
    connection, transport = modern
    assert connection.modern
    assert transport.version == "2026-07-28"
    call = await begin(connection.ping())
    assert transport.methods() == ["server/discover", "server/discover"]
    meta = transport.sent[-1]["params"]["_meta"]
    assert meta["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"
    assert meta["io.modelcontextprotocol/clientInfo"]["name"] == "pytest-mcpquality"
    assert set(meta["io.modelcontextprotocol/clientCapabilities"]) == {"elicitation", "sampling"}
    transport.answer({"resultType": "complete"})
    await call


def wanted(method: str) -> dict[str, Any]:
    return {"resultType": "input_required", "inputRequests": {"k": {"method": method, "params": {"m": 1}}}}


async def test_a_modern_server_gets_the_input_that_it_wants(modern: tuple[McpConnection, FakeTransport]) -> None:
    connection, transport = modern
    call = await begin(connection.call_tool("x"))
    transport.answer(wanted("elicitation/create") | {"requestState": "s"})
    await settle()
    params = transport.sent[-1]["params"]
    assert params["inputResponses"] == {"k": {"action": "accept", "content": {"m": 1}}}
    assert (params["requestState"], params["name"]) == ("s", "x")
    transport.answer({"resultType": "input_required", "requestState": "t"})
    await settle()
    params = transport.sent[-1]["params"]
    assert params["requestState"] == "t"
    assert "inputResponses" not in params
    transport.answer({"content": []})
    assert await call == {"content": []}


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({"resultType": "input_required", "inputRequests": [1]}, "inputRequests that are no object"),
        (wanted("roots/list"), "asked for roots/list in tools/call, which this client never offered"),
        ({"resultType": "input_required", "inputRequests": {"k": 1}}, "which this client never offered"),
    ],
)
async def test_input_that_cannot_be_given_is_a_violation(
    modern: tuple[McpConnection, FakeTransport], result: dict[str, Any], says: str
) -> None:
    connection, transport = modern
    call = await begin(connection.call_tool("x"))
    transport.answer(result)
    with pytest.raises(ProtocolViolationError, match=says):
        await call


async def test_a_server_that_never_has_enough_is_given_up(modern: tuple[McpConnection, FakeTransport]) -> None:
    connection, transport = modern
    call = await begin(connection.call_tool("x"))
    for _ in range(11):
        transport.answer(wanted("elicitation/create"))
        await settle()
    with pytest.raises(ProtocolViolationError, match="asked for input 10 times in one tools/call"):
        await call


async def test_our_own_handler_has_a_deadline_too(
    modern: tuple[McpConnection, FakeTransport], clock: FakeClock
) -> None:
    connection, transport = modern
    call = await begin(connection.call_tool("x", timeout=3.0))
    await clock.elapse(1.0)
    transport.answer(wanted("sampling/createMessage"))
    await settle()
    await clock.elapse(2.0)
    with pytest.raises(ServerHungError, match=r"hung in tools/call .our own handler. for 3.0 s"):
        await call
