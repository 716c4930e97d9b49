"""What an HTTP answer or a failed connection means for someone who wanted an MCP server."""

from __future__ import annotations

import errno
import http
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import cast

import httpx2

from mcpquality_scanners.text import one_line
from pytest_mcpquality.mcp import jsonrpc
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis, shown
from pytest_mcpquality.mcp.protocol import JsonObject

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429


def unreachable(url: str, error: Exception) -> Diagnosis:
    """The request did not get through."""
    where = httpx2.URL(url)
    place = f"{where.host}:{where.port or (443 if where.scheme == 'https' else 80)}"
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return Diagnosis(Cause.TLS, f"has a certificate that is not trusted here: {cause.verify_message}")
            case ssl.SSLError():
                return Diagnosis(Cause.TLS, f"does not speak TLS at {place}: {one_line(str(cause))}")
            case socket.gaierror():
                return Diagnosis(Cause.UNREACHABLE, f"cannot be reached: the name {where.host} cannot be resolved")
            case OSError(errno=errno.ECONNREFUSED):
                return Diagnosis(Cause.UNREACHABLE, f"cannot be reached: nobody listens at {place}")
            case _:
                pass
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return Diagnosis(Cause.UNREACHABLE, f"cannot be reached at {place}: {_words(error)}")
    return Diagnosis(Cause.CLOSED, f"broke off its answer: {_words(error)}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _words(error: Exception) -> str:
    return one_line(str(error)) or type(error).__name__


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, session: bool, now: datetime) -> Diagnosis:
    """An answer whose status says that there is no answer."""
    what = f"answered {status} {_phrase(status)}".rstrip()
    cause, text, retry_after = Cause.HTTP_STATUS, "", None
    if status in _REDIRECTS:
        cause, text = Cause.REDIRECT, f"redirects to {one_line(headers.get('location', 'nowhere'))}: use that URL"
    elif status == _UNAUTHORIZED:
        challenge = one_line(headers.get("www-authenticate", ""), 100)
        cause, text = Cause.AUTHENTICATION, "it needs authentication" + (f" ({challenge})" if challenge else "")
    elif status == _FORBIDDEN:
        cause, text = Cause.AUTHENTICATION, "it does not let this client in"
    elif status == http.HTTPStatus.NOT_FOUND and session:
        text = "it has forgotten the session"
    elif status == _TOO_MANY or "retry-after" in headers:
        retry_after = _seconds(headers.get("retry-after"), now)
        text = "it wants fewer requests" if retry_after is None else f"it wants to be asked again in {retry_after:g} s"
    said = _said(body)
    parts = [what, *(part for part in (text, said) if part)]
    return Diagnosis(cause, ": ".join(parts), status=status, retry_after=retry_after)


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def _seconds(value: str | None, now: datetime) -> float | None:
    """What a Retry-After header says: seconds, or a date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _said(body: bytes) -> str:
    error = json_rpc_error(body)
    if error is not None:
        return f"error {error.get('code')}: {one_line(str(error.get('message')))}"
    return "" if not body.strip() or body.lstrip().startswith(b"<") else shown(body)


def json_rpc_error(body: bytes) -> JsonObject | None:
    """The error in a body that is a JSON-RPC answer."""
    try:
        (message, *_) = jsonrpc.decode(body)
    except jsonrpc.NotJsonRpcError:
        return None
    error = message.get("error")
    return cast("JsonObject", error) if isinstance(error, dict) else None


def wrong_type(content_type: str, body: bytes) -> Diagnosis:
    """An answer of a type that is neither JSON nor an event stream."""
    what = f"answered with {one_line(content_type, 60) or 'no content type'} in place of JSON or an event stream"
    return Diagnosis(Cause.CONTENT_TYPE, f"{what}: {shown(body)}" if body else what)
