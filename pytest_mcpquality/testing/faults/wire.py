"""What one session's messages become: decided here, without I/O, and carried out by hosting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_mcpquality.testing.faults.actions import Action, Hold, HttpAction, Message, Respond, Send
from pytest_mcpquality.testing.faults.base import Fault, HttpRequest, Transport
from pytest_mcpquality.testing.faults.collection import Faults

Report = Callable[[Fault, Message | None, bool], None]
"""Told of each fault that was applied, of its message, and whether the server sees that message."""


@dataclass(frozen=True, slots=True)
class _Pending:
    request: Message
    faults: tuple[Fault, ...]


class Wire:
    """The faults between one client and the server; only ever used by one thread at a time."""

    def __init__(self, faults: Faults, transport: Transport, start: int, report: Report) -> None:
        self._faults = faults
        self._transport: Transport = transport
        self._start = start
        self._report = report
        self._pending: dict[str, _Pending] = {}
        self._held: list[tuple[Action, ...]] = []

    def starting(self) -> tuple[Action, ...]:
        """What happens at the start, before any message."""
        actions: tuple[Action, ...] = ()
        for fault in self._faults.at_start(self._transport, self._start):
            actions += fault.on_start()
            self._report(fault, None, False)
        return actions

    def exchange(self, request: HttpRequest) -> tuple[HttpAction, ...]:
        """What happens to an HTTP request as a whole."""
        decided: list[HttpAction] = []
        for fault in self._faults.for_http(request, self._start):
            action = fault.on_http(request)
            if action is not None:
                decided.append(action)
                self._report(fault, request.message, not _answers(action))
                if _answers(action):
                    break
        return tuple(decided)

    def incoming(self, message: Message) -> tuple[Action, ...] | None:
        """What happens instead of handing the client's message to the server; None hands it over."""
        if "method" not in message:
            return None
        applying = self._faults.for_message(message, self._transport, self._start)
        for number, fault in enumerate(applying):
            actions = fault.on_request(message)
            if actions is not None:
                self._report(fault, message, False)
                return self._distorted(actions, message, (*applying[:number], *applying[number + 1 :]))
        if applying and "id" in message:
            self._pending[repr(message["id"])] = _Pending(message, applying)
        return None

    def outgoing(self, message: Message) -> tuple[Action, ...]:
        """What is written where the server would write this message."""
        pending = None
        if self._pending and "method" not in message:
            pending = self._pending.pop(repr(message.get("id")), None)
        if pending is None:
            return (Send(message),)
        return self._distorted((Send(message),), pending.request, pending.faults)

    def distorts(self) -> bool:
        """Whether an answer is awaited that will not go out as it is."""
        return bool(self._pending)

    def _distorted(
        self, actions: tuple[Action, ...], request: Message, faults: tuple[Fault, ...]
    ) -> tuple[Action, ...]:
        for fault in faults:
            changed = fault.on_response(actions, request)
            if changed != actions:
                self._report(fault, request, True)
            actions = changed
        return self._released(actions)

    def _released(self, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        match actions:
            case (Hold(kept, until),):
                self._held.append(kept)
                if len(self._held) < until:
                    return ()
                released = tuple(action for held in reversed(self._held) for action in held)
                self._held.clear()
                return released
            case _:
                return actions


def _answers(action: HttpAction) -> bool:
    return isinstance(action, Respond)
