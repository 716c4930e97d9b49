"""Faults of HTTP: the exchange fails before, beside or under the messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import ClassVar

from pytest_mcpquality.testing.faults.actions import CutStream, HttpAction, Relabel, Respond
from pytest_mcpquality.testing.faults.base import HTTP, Fault, HttpRequest, Occasion, Transport
from pytest_mcpquality.testing.faults.errors import FaultError

_STATUSES = range(200, 600)


@dataclass(frozen=True, slots=True, repr=False)
class HttpFault(Fault):
    """A fault of an HTTP request: without `method` and `tool`, of every one, GET and DELETE too.

    `after` and `times` count HTTP requests.
    """

    verb: str | None = field(default=None, kw_only=True)
    """Only requests with this HTTP method, such as `GET`."""

    transports: ClassVar[frozenset[Transport]] = HTTP
    occasion: ClassVar[Occasion] = "http"

    def concerns_http(self, request: HttpRequest) -> bool:
        """Without conditions, every request of HTTP: also one without a message, or with a notification."""
        if self.verb not in {None, request.verb}:
            return False
        return (self.method is None and self.tool is None) or self.concerns(request.message)


@dataclass(frozen=True, slots=True, repr=False)
class HttpStatus(HttpFault):
    """The request is answered with `status`, and never reaches the server: any status, any headers, any body."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    """None is the status's own phrase, as plain text."""

    def __post_init__(self) -> None:
        """Check the number."""
        Fault.__post_init__(self)
        if self.status not in _STATUSES:
            raise FaultError(f"HttpStatus: {self.status} is no final status of HTTP")

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        return plain(self.status, self.headers, self.body)


@dataclass(frozen=True, slots=True, repr=False)
class Unauthorized(HttpFault):
    """401: no token, or one that has expired, with the challenge of RFC 6750."""

    challenge: str = 'Bearer error="invalid_token", error_description="The access token expired"'

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        return plain(401, (("www-authenticate", self.challenge),))


@dataclass(frozen=True, slots=True, repr=False)
class Forbidden(HttpFault):
    """403: the token is good and not good enough, or the `Origin` is a foreign one."""

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        return plain(403)


@dataclass(frozen=True, slots=True, repr=False)
class SessionNotFound(HttpFault):
    """404 to every request that names a session: the server has forgotten it, and the client must initialize anew."""

    def concerns_http(self, request: HttpRequest) -> bool:
        """Only if a session is named."""
        return "mcp-session-id" in request.headers and HttpFault.concerns_http(self, request)

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        body = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Session not found"}}'
        return Respond(404, (("content-type", "application/json"),), body)


@dataclass(frozen=True, slots=True, repr=False)
class TooManyRequests(HttpFault):
    """429, with `Retry-After`: seconds, or a date of HTTP; None leaves the header out."""

    retry_after: int | str | None = 1

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        return plain(429, _retry_after(self.retry_after))


@dataclass(frozen=True, slots=True, repr=False)
class InternalServerError(HttpFault):
    """500: the server has crashed over the request."""

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        return plain(500)


@dataclass(frozen=True, slots=True, repr=False)
class BadGateway(HttpFault):
    """502, with the HTML page of a proxy that cannot reach the server."""

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return Respond(502, (("content-type", "text/html"),), page)


@dataclass(frozen=True, slots=True, repr=False)
class ServiceUnavailable(HttpFault):
    """503: overloaded or being deployed; with `Retry-After` unless that is None."""

    retry_after: int | str | None = None

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        return plain(503, _retry_after(self.retry_after))


@dataclass(frozen=True, slots=True, repr=False)
class Redirects(HttpFault):
    """A redirection to `location`: an address, or a path of the same server. 307 and 308 keep method and body."""

    location: str
    status: int = 307

    def __post_init__(self) -> None:
        """Check the number."""
        Fault.__post_init__(self)
        if self.status not in {301, 302, 303, 307, 308}:
            raise FaultError(f"Redirects: {self.status} is no redirection; use 301, 302, 303, 307 or 308")

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        return plain(self.status, (("location", self.location),))


@dataclass(frozen=True, slots=True, repr=False)
class WrongContentType(HttpFault):
    """The answer is right, and labelled as `content_type`."""

    content_type: str = "text/html"

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Change the label."""
        return Relabel(self.content_type)


@dataclass(frozen=True, slots=True, repr=False)
class DropsStream(HttpFault):
    """The connection of an event stream is closed after `events` events.

    In protocol 2025-11-25 the first event carries no message, only an id to resume from: the client asks for the rest
    with `Last-Event-ID`, and gets it (see `RefusesResume`). Up to 2025-06-18, and in 2026-07-28, the first event is the
    answer: `events=0` drops it there, and it is lost.
    """

    events: int = 1

    def __post_init__(self) -> None:
        """Check the number."""
        Fault.__post_init__(self)
        if self.events < 0:
            raise FaultError(f"DropsStream: events must be 0 or more, not {self.events}")

    def concerns_http(self, request: HttpRequest) -> bool:
        """Not the stream that was asked for to resume another; without conditions, only the answers to requests."""
        if "last-event-id" in request.headers or not (self.verb or "id" in (request.message or {})):
            return False
        return HttpFault.concerns_http(self, request)

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Cut it."""
        return CutStream(self.events)


@dataclass(frozen=True, slots=True, repr=False)
class RefusesResume(HttpFault):
    """404 to a client that wants to resume a dropped stream: what was on it is lost."""

    def concerns_http(self, request: HttpRequest) -> bool:
        """Only if a stream is to be resumed."""
        return "last-event-id" in request.headers and HttpFault.concerns_http(self, request)

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """Answer."""
        return plain(404)


def plain(status: int, headers: tuple[tuple[str, str], ...] = (), body: str | None = None) -> Respond:
    """An answer in plain text, unless the headers say something else."""
    text = _phrase(status) if body is None else body
    labelled = any(name.lower() == "content-type" for name, _ in headers)
    return Respond(status, headers if labelled else (("content-type", "text/plain"), *headers), text)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else ""


def _retry_after(value: int | str | None) -> tuple[tuple[str, str], ...]:
    return () if value is None else (("retry-after", str(value)),)
