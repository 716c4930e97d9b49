"""What an answer of the service means, and which library is the right one: pure functions and figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.text import one_line
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
from pytest_mcpquality.remediation.statistics import Quota
from pytest_mcpquality.remediation.values import Library
from pytest_mcpquality.resilience.cache.ttl import TTL_BY_TOPIC

_HOUR: Final = 3600.0
SEARCH_TTL: Final = 24 * _HOUR
"""Seconds that the libraries of a name stay fresh."""

DOCS_TTL: Final = 7 * 24 * _HOUR
"""Seconds that documentation stays fresh where no topic is known."""

LONGEST_HOLD: Final = 31 * 24 * _HOUR
"""Seconds that the service may ask us to stay away; quotas are monthly."""

LONGEST_TEXT: Final = 500
"""Characters of a parameter."""

_TRUSTED: Final = 7.0  # of 10: what the service calls a high reputation
_READY: Final = {"finalized": 2, "": 1}
_WORD: Final = r"(?!\.{1,2}(?:[/@]|$))[\w.+~-]+"
_ID: Final = re.compile(rf"/{_WORD}/{_WORD}(?:[/@](?!\.{{1,2}}$)[\w.+~@-]+)?", re.ASCII)
_EPOCH: Final = 10**9  # a RateLimit-Reset from here on is a point in time, not a duration
_MILLISECONDS: Final = 10**11

_PENDING, _MOVED = 202, (301, 302, 303, 307, 308)
_KEY_STATUSES: Final = (401, 402, 403)
_NOTHING: Final = (404, 410, 422)
_TOO_MANY: Final = 429
_FAILED: Final = 500


_CODES: Final = {
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


def status_of(code: object) -> int:
    """The status that an error's code comes with; 0 of what is no code."""
    return _CODES.get(code, 0) if isinstance(code, str) else 0


def docs_ttl(topic: str) -> float:
    """Seconds that documentation stays fresh."""
    return TTL_BY_TOPIC.get(topic.casefold(), DOCS_TTL)


def is_library_id(text: str) -> bool:
    """Whether a text is the id of a library, with a version or without."""
    return len(text) <= LONGEST_TEXT and _ID.fullmatch(text) is not None


def checked(name: str, text: str) -> str:
    """A parameter on one line.

    Raises:
        UsageError: It is empty, or longer than the service takes.
    """
    line = " ".join(text.split())
    if not 1 <= len(line) <= LONGEST_TEXT or not line.isprintable():
        raise UsageError(f"docs: {name} must have 1 to {LONGEST_TEXT} characters, all printable")
    return line


def ranked(libraries: Iterable[Library], name: str) -> list[Library]:
    """Libraries, the best first: can be had, is called so, trusted, well described, large."""
    wanted = name.casefold()

    def rank(library: Library) -> tuple[int, bool, bool, float, int]:
        exact = wanted in {library.title.casefold(), library.id.casefold(), library.id.rpartition("/")[2].casefold()}
        trusted = (library.trust_score or 0.0) >= _TRUSTED
        return _READY.get(library.state, 0), exact, trusted, library.benchmark_score or 0.0, library.snippets

    return sorted(libraries, key=rank, reverse=True)


def best(libraries: Iterable[Library], name: str) -> Library:
    """The best library.

    Raises:
        NoDocumentationError: There is none, or none is ready.
    """
    found = ranked(libraries, name)
    if not found:
        raise NoDocumentationError(f"Context7 knows no library {one_line(name, 80)!r}")
    if found[0].state not in _READY:
        raise NoDocumentationError(f"the documentation of {found[0].id} is not ready yet", pending=True)
    return found[0]


def refusal(  # noqa: PLR0911 - a table
    status: int, body: Mapping[str, Any], headers: Mapping[str, str], now: datetime
) -> RemediationError:
    """What an answer other than 200 means.

    Args:
        status: Its status.
        body: Its JSON; empty when it was none.
        headers: Its headers, case-insensitive.
        now: The time of day.
    """
    code, message = (one_line(str(body.get(name) or ""), 200) for name in ("error", "message"))
    said = f"Context7 answered {status}" + "".join(f": {part}" for part in (code, message) if part)
    if status == _PENDING:
        return NoDocumentationError(said, pending=True)
    if status in _MOVED:
        return _moved(said, body)
    if status in _KEY_STATUSES:
        # Whom one library is closed to may still read others.
        return KeyRefusedError(said, lasting=status != 403)  # noqa: PLR2004 - named by its comment
    if status in _NOTHING:
        return NoDocumentationError(said)
    if status == _TOO_MANY:
        return _too_many(said, headers, now)
    if status >= _FAILED:
        return UnreachableError(said)
    return RefusedError(said) if status >= 400 else UnusableAnswerError(said)  # noqa: PLR2004 - client errors


def _moved(said: str, body: Mapping[str, Any]) -> RemediationError:
    target = body.get("redirectUrl")
    if isinstance(target, str) and is_library_id(target):
        return MovedError(said, target=target)
    return UnusableAnswerError(f"{said}, to what is no library: not followed")


def _too_many(said: str, headers: Mapping[str, str], now: datetime) -> QuotaExceededError:
    text = headers.get("retry-after", "").strip()
    asked = _number(text)
    if asked is None and text:
        asked = _until(text, now)
    # Where nothing is left, it is no use to come back before that has changed.
    reset = _reset(headers, now) if _number(headers.get("ratelimit-remaining", "")) == 0 else None
    wait = reset if asked is None else min(max(0.0, asked), LONGEST_HOLD)
    return QuotaExceededError(said, retry_after=wait, hold=max(wait or 0.0, reset or 0.0))


def quota(headers: Mapping[str, str], now: datetime) -> Quota | None:
    """What an answer says of requests left; None when it says nothing."""
    limit, remaining = (_number(headers.get(f"ratelimit-{name}", "")) for name in ("limit", "remaining"))
    reset = _reset(headers, now)
    if limit is remaining is reset is None:
        return None
    return Quota(
        None if limit is None else int(limit),
        None if remaining is None else int(remaining),
        None if reset is None else now + timedelta(seconds=reset),
    )


def _reset(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until requests are granted anew: the header is a duration, or a point in time."""
    value = _number(headers.get("ratelimit-reset", ""))
    if value is None:
        return None
    if value >= _EPOCH:
        value = (value / 1000 if value >= _MILLISECONDS else value) - now.timestamp()
    return min(max(0.0, value), LONGEST_HOLD)


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text, re.ASCII) else None


def _until(text: str, now: datetime) -> float | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
