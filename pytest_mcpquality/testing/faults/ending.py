"""Faults that end the conversation."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_mcpquality.testing.faults.actions import Action, Close, Die, Frame, Message, Part, Send
from pytest_mcpquality.testing.faults.base import Fault


@dataclass(frozen=True, slots=True, repr=False)
class Dies(Fault):
    """The server dies when a request comes in: `Dies(method="initialize")`, `Dies(tool="search", after=3)`.

    Over stdio the process ends with `code`, `stderr` being its last words. Over HTTP every connection is cut and nobody
    listens any more until `restart()`. In memory the stream ends.
    """

    code: int = 1
    stderr: str = ""
    mid_answer: bool = False
    """Die with half of the answer written. In memory, where there is no half a message, before the answer."""

    def on_request(self, _request: Message) -> tuple[Action, ...] | None:
        """End, unless there is an answer to begin first."""
        return None if self.mid_answer else (Die(self.code, self.stderr),)

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Write the first half of the answer, then end."""
        if not self.mid_answer:
            return actions
        halves = (Part(action, 0.5) for action in actions if isinstance(action, Send | Frame))
        return (*halves, Die(self.code, self.stderr))


@dataclass(frozen=True, slots=True, repr=False)
class ClosesStream(Fault):
    """The server closes its end of the stream when a request comes in, and lives on without a word.

    Over stdio it closes stdout; over HTTP it closes the connection of that request; in memory the stream ends.
    """

    def on_request(self, _request: Message) -> tuple[Action, ...] | None:
        """Close."""
        return (Close(),)
