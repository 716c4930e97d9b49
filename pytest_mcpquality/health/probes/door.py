"""Where an HTTP server was found in a session, for those who then knock without being its client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from pytest_mcpquality.mcp.connection import McpConnection


@runtime_checkable
class _AtUrl(Protocol):
    """A transport that goes to a URL; asked for by its form, so that nothing of HTTP is loaded for a process."""

    url: object


@runtime_checkable
class _InSession(Protocol):
    session_id: str | None


@dataclass(frozen=True, slots=True)
class Door:
    """An endpoint, after redirects; the session that it gave, if any; whether it is one of the old event streams."""

    url: str = ""
    session: str = ""
    version: str = ""
    modern: bool = False
    old: bool = False

    @classmethod
    def of(cls, connection: McpConnection) -> Self:
        """The one of a connection that was opened."""
        transport = connection.transport
        # A server that was asked for `initialize` in vain may have given a session with its refusal.
        given = transport.session_id if isinstance(transport, _InSession) and not connection.modern else None
        url = str(transport.url) if isinstance(transport, _AtUrl) else ""
        old = bool(url) and not isinstance(transport, _InSession)
        return cls(url, given or "", connection.agreement.version, connection.modern, old)
