"""Faults of time: the answer comes late, slowly or never."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_mcpquality.testing.faults.actions import Action, Drip, Frame, Message, Part, Pause, Raw, Send
from pytest_mcpquality.testing.faults.base import ON_BYTES, Fault, Transport
from pytest_mcpquality.testing.faults.errors import FaultError


@dataclass(frozen=True, slots=True, repr=False)
class Hangs(Fault):
    """The request is never answered; all others are: `Hangs(method="initialize")`."""

    def on_request(self, _request: Message) -> tuple[Action, ...] | None:
        """Do nothing."""
        return ()


@dataclass(frozen=True, slots=True, repr=False)
class Delays(Fault):
    """The answer comes `seconds` late, on the mock server's clock; other answers overtake it."""

    seconds: float

    def __post_init__(self) -> None:
        """Check the number."""
        Fault.__post_init__(self)
        if self.seconds < 0:
            raise FaultError(f"Delays: seconds must be 0 or more, not {self.seconds}")

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Wait first."""
        return (Pause(self.seconds), *actions)


@dataclass(frozen=True, slots=True, repr=False)
class Drips(Fault):
    """The answer comes in pieces of `size` bytes, `every` seconds one, on the mock server's clock.

    A client whose deadline starts anew with every byte waits for ever.
    """

    size: int = 1
    every: float = 0.05
    transports: ClassVar[frozenset[Transport]] = ON_BYTES

    def __post_init__(self) -> None:
        """Check the numbers."""
        Fault.__post_init__(self)
        if self.size < 1 or self.every < 0:
            raise FaultError(f"Drips: size must be 1 or more and every 0 or more, not {self.size} and {self.every}")

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Write all of it slowly."""
        return tuple(
            Drip(action, self.size, self.every) if isinstance(action, Send | Frame | Raw | Part) else action
            for action in actions
        )
