"""The HTTP client below both HTTP transports."""

from __future__ import annotations

import ssl

import httpx2

from mcpquality_scanners.hosts import is_loopback
from pytest_mcpquality.mcp.specs import HttpServer

ERROR_BODY_CAP = 64 * 1024
"""Bytes of the body of an error that are read."""


class BodyTooLongError(Exception):
    """A body has more bytes than are allowed."""


def make_client(spec: HttpServer) -> httpx2.AsyncClient:
    """A client for one server; time limits are the callers', redirects are followed by hand."""
    url = httpx2.URL(spec.url)
    # Loading the certificate authorities takes longer than a whole handshake; without them TLS is refused, and a
    # server of plain HTTP has none.
    verify = True if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx2.AsyncClient(
        headers=dict(spec.headers),
        timeout=None,
        verify=verify,
        trust_env=not is_loopback(url.host),
    )


async def read(response: httpx2.Response, cap: int) -> bytes:
    """The whole body.

    Raises:
        BodyTooLongError: It has more bytes than `cap`.
    """
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > cap:
            raise BodyTooLongError(f"answered with more than {cap} bytes")
    return bytes(body)


async def head(response: httpx2.Response, cap: int = ERROR_BODY_CAP) -> bytes:
    """The beginning of a body, as far as there is one."""
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) >= cap:
                break
    except httpx2.HTTPError:
        pass  # the status said enough
    return bytes(body[:cap])


def same_origin(one: httpx2.URL, other: httpx2.URL) -> bool:
    """Whether two URLs lead to the same server."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)
