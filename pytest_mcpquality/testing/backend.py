"""A mock server as one session, or one start over HTTP, sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_mcpquality.mcp.server_bridge import Answer, Backend, Events, ServerIdentity, ServerRequest
from pytest_mcpquality.testing.content.catalog import Catalog
from pytest_mcpquality.testing.seam import SESSION_IN_SCOPE, SessionInfo

if TYPE_CHECKING:
    from pytest_mcpquality.testing.mock_server import MockMCPServer

_ONLY_HANDSHAKE = frozenset({"logging/setLevel", "resources/subscribe", "resources/unsubscribe"})
"""Methods that protocol 2026-07-28 has no more."""


class SessionBackend(Backend):
    """What the SDK's server asks, answered by the mock server.

    Args:
        server: The mock server.
        session: Whose messages these are; over HTTP, each message says that itself.
    """

    def __init__(self, server: MockMCPServer, session: SessionInfo) -> None:
        self._server = server
        self._session = session

    @property
    def identity(self) -> ServerIdentity:
        """Who the mock server is."""
        return self._server.identity

    @property
    def events(self) -> Events:
        """What changes in it."""
        return self._server.sessions

    def capabilities(self, *, modern: bool) -> dict[str, Any]:  # noqa: ARG002 - the same in both eras
        """What it says it can do."""
        derived = capabilities(self._catalog())
        claimed = {**derived, **self._server.claimed}
        return {key: value for key, value in claimed.items() if value is not None}

    def input_schema(self, tool: str) -> Mapping[str, Any] | None:
        """The schema of a tool's arguments."""
        found = self._catalog().tools.get(tool)
        return found.definition["inputSchema"] if found else None

    def begin(self, request: ServerRequest) -> None:
        """Record a request."""
        request.record = self._server.recorder.begin(request.method, request.params, request.id, self._of(request))

    async def answer(self, request: ServerRequest) -> Answer | None:
        """Answer it from script and content."""
        return await self._server.engine.answer(request, self._of(request))

    def end(
        self, request: ServerRequest, *, result: Mapping[str, Any] | None = None, error: Mapping[str, Any] | None = None
    ) -> None:
        """Record what came of it."""
        self._server.recorder.end(request.record, result=result, error=error)

    def notified(self, notification: ServerRequest) -> None:
        """Record a notification; the one after the handshake opens the session."""
        session = self._of(notification)
        self._server.recorder.begin(notification.method, notification.params, None, session)
        if notification.method == "notifications/initialized":
            self._server.sessions.opened(session.id, notification.client)

    def _of(self, request: ServerRequest) -> SessionInfo:
        if request.scope is None:
            return self._session
        session: SessionInfo = request.scope.get(SESSION_IN_SCOPE, self._session)
        return session

    def _catalog(self) -> Catalog:
        return self._server.catalog_of(self._session.start)


def capabilities(catalog: Catalog) -> dict[str, Any]:
    """What a server with this content can do, in wire form."""
    return {family: dict(claim) for family, claim in _CLAIMS.items() if _has(catalog, family)}


def serves(catalog: Catalog, method: str, *, modern: bool) -> bool:
    """Whether a server with this content has the method."""
    if modern and method in _ONLY_HANDSHAKE:
        return False
    family = method.partition("/")[0]
    return _has(catalog, "completions" if family == "completion" else family)


_CLAIMS: Mapping[str, Mapping[str, Any]] = {
    "tools": {"listChanged": True},
    "logging": {},
    "resources": {"listChanged": True, "subscribe": True},
    "prompts": {"listChanged": True},
    "completions": {},
}


def _has(catalog: Catalog, family: str) -> bool:
    match family:
        case "resources":
            return bool(catalog.resources or catalog.templates)
        case "prompts":
            return bool(catalog.prompts)
        case "completions":
            return bool(catalog.completers)
        case _:
            return family in _CLAIMS
