"""What version 1 of the SDK leaves undone: it never closes the streams that it sends its events from.

Left to the garbage collector they warn (`ResourceWarning`), at any time and in any test: where warnings are errors, one
of somebody else fails. So its responses close what they were given. Version 2 does that itself.
"""

from __future__ import annotations

from typing import Any, cast

import mcp.server.streamable_http as sdk
from sse_starlette import EventSourceResponse

from pytest_mcpquality.testing.hosting import codec


class ClosingResponse(EventSourceResponse):
    """Closes the stream that it sends when it has been sent, or was given up."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Send."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            close = getattr(cast("Any", self).body_iterator, "close", None)
            if close is not None:
                close()


def mend_sdk() -> None:
    """Let the SDK use it, if it is of version 1."""
    if not codec.IS_2:
        # The module does not export it: it is found there all the same, in every release of version 1.
        setattr(sdk, "EventSourceResponse", ClosingResponse)  # noqa: B010 - mypy knows no such attribute
