"""Both HTTP transports against a socket that answers what a test tells it to, down to the byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from pytest_mcpquality.mcp.connecting import ConnectOptions, connect, connected
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.diagnosis import Cause
from pytest_mcpquality.mcp.errors import ServerFailedError, ServerHungError
from pytest_mcpquality.mcp.http import HttpTransport, encode_header
from pytest_mcpquality.mcp.specs import HttpKind, HttpServer
from tests.support.mcp import INITIALIZED

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

OK = "200 OK"
JSON = {"content-type": "application/json"}
SSE = {"content-type": "text/event-stream"}


class Request:
    """What came in."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode().split("\r\n")
        self.method, self.path, _ = first.split(" ")
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        self.message: dict[str, Any] = json.loads(body) if body else {}

    @property
    def asked(self) -> str:
        """HTTP's method, and MCP's."""
        return f"{self.method} {self.message.get('method', '')}".strip()


class Server:
    """Answers each request by the first rule for what was asked; `answers` maps that to an answer or a function."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: dict[str, bytes | Callable[[Request], bytes | None]] = {
            "POST initialize": lambda request: result(request, INITIALIZED, {"mcp-session-id": "s1"}),
            "POST notifications/initialized": response("202 Accepted"),
            "POST notifications/cancelled": response("202 Accepted"),
            "POST ping": lambda request: result(request, {}),
            "GET": response("405 Method Not Allowed"),
            "DELETE": response(OK),
        }
        self.url = ""
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while head := (await reader.readuntil(b"\r\n\r\n"))[:-4]:
                length = next(
                    (line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), b":0"
                )
                request = Request(head, await reader.readexactly(int(length.partition(b":")[2])))
                self.requests.append(request)
                answer = self.answers.get(request.asked, response("500 Internal Server Error"))
                data = answer(request) if callable(answer) else answer
                if data is None:
                    continue  # never
                writer.write(data)
                await writer.drain()
                if b"content-length" not in data:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def close(self) -> None:
        for writer in self._writers:
            writer.close()

    def asked(self) -> list[str]:
        return [request.asked for request in self.requests]


def response(status: str, headers: dict[str, str] | None = None, body: bytes = b"", *, closed: bool = False) -> bytes:
    """An answer; `closed` ends it with the connection."""
    length = {} if closed else {"content-length": str(len(body))}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in ((headers or {}) | length).items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer_to(request: Request, value: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request.message["id"], "result": value}).encode()


def result(request: Request, value: object, headers: dict[str, str] | None = None) -> bytes:
    return response(OK, JSON | (headers or {}), answer_to(request, value))


def event(data: bytes, **fields: str) -> bytes:
    return b"".join(f"{name}: {value}\n".encode() for name, value in fields.items()) + b"data: " + data + b"\n\n"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listening = await server.start()
    yield server
    server.close()
    listening.close()


@pytest_asyncio.fixture
async def connection(server: Server) -> AsyncIterator[McpConnection]:
    options = ConnectOptions(call_timeout=10.0)
    async with connected(HttpServer(server.url, {"authorization": "Bearer x"}), "srv", options) as connection:
        yield connection


async def settled(check: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(10):
        while not check():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)


async def test_a_session_from_its_beginning_to_its_end(server: Server, connection: McpConnection) -> None:
    await connection.ping()
    await settled(lambda: "GET" in server.asked())
    await connection.close()
    assert server.asked()[:2] == ["POST initialize", "POST notifications/initialized"]
    assert server.asked()[-1] == "DELETE"
    first, *later = server.requests
    assert "mcp-protocol-version" not in first.headers
    for request in later:
        assert request.headers["mcp-session-id"] == "s1"
        assert request.headers["mcp-protocol-version"] == "2025-11-25"
        assert request.headers["authorization"] == "Bearer x"
    assert first.headers["accept"] == "application/json, text/event-stream"
    assert connection.oddities.first == []


async def test_an_answer_in_an_event_stream(server: Server, connection: McpConnection) -> None:
    def stream(request: Request) -> bytes:
        note = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "x"}}).encode()
        events = event(b"", id="1") + event(note) + b"data: junk\n\n" + event(answer_to(request, {"a": "ä"}))
        return response(OK, SSE, events, closed=True)

    server.answers["POST tools/call"] = stream
    assert await connection.call_tool("x") == {"a": "ä"}
    assert connection.notifications[0] == ("notifications/message", {"data": "x"})
    assert connection.oddities.notes() == ("an event of the stream is not JSON-RPC: 'junk'",)


async def test_a_stream_that_breaks_off_is_taken_up_again(server: Server, connection: McpConnection) -> None:
    numbers: list[Request] = []

    def begin(request: Request) -> bytes:
        numbers.append(request)
        return response(OK, SSE, event(b"", id="e1", retry="1"), closed=True)

    def go_on(request: Request) -> bytes:
        if request.headers.get("last-event-id") != "e1":
            return response("405 Method Not Allowed")
        return response(OK, SSE, event(answer_to(numbers[0], {"n": 1})), closed=True)

    server.answers |= {"POST tools/call": begin, "GET": go_on}
    assert await connection.call_tool("x") == {"n": 1}


@pytest.mark.parametrize(
    ("get", "says"),
    [
        (response("404 Not Found"), "ended the event stream without an answer (taking it up again: answered 404)"),
        (response(OK, SSE, b"", closed=True), "ended the event stream without an answer"),
    ],
)
async def test_a_stream_that_cannot_be_taken_up_again(
    server: Server, connection: McpConnection, get: bytes, says: str
) -> None:
    server.answers |= {"POST tools/call": response(OK, SSE, event(b"", id="e1", retry="1"), closed=True), "GET": get}
    with pytest.raises(ServerFailedError) as caught:
        await connection.call_tool("x")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "cause", "says"),
    [
        (response("401 Unauthorized", {"www-authenticate": "Bearer"}), Cause.AUTHENTICATION,
         "answered 401 Unauthorized: it needs authentication (Bearer)"),
        (response("403 Forbidden"), Cause.AUTHENTICATION, "answered 403 Forbidden: it does not let this client in"),
        (response("404 Not Found"), Cause.HTTP_STATUS, "answered 404 Not Found: it has forgotten the session"),
        (response("429 Too Many Requests", {"retry-after": "3"}), Cause.HTTP_STATUS,
         "answered 429 Too Many Requests: it wants to be asked again in 3 s"),
        (response("503 Service Unavailable", {}, b"<html>"), Cause.HTTP_STATUS, "answered 503 Service Unavailable"),
        (response("500 Internal Server Error", {}, b"oops"), Cause.HTTP_STATUS, "Internal Server Error: 'oops'"),
        (response("302 Found", {"location": "http://other/"}), Cause.REDIRECT,
         "answered 302 Found: redirects to http://other/: use that URL"),
        (response("307 Temporary Redirect", {"location": "http://other/"}), Cause.REDIRECT, "redirects to http://other"),
        (response("307 Temporary Redirect", {"location": "/mcp"}), Cause.REDIRECT, "redirects more than 3 times"),
        (response("200 OK", {"content-type": "text/html"}, b"<html>"), Cause.CONTENT_TYPE,
         "answered with text/html in place of JSON or an event stream: '<html>'"),
        (response("200 OK", JSON, b'{"jsonr'), Cause.VIOLATION, "the answer is not JSON-RPC: '{\"jsonr'"),
        (response("202 Accepted"), Cause.VIOLATION, "answered 202 with nothing to tools/call"),
        (response("200 OK", SSE, b"", closed=True), Cause.CLOSED, "ended the event stream without an answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{", Cause.CLOSED,
         "broke off its answer"),
        (b"", Cause.CLOSED, "broke off its answer"),
        (b"SSH-2.0-OpenSSH\r\n", Cause.CLOSED, "broke off its answer"),
    ],
)  # fmt: skip
async def test_what_an_answer_means(
    server: Server, connection: McpConnection, answer: bytes, cause: Cause, says: str
) -> None:
    def close_after(_: Request) -> bytes:
        if b"content-length: 99" in answer or not answer or answer.startswith(b"SSH"):
            asyncio.get_running_loop().call_later(0.05, server.close)
        return answer

    server.answers["POST tools/call"] = close_after
    with pytest.raises(ServerFailedError) as caught:
        await connection.call_tool("x")
    assert says in str(caught.value)
    assert caught.value.diagnosis.cause is cause


async def test_when_to_ask_again_is_a_number(server: Server, connection: McpConnection) -> None:
    server.answers["POST tools/call"] = response("503 Service Unavailable", {"retry-after": "7"})
    with pytest.raises(ServerFailedError) as caught:
        await connection.call_tool("x")
    assert (caught.value.diagnosis.status, caught.value.diagnosis.retry_after) == (503, 7.0)


async def test_an_error_in_the_body_of_an_error_is_the_answer(server: Server, connection: McpConnection) -> None:
    def refuse(request: Request) -> bytes:
        error = {"code": -32601, "message": "Method not found"}
        body = json.dumps({"jsonrpc": "2.0", "id": request.message["id"], "error": error}).encode()
        return response("404 Not Found", JSON, body)

    server.answers["POST foo"] = refuse
    with pytest.raises(Exception, match="answered foo with error -32601: Method not found"):
        await connection.request("foo")
    body = b'{"jsonrpc": "2.0", "id": "server-error", "error": {"code": -32600, "message": "Session expired"}}'
    server.answers["POST bar"] = response("404 Not Found", JSON, body)
    with pytest.raises(ServerFailedError, match="forgotten the session: error -32600: Session expired"):
        await connection.request("bar")


async def test_a_redirect_within_the_server_is_followed(server: Server, connection: McpConnection) -> None:
    def there(request: Request) -> bytes:
        if request.path == "/mcp":
            return response("307 Temporary Redirect", {"location": "/mcp/"})
        return result(request, {"path": request.path})

    server.answers["POST tools/call"] = there
    assert await connection.call_tool("x") == {"path": "/mcp/"}


async def test_a_refused_notification_is_odd(server: Server) -> None:
    server.answers["POST notifications/initialized"] = response("400 Bad Request", {}, b"no")
    async with connected(HttpServer(server.url), "srv") as connection:
        await connection.ping()
        assert connection.oddities.notes() == ("answered 400 Bad Request: 'no' (to notifications/initialized)",)


async def test_a_call_without_an_answer_is_given_up_and_cancelled(server: Server, connection: McpConnection) -> None:
    server.answers["POST tools/call"] = lambda _: None
    with pytest.raises(ServerHungError, match=r"hung in tools/call for 0.2 s"):
        await connection.call_tool("x", timeout=0.2)
    await settled(lambda: "POST notifications/cancelled" in server.asked())


async def test_what_the_server_says_outside_of_requests(server: Server) -> None:
    note = json.dumps({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}).encode()
    server.answers["GET"] = response(OK, SSE, event(note, id="1", retry="1"), closed=True)
    async with connected(HttpServer(server.url), "srv") as connection:
        await settled(lambda: len(connection.notifications) >= 2)
    assert any(request.headers.get("last-event-id") == "1" for request in server.requests)


async def test_a_modern_server_has_no_sessions(server: Server) -> None:
    answer = {"supportedVersions": ["2026-07-28"], "capabilities": {}, "resultType": "complete"}
    server.answers = {
        "POST initialize": response("400 Bad Request"),
        "POST server/discover": lambda request: result(request, answer),
        "POST tools/call": lambda request: result(request, {"resultType": "complete"}),
    }
    async with connected(HttpServer(server.url), "srv") as connection:
        assert connection.modern
        await connection.call_tool("grüß")
    assert server.asked() == ["POST initialize", "POST server/discover", "POST tools/call"]
    headers = server.requests[-1].headers
    assert headers["mcp-protocol-version"] == "2026-07-28"
    assert headers["mcp-method"] == "tools/call"
    assert headers["mcp-name"] == "=?base64?Z3LDvMOf?="
    assert "mcp-session-id" not in headers


@pytest.mark.parametrize("value", ["plain", "with space", "a/b:c"])
async def test_a_header_holds_plain_text_as_it_is(value: str) -> None:
    assert encode_header(value) == value
    assert encode_header(f" {value}").startswith("=?base64?")
    assert encode_header(f"=?base64?{value}?=").startswith("=?base64?PT9")


@pytest.mark.parametrize(
    ("url", "says", "cause"),
    [
        ("http://127.0.0.1:1/mcp", "cannot be reached: nobody listens at 127.0.0.1:1", Cause.UNREACHABLE),
        ("http://nowhere.invalid/mcp", "the name nowhere.invalid cannot be resolved", Cause.UNREACHABLE),
        ("http://[::1]:1/mcp", "cannot be reached", Cause.UNREACHABLE),
    ],
)
async def test_nobody_is_there(url: str, says: str, cause: Cause, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ServerFailedError) as caught:
        await connect(HttpServer(url), "srv")
    assert says in str(caught.value)
    assert caught.value.diagnosis.cause is cause


async def test_plain_http_is_no_tls() -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response("400 Bad Request"))
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(ServerFailedError, match=r"does not speak TLS at 127.0.0.1") as caught:
            await connect(HttpServer(f"https://127.0.0.1:{port}/mcp"), "srv")
    assert caught.value.diagnosis.cause is Cause.TLS


# The transport of 2024-11-05


class OldServer(Server):
    """Answers on the stream of GET; `say` writes to it."""

    def __init__(self) -> None:
        super().__init__()
        self.endpoint = "/messages"
        self.answers = {
            "POST initialize": self.accept(INITIALIZED),
            "POST notifications/initialized": response("202 Accepted"),
            "POST ping": self.accept({}),
            "POST die": self.end,
        }

    def accept(self, value: object) -> Callable[[Request], bytes]:
        def accepted(request: Request) -> bytes:
            if request.path != "/messages":
                return response("405 Method Not Allowed")
            self.say(event(answer_to(request, value)))
            return response("202 Accepted")

        return accepted

    def say(self, data: bytes) -> None:
        self._stream.write(data)

    def end(self, _: Request) -> bytes:
        self._stream.close()
        return response("202 Accepted")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"GET"):
            reader.feed_data(b"")
            await self._again(head, reader, writer)
            return
        self._writers.add(writer)
        self._stream = writer
        writer.write(response(OK, SSE, closed=True) + event(self.endpoint.encode(), event="endpoint"))
        await writer.drain()

    async def _again(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        whole = asyncio.StreamReader()
        whole.feed_data(head)
        whole.feed_data(await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])))
        whole.feed_eof()
        await super()._serve(whole, writer)


@pytest_asyncio.fixture
async def old() -> AsyncIterator[OldServer]:
    server = OldServer()
    listening = await server.start()
    yield server
    server.close()
    listening.close()


@pytest.mark.parametrize("kind", ["auto", "sse"])
async def test_the_old_transport_is_found(old: OldServer, kind: HttpKind) -> None:
    async with connected(HttpServer(old.url, kind=kind), "srv") as connection:
        await connection.ping()
        assert "SseTransport" in repr(connection.transport)
        old.say(event(b"junk") + event(b"x", event="other"))
        await settled(lambda: connection.oddities.first)
        old.answers["POST ping"] = response("500 Internal Server Error")
        with pytest.raises(ServerFailedError, match="answered 500 Internal Server Error"):
            await connection.ping()
        with pytest.raises(ServerFailedError, match="ended its event stream"):
            await connection.request("die")


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [("http://other:1/messages", "wants messages to be sent to another server, http://other:1/messages")],
)
async def test_an_old_server_that_points_elsewhere_is_refused(old: OldServer, endpoint: str, says: str) -> None:
    old.endpoint = endpoint
    with pytest.raises(ServerFailedError, match=says):
        await connect(HttpServer(old.url, kind="sse"), "srv")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (response("401 Unauthorized"), "answered 401 Unauthorized: it needs authentication"),
        (response(OK, JSON, b"{}"), "answered with application/json in place of JSON or an event stream"),
        (response(OK, SSE, b"", closed=True), "ended its event stream"),
    ],
)
async def test_an_old_server_that_does_not_open_its_stream(server: Server, answer: bytes, says: str) -> None:
    server.answers["GET"] = answer
    with pytest.raises(ServerFailedError, match=says):
        await connect(HttpServer(server.url, kind="sse"), "srv")


async def test_an_old_server_that_says_nothing_hangs_in_start(server: Server) -> None:
    server.answers["GET"] = lambda _: None
    with pytest.raises(ServerFailedError, match=r"hung in start for 0.3 s"):
        await connect(HttpServer(server.url, kind="sse"), "srv", ConnectOptions(timeout=0.3))


async def test_where_neither_works_the_first_refusal_is_told(server: Server) -> None:
    server.answers = {"POST initialize": response("404 Not Found"), "GET": response("500 Internal Server Error")}
    with pytest.raises(ServerFailedError, match="answered 404 Not Found"):
        await connect(HttpServer(server.url), "srv")


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_that_is_too_long_is_refused(server: Server, stream: bool) -> None:
    def long(request: Request) -> bytes:
        body = answer_to(request, {"text": "x" * 50_000})
        return response(OK, SSE, event(body), closed=True) if stream else response(OK, JSON, body)

    server.answers["POST tools/call"] = long
    transport = HttpTransport(HttpServer(server.url), message_cap=10_000)
    assert repr(transport) == f"<HttpTransport {server.url}>"
    async with await McpConnection(transport, server="srv").open() as connection:
        with pytest.raises(ServerFailedError, match="10000 bytes") as caught:
            await connection.call_tool("x")
        assert caught.value.diagnosis.cause is Cause.TOO_LONG
        await connection.ping()


async def test_a_server_that_went_away_is_closed_all_the_same(server: Server) -> None:
    async with connected(HttpServer(server.url), "srv") as connection:
        server.answers["DELETE"] = b""
        server.close()
    assert connection.ended
