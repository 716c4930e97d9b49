"""What pytest leaves out of a traceback: our own frames, where the error is one of ours and its message says it all.

A module says so by `__tracebackhide__ = hides`. `pytest --full-trace` shows them.
"""

from __future__ import annotations

from typing import Protocol

from mcpquality_scanners.errors import McpQualityError


class Failure(Protocol):
    """What pytest tells of an exception: its `ExceptionInfo`."""

    @property
    def value(self) -> BaseException:
        """The exception."""
        ...


def hides(failure: Failure | None) -> bool:
    """Whether our frames are no help: any other exception that comes out of our code may be a bug in it."""
    return failure is not None and isinstance(failure.value, McpQualityError)
