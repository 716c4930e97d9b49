"""Which requests wait for an answer, and what an answer that nobody waits for means."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_mcpquality.mcp.diagnosis import Odd, Oddity
from pytest_mcpquality.mcp.protocol import JsonObject

REMEMBERED = 1000
"""How many requests that are over are remembered, to tell a second answer from one that nobody asked for."""


@dataclass(slots=True)
class Waiting:
    """A request without an answer."""

    method: str
    answer: asyncio.Future[JsonObject]
    on_progress: Callable[[JsonObject], object] | None = None


@dataclass(slots=True)
class Requests:
    """All requests of a connection, those that wait and the latest that are over; decides, and does no I/O."""

    waiting: dict[int, Waiting] = field(default_factory=dict[int, Waiting])
    _over: OrderedDict[int, str] = field(default_factory=OrderedDict[int, str])
    _last: int = 0

    def add(self, waiting: Waiting) -> int:
        """Give a request its id."""
        self._last += 1
        self.waiting[self._last] = waiting
        return self._last

    def answered(self, request_id: object) -> Waiting | Oddity:
        """Who waits for the answer with this id; what is odd about it when nobody does."""
        if isinstance(request_id, int) and not isinstance(request_id, bool) and request_id in self.waiting:
            self._remember(request_id, "answered")
            return self.waiting.pop(request_id)
        return self._nobody(request_id)

    def give_up(self, request_id: int) -> None:
        """Nobody waits any more."""
        if self.waiting.pop(request_id, None) is not None:
            self._remember(request_id, "given up")

    def _remember(self, request_id: int, how: str) -> None:
        self._over[request_id] = how
        if len(self._over) > REMEMBERED:
            self._over.popitem(last=False)

    def _nobody(self, request_id: object) -> Oddity:
        if request_id is None:
            return Oddity(Odd.NO_ID, "answered without an id")
        how = self._over.get(request_id) if type(request_id) is int else None  # True is 1, too
        if how == "answered":
            return Oddity(Odd.DUPLICATE_ID, f"answered id {request_id} twice")
        if how == "given up":
            return Oddity(Odd.LATE, f"answered id {request_id} after it was given up")
        return Oddity(Odd.UNKNOWN_ID, f"answered id {_shown(request_id)}, nobody asked{self._hint(request_id)}")

    def _hint(self, request_id: object) -> str:
        if isinstance(request_id, str) and any(str(known) == request_id for known in self.waiting):
            return " (the id was a number, and the answer has a string)"
        return ""


def _shown(request_id: object) -> str:
    text = repr(request_id)
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - as much as fits into a sentence
