"""Context7 over its REST interface: one request each, bounded in size, redirected nowhere else."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import urlencode

import httpx2

from mcpquality_scanners.hosts import is_loopback
from mcpquality_scanners.text import one_line
from pytest_mcpquality import __version__
from pytest_mcpquality.mcp.http_client import same_origin
from pytest_mcpquality.remediation.errors import MovedError, UnreachableError, UnusableAnswerError
from pytest_mcpquality.remediation.keys import Key
from pytest_mcpquality.remediation.policy import is_library_id, quota, refusal
from pytest_mcpquality.remediation.rest_parsing import (
    JsonObject,
    json_object,
    libraries_of,
    object_or_nothing,
    snippets_of,
)
from pytest_mcpquality.remediation.statistics import Quota
from pytest_mcpquality.remediation.values import Library, Snippet, TransportKind
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock
from pytest_mcpquality.resilience.pool_values import PoolStatistics

_CAP: Final = 2 * 2**20  # bytes of an answer; those seen were under 100 kB
_OK: Final = 200
_MOVED: Final = (301, 302, 307, 308)
_HEADERS: Final = {
    "User-Agent": f"pytest-mcpquality/{__version__}",
    "Accept": "application/json",
    # What is not compressed cannot grow on the way: the cap is for what is sent.
    "Accept-Encoding": "identity",
    "X-Context7-Source": "pytest-mcpquality",
    "X-Context7-Server-Version": __version__,
}


class RestTransport:
    """Asks the REST interface; time limits are the caller's.

    Args:
        url: Its base, such as `https://context7.com/api`.
        on_quota: Told of the quota that answers speak of.
        clock: Where the time of day comes from.
    """

    def __init__(
        self,
        url: str,
        *,
        on_quota: Callable[[Quota], object] = lambda _: None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        base = httpx2.URL(url)
        local = is_loopback(base.host)
        # Certificate authorities take long to load, and plain HTTP needs none.
        verify = True if base.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._base = url.rstrip("/")
        self._on_quota = on_quota
        self._clock = clock
        # Nobody is recognised by a cookie.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        self._client = httpx2.AsyncClient(
            headers=_HEADERS, cookies=no_cookies, timeout=None, verify=verify, trust_env=not local
        )

    def __repr__(self) -> str:
        return f"<RestTransport {self._base!r}>"

    @property
    def kind(self) -> TransportKind:
        """REST."""
        return TransportKind.REST

    @property
    def statistics(self) -> PoolStatistics | None:
        """None: connections are the HTTP client's own."""
        return None

    async def libraries(self, name: str, query: str, *, key: Key | None = None) -> tuple[Library, ...]:
        """The libraries of that name, in the service's order."""
        return libraries_of(await self._get("/v2/libs/search", {"libraryName": name, "query": query}, key))

    async def documentation(self, library_id: str, query: str, *, key: Key | None = None) -> tuple[Snippet, ...]:
        """What a library's documentation says about a query."""
        params = {"libraryId": library_id, "query": query, "type": "json"}
        return snippets_of(await self._get("/v2/context", params, key))

    async def aclose(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()

    async def _get(self, path: str, params: Mapping[str, str], key: Key | None) -> JsonObject:
        """The answer's JSON.

        Raises:
            RemediationError: There is no answer, or it is no documentation.
        """
        headers = {} if key is None else {"Authorization": f"Bearer {key.reveal()}"}
        # Encoded here, as the HTTP client would take twice as long for it.
        request = self._client.build_request("GET", f"{self._base}{path}?{urlencode(params)}", headers=headers)
        try:
            response = await self._client.send(request, stream=True)
            try:
                return await self._read(response)
            finally:
                await response.aclose()
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            reason = one_line(str(error)) or type(error).__name__
            raise UnreachableError(f"Context7 gave no answer: {key.hide(reason) if key else reason}") from None

    async def _read(self, response: httpx2.Response) -> JsonObject:
        now = self._clock.now()
        granted = quota(response.headers, now)
        if granted is not None:
            self._on_quota(granted)
        body = await _body(response)
        if response.status_code in _MOVED and (moved := _elsewhere(response)):
            raise moved
        if response.status_code != _OK:
            raise refusal(response.status_code, object_or_nothing(body), response.headers, now)
        kind = response.headers.get("content-type", "")
        if "json" not in kind.lower():
            raise UnusableAnswerError(
                f"Context7 answered with {one_line(kind, 80) or 'no content type'}, not with JSON"
            )
        return json_object(body)


async def _body(response: httpx2.Response) -> bytes:
    """All of it, if it is not too much.

    Raises:
        UnusableAnswerError: It is, or it is compressed though we asked for the opposite.
    """
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnusableAnswerError("Context7 answered with a compressed body, which was not asked for")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > _CAP:
            raise UnusableAnswerError(f"Context7 answered with more than {_CAP} bytes")
    return bytes(body)


def _elsewhere(response: httpx2.Response) -> MovedError | None:
    """The library that a Location at the same origin names: other addresses are not gone to."""
    location = response.headers.get("location", "")
    if not location:
        return None
    try:
        target = response.url.join(location)
        library = target.params.get("libraryId", "")
    except (httpx2.InvalidURL, ValueError):
        return None
    if not same_origin(response.url, target) or target.path != response.url.path or not is_library_id(library):
        return None
    return MovedError(f"Context7 answered {response.status_code}: it has moved to {library}", target=library)
