"""What can go wrong between us and a forge; no message ever holds the token."""

from __future__ import annotations

from mcpquality_scanners.errors import McpQualityError


class ForgeError(McpQualityError):
    """The forge could not be reached, or refused; `status` is its HTTP status, 0 when it gave no answer.

    `uncertain` says that it may have done what it was asked for all the same.
    """

    def __init__(self, message: str, *, status: int = 0, uncertain: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.uncertain = uncertain
