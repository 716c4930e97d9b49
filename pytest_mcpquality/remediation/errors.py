"""What goes wrong between us and Context7; no message ever holds a key.

```text
McpQualityError
└── RemediationError              there is no documentation; `reason` says why
    ├── NoDocumentationError      the service says that there is none: it is worth remembering
    ├── MovedError                the library has another id now
    ├── RefusedError              the service refuses the request
    │   └── KeyRefusedError       ... because of the key
    ├── QuotaExceededError        too many requests, by the service's count
    ├── UnreachableError          no answer, or one that says that the service has failed
    ├── UnusableAnswerError       an answer that is no documentation
    ├── NotAskedError             the service was not asked: offline, or no request was left
    └── DocsTimeoutError          not in time (a TimeoutError, too)
```
"""

from __future__ import annotations

from typing import ClassVar

from mcpquality_scanners.errors import McpQualityError
from pytest_mcpquality.remediation.values import MissReason


class RemediationError(McpQualityError):
    """The root of this package's errors."""

    reason: ClassVar[MissReason] = MissReason.UNREACHABLE


class NoDocumentationError(RemediationError):
    """There is none: unknown library or version, nothing about the query (404, 422), or not ready yet (202)."""

    reason = MissReason.NOT_FOUND

    def __init__(self, message: str, *, pending: bool = False) -> None:
        super().__init__(message)
        self.pending = pending


class MovedError(RemediationError):
    """The library has another id now: `target`, checked; or another address at the same origin."""

    reason = MissReason.NOT_FOUND

    def __init__(self, message: str, *, target: str) -> None:
        super().__init__(message)
        self.target = target


class RefusedError(RemediationError):
    """The service refuses the request; asking again would change nothing."""

    reason = MissReason.REFUSED


class KeyRefusedError(RefusedError):
    """The service refuses the key, or what it may do; `lasting` when it will refuse it for every request."""

    def __init__(self, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.lasting = lasting


class QuotaExceededError(RemediationError):
    """Too many requests.

    Attributes:
        retry_after: Seconds that the service asks for; None when it does not say.
        hold: Seconds until it grants requests anew, as far as it says; at least `retry_after`.
    """

    reason = MissReason.QUOTA

    def __init__(self, message: str, *, retry_after: float | None = None, hold: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.hold = max(hold, retry_after or 0.0)


class UnreachableError(RemediationError):
    """No answer, or one that says that the service has failed (5xx)."""


class UnusableAnswerError(RemediationError):
    """An answer that is no documentation, though its status says so."""

    reason = MissReason.UNUSABLE


class NotAskedError(RemediationError):
    """The service was not asked."""

    reason = MissReason.OFFLINE


class DocsTimeoutError(RemediationError, TimeoutError):
    """Not in time."""

    reason = MissReason.LATE
