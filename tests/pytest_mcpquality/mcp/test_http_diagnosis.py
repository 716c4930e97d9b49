from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx2
import pytest

from mcpquality_scanners.hosts import is_loopback
from pytest_mcpquality.mcp import http_client, http_diagnosis
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def refused(status: int, body: bytes = b"", **headers: str) -> Diagnosis:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http_diagnosis.refusal(status, named, body, session=False, now=NOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("Fri, 01 May 2026 12:00:30 GMT", 30.0), ("Fri, 01 May 2026 11:00:00 GMT", 0.0), ("soon", None)],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert refused(429, retry_after=value).retry_after == seconds


def test_too_many_requests_without_a_time() -> None:
    assert refused(429).text == "answered 429 Too Many Requests: it wants fewer requests"


def test_a_status_that_nobody_has_heard_of() -> None:
    assert refused(599, b"x").text == "answered 599: 'x'"


def test_a_missing_page_is_no_forgotten_session() -> None:
    assert refused(404).text == "answered 404 Not Found"


def test_a_redirect_to_nowhere() -> None:
    assert refused(301).text == "answered 301 Moved Permanently: redirects to nowhere: use that URL"


def error(message: str, cause: BaseException | None = None) -> httpx2.ConnectError:
    found = httpx2.ConnectError(message)
    found.__cause__ = cause
    return found


def untrusted() -> ssl.SSLCertVerificationError:
    found = ssl.SSLCertVerificationError("bad")
    found.verify_message = "self-signed certificate"
    return found


@pytest.mark.parametrize(
    ("failure", "cause", "says"),
    [
        (error("x", untrusted()), Cause.TLS, "has a certificate that is not trusted here: self-signed certificate"),
        (error("x", ssl.SSLError("odd\nrecord")), Cause.TLS, "does not speak TLS at host:443: "),
        (error("x", socket.gaierror("y")), Cause.UNREACHABLE, "cannot be reached: the name host cannot be resolved"),
        (error("x", ConnectionRefusedError(111, "y")), Cause.UNREACHABLE, "nobody listens at host:443"),
        (error("no route", OSError(113, "y")), Cause.UNREACHABLE, "cannot be reached at host:443: no route"),
        (error(""), Cause.UNREACHABLE, "cannot be reached at host:443: ConnectError"),
        (httpx2.ReadError("gone"), Cause.CLOSED, "broke off its answer: gone"),
    ],
)
def test_why_a_request_did_not_get_through(failure: Exception, cause: Cause, says: str) -> None:
    found = http_diagnosis.unreachable("https://host/mcp", failure)
    assert found.cause is cause
    assert says in found.text


def test_a_wrong_type_is_shown_with_what_came() -> None:
    assert http_diagnosis.wrong_type("", b"").text == (
        "answered with no content type in place of JSON or an event stream"
    )


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("a.localhost", True),
        ("10.0.0.1", False),
        ("x.y", False),
    ],
)
def test_no_proxy_leads_to_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 100


async def broken() -> AsyncIterator[bytes]:
    yield b"begun"
    raise httpx2.ReadError("gone")


def test_a_body_is_read_up_to_a_cap() -> None:
    async def read() -> None:
        assert await http_client.head(httpx2.Response(500, content=endless()), 250) == b"x" * 250
        assert await http_client.head(httpx2.Response(500, content=broken())) == b"begun"
        with pytest.raises(http_client.BodyTooLongError, match="answered with more than 250 bytes"):
            await http_client.read(httpx2.Response(200, content=endless()), 250)

    asyncio.run(read())
