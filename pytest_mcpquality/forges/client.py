"""Requests to a forge's API: bounded in time and tries, never redirected, and silent about the token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Self, cast

import httpx2

from mcpquality_scanners.text import one_line
from pytest_mcpquality import __version__
from pytest_mcpquality.forges.answers import at
from pytest_mcpquality.forges.errors import ForgeError

_TRIES = 4
_LONGEST_WAIT = 60.0
"""Seconds that a forge may ask us to wait; when it asks for more, the job should not."""

_TIMEOUT = 30.0
_MOST_PAGES = 100
PER_PAGE = 100
_PASSING = frozenset({429, 500, 502, 503, 504})
_SAFE = frozenset({"GET", "PATCH", "PUT"})
"""Methods that may be tried again when nobody knows what came of them."""

_HINTS = {
    401: "the token is wrong or has expired",
    403: "the token may not do this: on GitHub the job needs `permissions: pull-requests: write`, which pull requests "
    "from forks do not get; on GitLab the token needs the scope `api`",
    404: "there is no such repository or change, or the token may not see it",
    413: "the comment is too long",
    422: "the forge does not accept the comment: the change may be locked",
}


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


class Api:
    """A forge's API at `base`; `headers` say who we are."""

    def __init__(
        self, base: str, headers: Mapping[str, str], secret: str, wait: Callable[[float], None] = _wait
    ) -> None:
        self._secret = secret
        self._wait = wait
        ours = {"User-Agent": f"mcpquality/{__version__}", "Accept": "application/json"}
        self._client = httpx2.Client(base_url=base, headers={**ours, **headers}, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> object:
        """The answer's JSON.

        Raises:
            ForgeError: There was none, or it was a refusal.
        """
        return self._document(self._answer(method, path, body, None))

    def pages(self, path: str) -> Iterator[object]:
        """The items of a list, page by page.

        Raises:
            ForgeError: A page could not be had, or is no list.
        """
        for number in range(1, _MOST_PAGES + 1):
            response = self._answer("GET", path, None, {"per_page": str(PER_PAGE), "page": str(number)})
            items = self._document(response)
            if not isinstance(items, list):
                raise ForgeError(f"the forge answered {path} with something that is no list")
            yield from cast("list[object]", items)
            if "next" not in response.links:
                return

    def _answer(
        self, method: str, path: str, body: Mapping[str, str] | None, query: Mapping[str, str] | None
    ) -> httpx2.Response:
        for left in reversed(range(_TRIES)):
            try:
                response = self._client.request(method, path, json=body, params=query)
            except httpx2.TransportError as error:
                delay = 2.0 ** (_TRIES - 1 - left) if method in _SAFE and left else None
                failure = ForgeError(self._unreached(method, path, error), uncertain=True)
            else:
                if response.is_success:
                    return response
                delay = self._delay(method, response, left)
                failure = self._refusal(method, path, response)
            if delay is None:
                raise failure
            self._wait(delay)
        raise AssertionError("the last try ends the loop")

    def _delay(self, method: str, response: httpx2.Response, left: int) -> float | None:
        """Seconds to wait before the next try; None when there is to be none."""
        limited = response.status_code == 429 or (response.status_code == 403 and "retry-after" in response.headers)  # noqa: PLR2004
        again = limited or (response.status_code in _PASSING and method in _SAFE)
        if not left or not again:
            return None
        asked = response.headers.get("retry-after", "")
        delay = float(asked) if asked.isdecimal() else 2.0 ** (_TRIES - 1 - left)
        return delay if delay <= _LONGEST_WAIT else None

    def _refusal(self, method: str, path: str, response: httpx2.Response) -> ForgeError:
        status = response.status_code
        if response.is_redirect:
            return ForgeError(
                f"{method} {path} was answered with a redirect ({status}), which is not followed with a token: "
                "the repository may have moved; give its new name with --repository",
                status=status,
            )
        hint = _HINTS.get(status, "try again later" if status in _PASSING else "see what the forge says")
        said = self._hidden(_message(response))
        return ForgeError(
            f"{method} {path} was answered with {status}{': ' + said if said else ''}; {hint}",
            status=status,
            uncertain=status >= 500,  # noqa: PLR2004 - the forge's own failure
        )

    def _unreached(self, method: str, path: str, error: httpx2.TransportError) -> str:
        reason = self._hidden(one_line(str(error))) or type(error).__name__
        return f"{method} {path} got no answer: {reason}; check the network and the address of the API (--api-url)"

    def _document(self, response: httpx2.Response) -> object:
        try:
            return cast("object", response.json())
        except ValueError as error:
            raise ForgeError("the forge's answer is no JSON: is the address of the API right (--api-url)?") from error

    def _hidden(self, text: str) -> str:
        return text.replace(self._secret, "[token]") if self._secret else text


def _message(response: httpx2.Response) -> str:
    """What the forge says about its refusal, in one line."""
    try:
        said = cast("object", response.json())
    except ValueError:
        return ""
    message = at(said, "message") or at(said, "error")
    return one_line(str(message)) if message else ""
