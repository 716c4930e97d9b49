"""Faults of form: what is written is not JSON, or not all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from pytest_mcpquality.testing.faults.actions import Action, Frame, Message, Part, Raw, Send
from pytest_mcpquality.testing.faults.base import ON_BYTES, Fault, Transport
from pytest_mcpquality.testing.faults.encoding import encoded
from pytest_mcpquality.testing.faults.errors import FaultError


@dataclass(frozen=True, slots=True, repr=False)
class Garbage(Fault):
    """`text` that is no message stands before, after or inside the answer, as a forgotten print() does.

    Over stdio `before` and `after` write it as it is, so give it its own end of line.
    """

    text: str = "DEBUG: handling request\n"
    where: Literal["before", "after", "inside"] = "before"
    transports: ClassVar[frozenset[Transport]] = ON_BYTES

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Write it there."""
        garbage = self.text.encode()
        match self.where:
            case "before":
                return (Raw(garbage), *actions)
            case "after":
                return (*actions, Raw(garbage))
            case "inside":
                return _rewritten(actions, lambda body: _interrupted(body, garbage))


@dataclass(frozen=True, slots=True, repr=False)
class Truncates(Fault):
    """Only the first `share` of the answer is written.

    With `ends_frame` the line (or event) ends there and the next message is whole; without, nothing ends it, and
    over stdio the next message continues the same line.
    """

    share: float = 0.5
    ends_frame: bool = True
    transports: ClassVar[frozenset[Transport]] = ON_BYTES

    def __post_init__(self) -> None:
        """Check the number."""
        Fault.__post_init__(self)
        if not 0 < self.share < 1:
            raise FaultError(f"Truncates: share must be between 0 and 1, not {self.share}")

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Write less."""
        if self.ends_frame:
            return _rewritten(actions, lambda body: body[: max(1, int(len(body) * self.share))])
        return tuple(Part(action, self.share) if isinstance(action, Send | Frame) else action for action in actions)


@dataclass(frozen=True, slots=True, repr=False)
class Malforms(Fault):
    """`body` stands where the answer should; the default looks like JSON and is none."""

    body: str = '{"jsonrpc": "2.0", "id": 1, "result": {,}}'
    transports: ClassVar[frozenset[Transport]] = ON_BYTES

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Write that."""
        return _rewritten(actions, lambda _body: self.body.encode())


def _interrupted(body: bytes, garbage: bytes) -> bytes:
    """Between two members, as in the middle of a string it could pass for part of that."""
    before, comma, after = body.partition(b",")
    return before + comma + garbage + after


def _rewritten(actions: tuple[Action, ...], rewrite: Callable[[bytes], bytes]) -> tuple[Action, ...]:
    return tuple(Frame(rewrite(encoded(action))) if isinstance(action, Send | Frame) else action for action in actions)
