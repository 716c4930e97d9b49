"""What every fault is: a frozen value that says when it applies, and decides what happens then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Literal, TypeAlias, cast

from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.testing.faults.actions import Action, HttpAction, Message
from pytest_mcpquality.testing.faults.errors import FaultError

__tracebackhide__ = hides

Transport: TypeAlias = Literal["memory", "stdio", "http"]
"""How a client reaches the server."""

Occasion: TypeAlias = Literal["start", "message", "http", "while there"]
"""What a fault waits for, and what `after` and `times` count: starts of the server, JSON-RPC messages, HTTP requests;
or nothing: it is so for as long as the fault is there."""

OPENING = frozenset({"initialize", "server/discover"})
"""The first request of either protocol era."""

EVERYWHERE: frozenset[Transport] = frozenset({"memory", "stdio", "http"})
ON_BYTES: frozenset[Transport] = frozenset({"stdio", "http"})
STDIO: frozenset[Transport] = frozenset({"stdio"})
HTTP: frozenset[Transport] = frozenset({"http"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a fault of HTTP sees of a request."""

    verb: str
    message: Message | None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fault:
    """The conditions that all faults share.

    Which of the hooks is asked follows from `occasion`; each fault overrides one of them.
    """

    method: str | None = None
    """Only requests (or notifications) of this JSON-RPC method, such as `tools/call`; None is every request.

    `initialize` stands for the first request of either protocol era, so for `server/discover`, too: which of the two a
    client sends is its own business.
    """

    tool: str | None = None
    """Only calls of this tool."""

    after: int = 0
    """Let that many pass first."""

    times: int | None = None
    """Apply that often, then no more; None is always."""

    transport: Transport | None = None
    """Only over this transport, when the server is reached by several."""

    transports: ClassVar[frozenset[Transport]] = EVERYWHERE
    """Where it makes sense."""

    occasion: ClassVar[Occasion] = "message"

    def __post_init__(self) -> None:
        """Check what can be wrong in every fault."""
        name = type(self).__name__
        if self.after < 0 or (self.times is not None and self.times < 1):
            raise FaultError(f"{name}: `after` counts from 0 and `times` from 1; leave `times` out for always")
        if self.tool is not None and self.method not in {None, "tools/call"}:
            raise FaultError(f"{name}: tool={self.tool!r} is a condition on tools/call, not on {self.method}")
        if self.transport is not None and self.transport not in self.transports:
            raise FaultError(f"{name} makes no sense over {self.transport}, only over {_either(self.transports)}")

    def __repr__(self) -> str:
        said = (
            f"{entry.name}={value!r}"
            for entry in fields(self)
            if (value := getattr(self, entry.name)) != _default(entry)
        )
        return f"{type(self).__name__}({', '.join(said)})"

    def concerns(self, message: Message | None) -> bool:
        """Whether the conditions on the method and the tool hold; None is a GET or DELETE over HTTP."""
        if message is None:
            return self.method is None and self.tool is None
        if self.tool is not None:
            return message.get("method") == "tools/call" and _tool_of(message) == self.tool
        if self.method is None:
            return "method" in message and "id" in message
        method = message.get("method")
        return bool(method == self.method or (self.method == "initialize" and method in OPENING))

    def concerns_http(self, request: HttpRequest) -> bool:
        """Whether the conditions hold for an HTTP request; asked of faults of HTTP."""
        return self.concerns(request.message)

    def concerns_start(self, _start: int) -> bool:
        """Whether the fault is there at all after so many starts of the server."""
        return True

    def on_start(self) -> tuple[Action, ...]:
        """What happens when the server is started."""
        return ()

    def on_request(self, _request: Message) -> tuple[Action, ...] | None:
        """What happens instead of handing the request to the server; None hands it over."""
        return None

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """What is written instead of the answer to the request."""
        return actions

    def on_http(self, _request: HttpRequest) -> HttpAction | None:
        """What happens to an HTTP exchange."""
        return None


def _tool_of(message: Message) -> Any:  # noqa: ANN401 - whatever a client sent
    params = message.get("params")
    return cast("Message", params).get("name") if isinstance(params, Mapping) else None


def _default(entry: Field[Any]) -> Any:  # noqa: ANN401 - of any field
    return entry.default if entry.default_factory is MISSING else entry.default_factory()


def _either(transports: frozenset[Transport]) -> str:
    return " or ".join(sorted(transports))
