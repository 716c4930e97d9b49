"""The REST interface on a real socket: every status and body that the service is known to answer with, and worse."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from pytest_mcpquality.remediation.client import DocsClient, open_client
from pytest_mcpquality.remediation.errors import (
    KeyRefusedError,
    MovedError,
    NoDocumentationError,
    QuotaExceededError,
    RefusedError,
    RemediationError,
    UnreachableError,
    UnusableAnswerError,
)
from pytest_mcpquality.remediation.keys import Key
from pytest_mcpquality.remediation.rest import RestTransport
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.statistics import Quota
from pytest_mcpquality.remediation.values import Documentation, Miss, MissReason, TransportKind
from pytest_mcpquality.resilience.retry import RetrySettings
from pytest_mcpquality.testing import FakeContext7, FakeLibrary, FakeSnippet
from pytest_mcpquality.testing.fake_context7.scenarios import CODES

pytestmark = [pytest.mark.timeout(30), pytest.mark.asyncio]

AT_ONCE = RetrySettings(attempts=2, wait_initial=0, wait_jitter=0, retry_after_max=2)


@pytest_asyncio.fixture
async def transport(fake_context7: FakeContext7) -> AsyncIterator[RestTransport]:
    made = RestTransport(fake_context7.url)
    yield made
    await made.aclose()


@pytest_asyncio.fixture
async def client(fake_context7: FakeContext7) -> AsyncIterator[DocsClient]:
    settings = DocsSettings(api_url=fake_context7.url, cache="memory", timeout=10, deadline=20, retry=AT_ONCE)
    async with open_client(settings) as made:
        yield made


async def test_a_search_and_what_it_lists(transport: RestTransport, fake_context7: FakeContext7) -> None:
    (requests, _) = await transport.libraries("requests", "verify TLS")
    assert (requests.id, requests.state, requests.trust_score, requests.snippets) == (
        "/psf/requests",
        "finalized",
        8,
        101,
    )
    assert requests.versions == ("v2.32.4", "__branch__x")
    (flask,) = await transport.libraries("Flask", "debugger")
    assert (flask.trust_score, flask.versions) == (None, ())
    (request, _) = fake_context7.asked("search")
    assert request.query == {"libraryName": "requests", "query": "verify TLS"}
    assert request.headers["x-context7-source"] == "pytest-mcpquality"
    assert "authorization" not in request.headers
    assert transport.kind is TransportKind.REST
    assert transport.statistics is None


async def test_documentation_and_what_it_holds(transport: RestTransport, fake_context7: FakeContext7) -> None:
    run, quote, info = await transport.documentation("/python/cpython", "subprocess", key=Key("ctx7sk-1"))
    assert run.title == "Run a program without a shell"
    assert run.code.startswith("subprocess.run(")
    assert (run.language, run.url[:19]) == ("python", "https://github.com/")
    assert quote.text == ""
    assert info.text == "The implementation never calls a shell by itself."
    assert info.url == ""
    (request,) = fake_context7.asked("context")
    assert request.query == {"libraryId": "/python/cpython", "query": "subprocess", "type": "json"}
    assert request.headers["authorization"] == "Bearer ctx7sk-1"


async def test_the_owners_instructions_are_left_out(transport: RestTransport) -> None:
    assert "Ignore all previous" not in repr(await transport.documentation("/psf/requests", "TLS"))


EXPECTED: dict[str, type[RemediationError]] = {
    "library_not_finalized": NoDocumentationError,
    "library_redirected": UnusableAnswerError,  # without a target
    "validation_error": RefusedError,
    "invalid_library_id": RefusedError,
    "invalid_api_key": KeyRefusedError,
    "spending_limit_exceeded": KeyRefusedError,
    "access_denied": KeyRefusedError,
    "forbidden": KeyRefusedError,
    "library_not_found": NoDocumentationError,
    "tag_not_found": NoDocumentationError,
    "no_snippets_found": NoDocumentationError,
    "no_libraries_found": NoDocumentationError,
    "library_too_large": NoDocumentationError,
    "no_code_found": NoDocumentationError,
    "rate_limit_exceeded": QuotaExceededError,
    "internal_error": UnreachableError,
    "search_failed": UnreachableError,
}


async def test_every_code_is_expected() -> None:
    assert EXPECTED.keys() == CODES.keys()


@pytest.mark.parametrize("code", EXPECTED)
async def test_every_status_of_the_table(code: str, transport: RestTransport, fake_context7: FakeContext7) -> None:
    fake_context7.play(f"error-{code}")
    for call in (transport.libraries, transport.documentation):
        with pytest.raises(RemediationError) as told:
            await call("/psf/requests", "TLS")
        assert type(told.value) is EXPECTED[code]
        assert str(told.value).startswith(f"Context7 answered {CODES[code]}: {code}: The fake says")
        if isinstance(told.value, NoDocumentationError):
            assert told.value.pending is (code == "library_not_finalized")
        if isinstance(told.value, KeyRefusedError):
            assert told.value.lasting is (CODES[code] != 403)


@pytest.mark.parametrize("status", [418, 451, 599, 303, 304])
async def test_statuses_that_nobody_has_heard_of(
    status: int, transport: RestTransport, fake_context7: FakeContext7
) -> None:
    fake_context7.play(f"status-{status}")
    with pytest.raises((RefusedError, UnreachableError, UnusableAnswerError), match=str(status)):
        await transport.documentation("/psf/requests", "TLS")


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ("empty", "no JSON"),
        ("badjson", "no JSON"),
        ("truncated", "no JSON"),
        ("badutf8", "UnicodeDecodeError"),
        ("deep", "no JSON|no object"),
        ("notadict", "no object"),
        ("html", "answered with text/html, not with JSON"),
        ("err200", "without documentation: internal_error"),
        ("huge", "more than 2097152 bytes"),
        ("gzip", "compressed body"),
    ],
)
async def test_what_calls_itself_a_success_and_is_none(
    scenario: str, message: str, transport: RestTransport, fake_context7: FakeContext7
) -> None:
    fake_context7.play(scenario)
    with pytest.raises(UnusableAnswerError, match=message):
        await transport.documentation("/psf/requests", "TLS")
    if scenario != "err200":
        with pytest.raises(UnusableAnswerError, match=message):
            await transport.libraries("requests", "TLS")


@pytest.mark.parametrize("scenario", ["redirect", "redirect-location"])
async def test_a_redirect_to_a_library(scenario: str, transport: RestTransport, fake_context7: FakeContext7) -> None:
    fake_context7.play(scenario)
    with pytest.raises(MovedError) as told:
        await transport.documentation("/kennethreitz/requests", "TLS")
    assert told.value.target == "/psf/requests"


@pytest.mark.parametrize("scenario", ["redirect-hostile-id", "redirect-hostile-host", "redirect-hostile-scheme"])
async def test_a_redirect_to_anywhere_else_is_not_followed(
    scenario: str, client: DocsClient, fake_context7: FakeContext7
) -> None:
    fake_context7.play(scenario)
    found = await client.fetch("/psf/requests", "TLS")
    assert isinstance(found, Miss)
    assert found.reason is MissReason.UNUSABLE
    assert "to what is no library: not followed" in found.text
    assert len(fake_context7.requests) == 1


async def test_redirects_in_a_circle_end(client: DocsClient, fake_context7: FakeContext7) -> None:
    fake_context7.play("redirect-loop")
    found = await client.fetch("/psf/requests", "TLS")
    assert isinstance(found, Miss)
    assert "moved more than once" in found.text
    assert len(fake_context7.requests) == 2


async def test_both_kinds_of_too_many_requests(transport: RestTransport, fake_context7: FakeContext7) -> None:
    for scenario, seconds in (("throttle-1", 1), ("quota", 499_415)):
        fake_context7.stop()
        fake_context7.play(scenario)
        with pytest.raises(QuotaExceededError) as told:
            await transport.documentation("/psf/requests", "TLS")
        assert (told.value.retry_after, told.value.hold) == (seconds, seconds)


async def test_the_quota_is_known() -> None:
    told: list[Quota] = []
    with FakeContext7(quota=2) as fake:
        transport = RestTransport(fake.url, on_quota=told.append)
        await transport.documentation("/psf/requests", "TLS")
        await transport.documentation("/psf/requests", "TLS")
        with pytest.raises(QuotaExceededError, match="Quota Exceeded"):
            await transport.documentation("/psf/requests", "TLS")
        await transport.aclose()
    assert [(one.limit, one.remaining) for one in told] == [(2, 1), (2, 0), (200, 0)]
    assert told[0].reset_at is not None
    assert timedelta(minutes=50) < told[0].reset_at - datetime.now(UTC) < timedelta(minutes=61)


async def test_a_connection_that_is_reset_in_the_middle(client: DocsClient, fake_context7: FakeContext7) -> None:
    fake_context7.play("reset", times=1)
    assert isinstance(await client.fetch("/psf/requests", "TLS"), Documentation)
    fake_context7.play("reset")
    found = await client.fetch("/psf/requests", "another")
    assert isinstance(found, Miss)
    assert found.reason is MissReason.UNREACHABLE


@pytest.mark.parametrize("scenario", ["drip", "slow-5"])
async def test_an_answer_that_takes_too_long_is_not_waited_for(scenario: str, fake_context7: FakeContext7) -> None:
    fake_context7.play(scenario)
    began = asyncio.get_running_loop().time()
    async with open_client(DocsSettings(api_url=fake_context7.url, cache="memory", timeout=0.5)) as client:
        found = await client.fetch("/psf/requests", "TLS", calls=1)
    assert asyncio.get_running_loop().time() - began < 3
    assert isinstance(found, Miss)
    assert found.text == "Context7 gave no answer in 0.5 s"


async def test_a_refused_connection(client: DocsClient, fake_context7: FakeContext7) -> None:
    fake_context7.close()
    found = await client.fetch("/psf/requests", "TLS")
    assert isinstance(found, Miss)
    assert found.text.startswith("Context7 gave no answer: ")
    assert found.reason is MissReason.UNREACHABLE
    fake_context7.open()
    assert isinstance(await client.fetch("/psf/requests", "TLS"), Documentation)


async def test_a_host_that_is_none() -> None:
    transport = RestTransport("http://nothing.invalid:1/api")
    with pytest.raises(UnreachableError):
        await transport.documentation("/psf/requests", "TLS")
    await transport.aclose()


@pytest.mark.parametrize(("name", "value"), [("SSL_CERT_FILE", "/nothing/here"), ("ALL_PROXY", "pigeon://x")])
async def test_an_environment_that_makes_no_sense_is_no_traceback(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    async with open_client(
        DocsSettings(api_url="https://nothing.invalid/api", cache="memory", retry=AT_ONCE)
    ) as client:
        found = await client.fetch("/psf/requests", "TLS")
    assert isinstance(found, Miss)
    assert found.reason is MissReason.UNREACHABLE
    assert found.text.startswith("no HTTP client can be made: ")


async def test_no_cookie_is_kept(raw: Callable[[bytes], str]) -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: who=you; Path=/\r\nContent-Length: 14\r\n"
    )
    transport = RestTransport(raw(answer + b'Connection: close\r\n\r\n{"results":[]}'))
    for _ in range(2):
        assert await transport.libraries("requests", "TLS") == ()
    assert not list(transport._client.cookies.jar)
    await transport.aclose()


async def test_a_certificate_that_is_none(fake_context7: FakeContext7) -> None:
    transport = RestTransport(fake_context7.url.replace("http:", "https:"))
    assert "https://127.0.0.1" in repr(transport)
    with pytest.raises(UnreachableError):
        await transport.documentation("/psf/requests", "TLS")
    await transport.aclose()


@pytest.fixture
def raw() -> Iterator[Callable[[bytes], str]]:
    """A server that answers everything with the same bytes; its URL."""
    sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(answer: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def answer_all() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        threads.append(threading.Thread(target=answer_all, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/api"

    yield serve
    for one in sockets:
        one.shutdown(socket.SHUT_RDWR)
        one.close()
    for thread in threads:
        thread.join(5)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://[::bad/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: //other.invalid/api/v2/context?libraryId=/a/b\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_what_is_hardly_http(answer: bytes, raw: Callable[[bytes], str]) -> None:
    transport = RestTransport(raw(answer))
    with pytest.raises((UnreachableError, UnusableAnswerError)):
        await transport.documentation("/psf/requests", "TLS")
    await transport.aclose()


async def test_fences_in_fences_stay_code(transport: RestTransport) -> None:
    (snippet,) = await transport.documentation("/pallets/flask", "debugger")
    assert snippet.code == '"""\n```python\napp.run(debug=True)\n```\n"""\napp.run(debug=False)'


async def test_a_version_that_is_not_there(client: DocsClient) -> None:
    found = await client.fetch("/psf/requests/v0.0.1", "TLS")
    assert isinstance(found, Miss)
    assert "Available tags: v2.32.4" in found.text
    assert isinstance(await client.fetch("/psf/requests/v2.32.4", "TLS"), Documentation)


async def test_hostile_texts_are_cut_and_cleaned(transport: RestTransport, fake_context7: FakeContext7) -> None:
    snippet = FakeSnippet("t" * 1000, "c" * 10_000, "\ud800\0d" + "d" * 10_000, source="javascript:alert(1)")
    fake_context7.add(FakeLibrary("/evil/library", "Evil", (snippet,) * 50))
    found = await transport.documentation("/evil/library", "x")
    assert len(found) == 20
    assert (len(found[0].title), len(found[0].text), len(found[0].code)) == (300, 7999, 8000)
    assert found[0].text.startswith("?d")
    assert found[0].url == ""
