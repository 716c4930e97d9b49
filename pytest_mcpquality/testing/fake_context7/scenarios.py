"""What a fake Context7 does instead of answering as it should, by name."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from mcpquality_scanners.errors import UsageError

GIGABYTES = 10 * 2**30
"""Bytes of the body of `huge`."""

_DEEP = 100_000
CODES: Mapping[str, int] = {
    "library_not_finalized": 202,
    "library_redirected": 301,
    "validation_error": 400,
    "invalid_library_id": 400,
    "invalid_api_key": 401,
    "spending_limit_exceeded": 402,
    "access_denied": 403,
    "forbidden": 403,
    "library_not_found": 404,
    "tag_not_found": 404,
    "no_snippets_found": 404,
    "no_libraries_found": 404,
    "library_too_large": 422,
    "no_code_found": 422,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
    "search_failed": 503,
}
"""Every code of an error, and the status that it comes with."""


class Sending(Enum):
    """How the bytes of an answer go out."""

    WHOLE = "at once"
    DRIPPING = "a byte a second"
    RESET = "the connection is reset in the middle"
    ENDLESS = "ten gigabytes of it"


@dataclass(frozen=True, slots=True)
class FakeAnswer:
    """An answer; `sending` says how it goes out and `delay` after how many seconds."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    sending: Sending = Sending.WHOLE
    delay: float = 0.0


JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}


def error(status: int, code: str = "", message: str = "", **headers: str) -> FakeAnswer:
    """An error as the service words it; headers with `_` for `-`."""
    code = code or next((one for one, its in CODES.items() if its == status), "error")
    body = {"error": code, "message": message or f"The fake says {code}."}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return FakeAnswer(status, json.dumps(body).encode(), JSON_TYPE | named)


def redirected(target: str, location: str = "") -> FakeAnswer:
    """A 301 with the id of a library, with or without a Location."""
    body = {"error": "library_redirected", "message": "It has moved.", "redirectUrl": target}
    headers = {"Location": location} if location else {}
    return FakeAnswer(301, json.dumps(body).encode(), JSON_TYPE | headers)


def throttled(seconds: int, message: str = "Too many requests.") -> FakeAnswer:
    """A 429 with Retry-After and what is left of the quota: nothing."""
    return error(
        429,
        "",
        message,
        Retry_After=str(seconds),
        RateLimit_Limit="200",
        RateLimit_Remaining="0",
        RateLimit_Reset=str(seconds),
    )


def _plain(body: bytes, *, kind: str = JSON_TYPE["Content-Type"], sending: Sending = Sending.WHOLE) -> FakeAnswer:
    return FakeAnswer(200, body, {"Content-Type": kind}, sending)


_SNIPPETS = b'{"codeSnippets": [], "infoSnippets": [{"content": "'
_FIXED: Mapping[str, Callable[[], FakeAnswer]] = {
    "empty": lambda: _plain(b""),
    "badjson": lambda: _plain(b'{"codeSnippets": [}'),
    "truncated": lambda: _plain(_SNIPPETS),
    "badutf8": lambda: _plain(_SNIPPETS + b'\xff\xfe"}]}'),
    "deep": lambda: _plain(b"[" * _DEEP + b"]" * _DEEP),
    "gzip": lambda: FakeAnswer(200, gzip.compress(bytes(100_000)), JSON_TYPE | {"Content-Encoding": "gzip"}),
    "html": lambda: _plain(b"<html><body>Sign in to continue</body></html>", kind="text/html"),
    "err200": lambda: _plain(json.dumps({"error": "internal_error", "message": "Something broke."}).encode()),
    "notadict": lambda: _plain(b"[1, 2, 3]"),
    "reset": lambda: _plain(_SNIPPETS, sending=Sending.RESET),
    "drip": lambda: _plain(_SNIPPETS, sending=Sending.DRIPPING),
    "huge": lambda: _plain(_SNIPPETS, sending=Sending.ENDLESS),
    "quota": lambda: throttled(499415, "Quota Exceeded"),
    "redirect": lambda: redirected("/psf/requests"),
    "redirect-location": lambda: redirected("", "/api/v2/context?libraryId=/psf/requests&query=moved"),
    "redirect-loop": lambda: redirected("/kennethreitz/requests", "/api/v2/context?libraryId=/kennethreitz/requests"),
    "redirect-hostile-id": lambda: redirected("//attacker.example/../x?y=1"),
    "redirect-hostile-host": lambda: redirected("", "http://attacker.example/api/v2/context"),
    "redirect-hostile-scheme": lambda: redirected("", "file:///etc/passwd"),
}
NAMES = (*_FIXED, "error-CODE", "status-N", "slow-N", "throttle-N")
"""All names; CODE is one of `CODES`, N a status or seconds."""


def scenario(name: str) -> FakeAnswer | None:
    """The answer of a scenario; None where the usual one comes, only late.

    Raises:
        UsageError: There is no such scenario.
    """
    if name in _FIXED:
        return _FIXED[name]()
    if name.removeprefix("error-") in CODES and name.startswith("error-"):
        code = name.removeprefix("error-")
        return error(CODES[code], code)
    match = re.fullmatch(r"(status|throttle|slow)-(\d+(?:\.\d+)?)", name)
    if match is None:
        raise UsageError(f"a fake Context7 has no scenario {name!r}: there are {', '.join(NAMES)}")
    kind, number = match[1], float(match[2])
    if kind == "slow":
        return None
    return error(int(number)) if kind == "status" else throttled(int(number))


def delay(name: str) -> float:
    """Seconds before a scenario's answer."""
    return float(name.partition("-")[2]) if name.startswith("slow-") else 0.0
