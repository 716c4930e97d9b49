"""Every fault that makes sense over HTTP, as a client of the standard library sees it: status, headers, bytes."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from pytest_mcpquality.testing import FakeClock, faults
from pytest_mcpquality.testing.faults import Fault
from pytest_mcpquality.testing.hosting.http import HttpHosting
from tests.support.plain_server import PlainServer
from tests.support.raw_clients import INITIALIZE, PATIENCE, SHORT, RawHttp, add, events, request

pytestmark = pytest.mark.e2e


class Started:
    def __init__(self, stack: ExitStack, *given: Fault, clock: FakeClock | None = None, **options: object) -> None:
        self._stack = stack
        self.server = PlainServer(*given, clock=clock)
        self.hosting = stack.enter_context(HttpHosting(self.server, **options))  # type: ignore[arg-type]

    def client(self) -> RawHttp:
        return self._stack.enter_context(RawHttp(self.hosting.port))

    def ready(self) -> RawHttp:
        client = self.client()
        client.initialize()
        return client


Start = Callable[..., Started]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda *given, **options: Started(stack, *given, **options)


def test_without_faults_it_answers_like_any_server(start: Start) -> None:
    started = start()
    client = started.client()

    assert client.initialize()["result"]["protocolVersion"] == "2025-06-18"
    assert client.session
    (answer,) = client.messages(add(1, 2, 3))
    assert answer["result"]["structuredContent"] == {"sum": 5}
    assert started.server.applied == []


def test_json_instead_of_an_event_stream(start: Start) -> None:
    client = start(json_response=True).ready()
    response = client.ask(add(1))

    assert response.getheader("content-type") == "application/json"
    assert json.loads(response.read())["result"]["structuredContent"] == {"sum": 3}


def test_only_the_path_is_served_and_foreign_origins_are_refused(start: Start) -> None:
    started = start(path="/elsewhere")
    with RawHttp(started.hosting.port) as wrong:
        assert wrong.ask(INITIALIZE).status == 404
    with RawHttp(started.hosting.port, "/elsewhere") as client:
        assert client.ask(INITIALIZE, headers={"origin": "http://evil.example"}).status == 403


@pytest.mark.parametrize(
    ("fault", "status", "headers"),
    [
        (faults.Unauthorized(), 401, {"www-authenticate": 'Bearer error="invalid_token", '}),
        (faults.Forbidden(), 403, {}),
        (faults.TooManyRequests(retry_after=7), 429, {"retry-after": "7"}),
        (faults.TooManyRequests("Fri, 31 Dec 1999 23:59:59 GMT"), 429, {"retry-after": "Fri, 31 Dec"}),
        (faults.InternalServerError(), 500, {}),
        (faults.BadGateway(), 502, {"content-type": "text/html"}),
        (faults.ServiceUnavailable(), 503, {}),
        (faults.ServiceUnavailable(retry_after=3), 503, {"retry-after": "3"}),
        (faults.Redirects("/other"), 307, {"location": "/other"}),
        (faults.Redirects("http://127.0.0.1:9/mcp", 308), 308, {"location": "http://127.0.0.1:9/mcp"}),
        (faults.HttpStatus(418, (("x-pot", "tea"),), "short and stout"), 418, {"x-pot": "tea"}),
        (faults.HttpStatus(599, (("content-type", "x/y"),)), 599, {"content-type": "x/y"}),
    ],
    ids=repr,
)
def test_statuses(start: Start, fault: Fault, status: int, headers: dict[str, str]) -> None:
    started = start(fault)
    client = started.client()
    for verb, message in (("POST", INITIALIZE), ("GET", None), ("DELETE", None)):
        response = client.ask(message, verb=verb)
        assert response.status == status
        for name, value in headers.items():
            assert (response.getheader(name) or "").startswith(value)
        response.read()
    assert [each.served for each in started.server.applied] == [False] * 3


def test_conditions_on_the_method_the_tool_and_the_verb(start: Start) -> None:
    client = start(
        faults.InternalServerError(tool="add", times=1),
        faults.BadGateway(method="tools/list"),
        faults.Forbidden(verb="DELETE"),
    ).ready()

    assert [_status(client, message) for message in (add(1), add(2), request(3, "tools/list"))] == [500, 200, 502]
    assert client.ask(None, verb="DELETE").status == 403


def test_the_second_attempt_succeeds(start: Start) -> None:
    client = start(faults.ServiceUnavailable(times=2, method="tools/call")).ready()

    assert [_status(client, add(number)) for number in range(3)] == [503, 503, 200]


def test_session_not_found(start: Start) -> None:
    started = start(faults.SessionNotFound(after=1, times=1))
    client = started.ready()

    response = client.ask(add(1))
    assert response.status == 404
    assert json.loads(response.read())["error"]["message"] == "Session not found"
    client.session = None
    assert client.initialize()["id"] == 0
    assert client.messages(add(2))[0]["id"] == 2


def test_wrong_content_type(start: Start) -> None:
    response = start(faults.WrongContentType("text/html", tool="add")).ready().ask(add(1))

    assert response.getheader("content-type") == "text/html"
    assert events(response.read())[0]["id"] == 1


def test_refuses_connections_until_the_fault_is_gone(start: Start) -> None:
    started = start()
    client = started.ready()
    started.server.faults.add(faults.RefusesConnection())

    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.ask(add(1))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", started.hosting.port), timeout=PATIENCE)
    started.server.faults.clear()
    with started.client() as again:
        again.session = client.session
        assert again.messages(add(1))[0]["id"] == 1, "the session is still there"


def test_refuses_connections_from_the_start(start: Start) -> None:
    started = start(faults.RefusesConnection())
    with pytest.raises(ConnectionRefusedError):
        started.client().ask(INITIALIZE)


def test_dies_and_starts_again_at_the_same_url(start: Start) -> None:
    started = start(faults.Dies(tool="add", times=1))
    client = started.ready()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.ask(add(1))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", started.hosting.port), timeout=PATIENCE)
    url = started.hosting.url
    started.hosting.restart()

    assert started.hosting.url == url
    with started.client() as again:
        again.session = client.session
        assert again.ask(add(2)).status == 404, "a new process knows no old session"
    assert started.ready().messages(add(3))[0]["id"] == 3


def test_dies_in_the_middle_of_an_answer(start: Start) -> None:
    client = start(faults.Dies(tool="add", mid_answer=True)).ready()
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.body(add(1))

    assert b'data: {"jsonrpc"' in caught.value.partial
    assert not caught.value.partial.endswith(b"\n")


def test_closes_the_connection(start: Start) -> None:
    started = start(faults.ClosesStream(tool="add", times=1))
    client = started.ready()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.ask(add(1))
    assert client.messages(add(2))[0]["id"] == 2


def test_hangs(start: Start) -> None:
    started = start(faults.Hangs(tool="add"))
    client = started.ready()
    client._connection.sock.settimeout(SHORT)
    with pytest.raises(TimeoutError):
        client.ask(add(1))
    assert started.ready().messages(request(2, "ping"))[0]["id"] == 2


def test_delays_on_the_injected_clock(start: Start) -> None:
    clock = FakeClock()
    client = start(faults.Delays(60, tool="add"), clock=clock).ready()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(client.messages, add(1))
        clock.block_until(pending=1)
        assert not asking.done()
        clock.advance(60)
        assert asking.result(PATIENCE)[0]["id"] == 1


def test_drips(start: Start) -> None:
    client = start(faults.Drips(size=10, every=0.001, tool="add")).ready()
    response = client.ask(add(1))
    pieces = []
    while piece := response.read1():
        pieces.append(piece)

    assert len(pieces) > 5
    assert events(b"".join(pieces))[0]["id"] == 1


BROKEN = [
    (faults.Garbage("<!-- x -->", tool="add"), b"<!-- x -->"),
    (faults.Garbage("DEBUG", where="inside", tool="add"), b',DEBUG"'),
    (faults.Garbage("DEBUG", where="after", tool="add"), b"DEBUG"),
    (faults.Malforms("{,}", tool="add"), b"{,}"),
]


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(("fault", "expected"), BROKEN, ids=repr)
def test_broken_bodies(start: Start, fault: Fault, expected: bytes, as_json: bool) -> None:
    client = start(fault, json_response=as_json).ready()
    response = client.ask(add(1))

    assert response.status == 200
    body = response.read()
    assert expected in body
    if as_json:
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)


@pytest.mark.parametrize("as_json", [False, True])
def test_truncates(start: Start, as_json: bool) -> None:
    body = start(faults.Truncates(0.3, tool="add"), json_response=as_json).ready().body(add(1))

    data = body if as_json else body.partition(b"data: ")[2].rstrip()
    assert data.startswith(b'{"jsonrpc"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(data)


@pytest.mark.parametrize(
    ("fault", "ids"),
    [
        (faults.WrongId(7, tool="add"), [7]),
        (faults.MissingId(tool="add"), [None]),
        (faults.UnknownId(7, tool="add"), [7, 1]),
        (faults.DuplicateResponse(tool="add"), [1, 1]),
    ],
    ids=repr,
)
def test_ids(start: Start, fault: Fault, ids: list[int | None]) -> None:
    assert [message.get("id") for message in start(fault).ready().messages(add(1))] == ids


def test_contents(start: Start) -> None:
    client = start(
        faults.Oversize(50_000, tool="add"),
        faults.BreaksOutputSchema(content=[1], tool="add"),
        faults.ChangesDefinitions(after=1),
        faults.AnotherProtocolVersion("2024-11-05"),
        faults.ClaimsCapabilities({"prompts": {}}),
    ).client()

    opened = client.initialize()["result"]
    assert opened["protocolVersion"] == "2024-11-05"
    assert opened["capabilities"]["prompts"] == {}
    assert client.messages(request(1, "prompts/list"))[0]["error"]["code"] == -32601
    (answer,) = client.messages(add(2))
    assert len(answer["result"]["content"][-1]["text"]) == 50_000
    assert answer["result"]["structuredContent"] == [1]
    lists = [client.messages(request(3, "tools/list"))[0]["result"]["tools"][0]["description"] for _ in range(2)]
    assert lists[0] == "Adds." != lists[1]


def test_a_dropped_stream_can_be_resumed(start: Start) -> None:
    started = start(faults.DropsStream(tool="add", times=1))
    client = _newest(started)
    response = client.ask(add(1))
    with pytest.raises(http.client.IncompleteRead) as caught:
        response.read()
    (last,) = [line for line in caught.value.partial.decode().splitlines() if line.startswith("id: ")]
    client._connection.close()

    resumed = client.ask(None, verb="GET", headers={"last-event-id": last.removeprefix("id: ")})
    assert resumed.status == 200
    received = b""
    while b"sum" not in received:
        received += resumed.read1()
    assert events(received)[0]["id"] == 1


def test_a_dropped_stream_that_cannot_be_resumed(start: Start) -> None:
    started = start(faults.DropsStream(0, tool="add"), faults.RefusesResume())
    client = _newest(started)
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.body(add(1))
    assert caught.value.partial == b""
    client._connection.close()

    assert client.ask(None, verb="GET", headers={"last-event-id": "1"}).status == 404


def test_the_record_names_the_session(start: Start) -> None:
    started = start(faults.InternalServerError(tool="add"))
    for _ in range(2):
        started.ready().body(add(1))
    started.client().body(add(1))

    assert [each.session for each in started.server.applied] == ["http-1-1", "http-1-2", "http-1-stateless"]


def test_faults_of_a_process_make_no_sense(start: Start) -> None:
    with pytest.raises(faults.FaultDoesNotApplyError, match=r"FailsToStart makes no sense over http.*stdio\(\)"):
        start(faults.FailsToStart())
    started = start(faults.FailsToStart(transport="stdio"))
    with pytest.raises(faults.FaultDoesNotApplyError, match="OutOfOrder"):
        started.server.faults.add(faults.OutOfOrder())


def _status(client: RawHttp, message: dict[str, object]) -> int:
    response = client.ask(message)
    response.read()
    return response.status


def _newest(started: Started) -> RawHttp:
    """A session of protocol 2025-11-25, whose streams begin with an event to resume from."""
    client = started.client()
    params = {**INITIALIZE["params"], "protocolVersion": "2025-11-25"}  # type: ignore[dict-item]
    response = client.ask({**INITIALIZE, "params": params})
    client.session = response.getheader("mcp-session-id")
    response.read()
    client.version = "2025-11-25"
    return client
