"""Faults of the JSON-RPC id and of the order: the answer cannot be told to belong to its request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from pytest_mcpquality.testing.faults.actions import Action, Hold, Message, Send
from pytest_mcpquality.testing.faults.base import ON_BYTES, Fault, Transport
from pytest_mcpquality.testing.faults.errors import FaultError

NOBODY_ASKED = 987654321
"""An id that no client has used."""


@dataclass(frozen=True, slots=True, repr=False)
class WrongId(Fault):
    """The answer carries another id than its request, so the request is never answered."""

    id: int | str = NOBODY_ASKED

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Change the id."""
        return rewritten(actions, lambda message: {**message, "id": self.id})


@dataclass(frozen=True, slots=True, repr=False)
class MissingId(Fault):
    """The answer carries no id."""

    transports: ClassVar[frozenset[Transport]] = ON_BYTES

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Take the id out."""
        return rewritten(actions, lambda message: {key: value for key, value in message.items() if key != "id"})


@dataclass(frozen=True, slots=True, repr=False)
class UnknownId(Fault):
    """Before the answer there is another one, to an id that nobody asked with."""

    id: int | str = NOBODY_ASKED

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Answer nobody, then the request."""
        return (Send({"jsonrpc": "2.0", "id": self.id, "result": {}}), *actions)


@dataclass(frozen=True, slots=True, repr=False)
class DuplicateResponse(Fault):
    """The answer comes twice, with the same id."""

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Write it twice."""
        return (*actions, *actions)


@dataclass(frozen=True, slots=True, repr=False)
class OutOfOrder(Fault):
    """Answers are kept until there are `hold` of them, then written in reverse order.

    JSON-RPC allows that. A client that has fewer requests under way at a time waits for ever. Over HTTP each answer has
    a response of its own, so there is no order to break: use `Delays` there.
    """

    hold: int = 2
    transports: ClassVar[frozenset[Transport]] = frozenset({"memory", "stdio"})

    def __post_init__(self) -> None:
        """Check the number."""
        Fault.__post_init__(self)
        if self.hold < 2:  # noqa: PLR2004 - one alone has no order
            raise FaultError(f"OutOfOrder: hold must be 2 or more, not {self.hold}")

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Keep it."""
        return (Hold(actions, self.hold),)


def rewritten(actions: tuple[Action, ...], rewrite: Callable[[Message], Message]) -> tuple[Action, ...]:
    """The actions with every whole message changed."""
    return tuple(Send(rewrite(action.message)) if isinstance(action, Send) else action for action in actions)
