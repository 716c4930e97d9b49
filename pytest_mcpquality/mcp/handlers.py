"""What a client of ours answers when a server asks it for something: roots, a sampled message, an elicitation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pytest_mcpquality.mcp.protocol import JsonObject

Handler = Callable[[JsonObject], Awaitable[JsonObject]]
"""Takes the parameters of a server's request, gives the result; both as they stand on the wire."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """Answers to a server's requests; what has none is not among the capabilities that the client declares.

    Attributes:
        sampling: Answers `sampling/createMessage`.
        elicitation: Answers `elicitation/create`.
        roots: Answers `roots/list`.
    """

    sampling: Handler | None = None
    elicitation: Handler | None = None
    roots: Handler | None = None

    def capabilities(self) -> JsonObject:
        """What the client declares."""
        declared: JsonObject = {}
        if self.roots:
            declared["roots"] = {"listChanged": False}
        if self.sampling:
            declared["sampling"] = {}
        if self.elicitation:
            declared["elicitation"] = {"form": {}, "url": {}}
        return declared

    def find(self, method: str) -> Handler | None:
        """Who answers a method."""
        match method:
            case "ping":
                return _pong
            case "sampling/createMessage":
                return self.sampling
            case "elicitation/create":
                return self.elicitation
            case "roots/list":
                return self.roots
            case _:
                return None


async def _pong(_: JsonObject) -> JsonObject:
    return {}
