"""What a connection needs of the way to its server, and what that way reports back."""

from __future__ import annotations

from typing import Protocol

from pytest_mcpquality.mcp.diagnosis import Diagnosis, Oddity
from pytest_mcpquality.mcp.protocol import JsonObject


class Inbox(Protocol):
    """Where a transport puts what comes in; called on the event loop, never awaited."""

    def received(self, message: JsonObject) -> None:
        """A message came."""
        ...

    def odd(self, oddity: Oddity) -> None:
        """Something came that the protocol does not allow."""
        ...

    def failed(self, request_id: int, diagnosis: Diagnosis) -> None:
        """To this request no answer will come."""
        ...

    def lost(self, diagnosis: Diagnosis) -> None:
        """Nothing will come any more."""
        ...


class Transport(Protocol):
    """A way to one server, opened and closed once."""

    async def open(self, inbox: Inbox) -> None:
        """Start or reach the server.

        Raises:
            TransportError: That did not work.
        """
        ...

    def send(self, message: JsonObject) -> None:
        """Send a message; whether it arrives is reported to the inbox."""
        ...

    def give_up(self, request_id: int) -> None:
        """Nobody waits for the answer to this request any more."""
        ...

    def negotiated(self, version: str) -> None:
        """The protocol's version is known now."""
        ...

    def last_words(self) -> tuple[str, ...]:
        """The last lines that the server said besides its messages, its standard error."""
        ...

    def hints(self) -> tuple[str, ...]:
        """What may be the reason when the server does not answer, each a sentence."""
        ...

    async def close(self, *, hurry: bool = False) -> None:
        """End it with everything that belongs to it; may be called twice. In a hurry it is given little time."""
        ...

    def kill(self) -> None:
        """End it at once, without an event loop: the last resort."""
        ...


class TransportError(Exception):
    """A server could not be started or reached; never leaves this package."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(str(diagnosis))
        self.diagnosis = diagnosis
