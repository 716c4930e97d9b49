"""What came in at a mock server, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from mcpquality_scanners.clock import Clock
from pytest_mcpquality.testing.faults.base import Fault, Transport
from pytest_mcpquality.testing.seam import SessionInfo

Status: TypeAlias = Literal["pending", "result", "tool error", "error", "cancelled", "notification", "fault"]
"""What came of a message: no answer yet, a result, a result with `isError`, a JSON-RPC error, given up by the client or
by the end of the connection; a notification has no answer; a fault kept it from the server."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request or notification as it came in, and what came of it."""

    number: int
    """Counted over all messages of the server, from 1."""

    method: str
    params: Mapping[str, Any]
    id: str | int | None
    """The JSON-RPC id; None for a notification."""

    session: SessionInfo
    at: datetime
    """When it came in, by the mock server's clock, UTC."""

    seconds: float | None = None
    """How long the answer took; None while there is none."""

    status: Status = "pending"
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    faults: tuple[Fault, ...] = ()
    """The faults that were applied to it."""

    @property
    def transport(self) -> Transport:
        """How the client came in."""
        return self.session.transport

    @property
    def name(self) -> str | None:
        """The tool or prompt that was asked for, the URI of a resource."""
        return self.params.get("name") or self.params.get("uri")

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What a tool or prompt was given."""
        return self.params.get("arguments") or {}

    def __str__(self) -> str:
        subject = f" {self.name!r}" if self.name else ""
        given = f" {dict(self.arguments)!r}" if self.arguments else ""
        return f"{self.method}{subject}{given} -> {self.status}"


@dataclass(slots=True)
class _Entry:
    """A call as it is kept: cheap to make, as every call pays for it; the public `Call` is made when somebody looks."""

    number: int
    method: str
    params: Mapping[str, Any]
    id: str | int | None
    session: SessionInfo
    at: datetime
    started: float
    status: Status
    faults: list[Fault]
    ended: float | None = None
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None

    def public(self) -> Call:
        return Call(
            number=self.number,
            method=self.method,
            params=self.params,
            id=self.id,
            session=self.session,
            at=self.at,
            seconds=None if self.ended is None else self.ended - self.started,
            status=self.status,
            result=self.result,
            error=self.error,
            faults=tuple(self.faults),
        )


class Recorder:
    """All messages of a mock server over all its sessions, in the order they came in. Safe to use from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[_Entry] = []
        self._changed = threading.Condition()
        self._watchers = 0
        self._early_faults: dict[tuple[str, Any], list[Fault]] = {}

    def begin(
        self, method: str, params: Mapping[str, Any] | None, id_: str | int | None, session: SessionInfo
    ) -> object:
        """Note that a message came in; what it gives is to be handed to `end`."""
        return self._add(method, params or {}, id_, session, "notification" if id_ is None else "pending")

    def end(
        self, record: object, *, result: Mapping[str, Any] | None = None, error: Mapping[str, Any] | None = None
    ) -> None:
        """Note what came of a request; neither means that it was cancelled. What was noted first stays."""
        assert isinstance(record, _Entry)  # noqa: S101 - it is what `begin` gave
        now = self._clock.monotonic()
        with self._changed:
            if record.status == "pending":
                record.ended, record.result, record.error = now, result, error
                record.status = _status(result, error)
                self._tell()

    def fault(self, session: SessionInfo, fault: Fault, message: Mapping[str, Any] | None, *, served: bool) -> None:
        """Note that a fault was applied to a message; `served` if the message reaches the server as well."""
        known: Mapping[str, Any] = message or {}
        if not served or message is None:
            self._add(known.get("method", ""), known.get("params") or {}, known.get("id"), session, "fault", fault)
            return
        key = (session.id, known.get("id"))
        with self._changed:
            entry = next((one for one in reversed(self._entries) if (one.session.id, one.id) == key), None)
            (entry.faults if entry else self._early_faults.setdefault(key, [])).append(fault)

    def calls(self) -> tuple[Call, ...]:
        """All messages, in the order they came in."""
        with self._changed:
            return tuple(entry.public() for entry in self._entries)

    def clear(self) -> None:
        """Forget everything."""
        with self._changed:
            self._entries.clear()
            self._early_faults.clear()

    def wait_for(self, condition: Callable[[tuple[Call, ...]], bool], seconds: float) -> bool:
        """Block the thread until the condition holds; False if it did not within that many seconds of real time."""
        with self._changed:
            self._watchers += 1
            try:
                return self._changed.wait_for(
                    lambda: condition(tuple(entry.public() for entry in self._entries)), timeout=seconds
                )
            finally:
                self._watchers -= 1

    def _add(
        self,
        method: str,
        params: Mapping[str, Any],
        id_: str | int | None,
        session: SessionInfo,
        status: Status,
        *faults: Fault,
    ) -> _Entry:
        started, at, copied = self._clock.monotonic(), self._clock.now(), _copy(params)
        with self._changed:
            early = self._early_faults.pop((session.id, id_), []) if self._early_faults else []
            number = len(self._entries) + 1
            entry = _Entry(number, method, copied, id_, session, at, started, status, [*early, *faults])
            self._entries.append(entry)
            self._tell()
        return entry

    def _tell(self) -> None:
        if self._watchers:
            self._changed.notify_all()


def _status(result: Mapping[str, Any] | None, error: Mapping[str, Any] | None) -> Status:
    if error is not None:
        return "error"
    if result is None:
        return "cancelled"
    return "tool error" if result.get("isError") else "result"


def _copy(params: Mapping[str, Any]) -> dict[str, Any]:
    """A copy all the way down, as a client in this process may go on to change what it sent."""
    copied = dict(params)
    for key, value in copied.items():
        # Most values are neither: every call of a tool pays for this.
        if isinstance(value, dict | list):
            copied[key] = _copied(value)
    return copied


def _copied(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return _copy(value)  # pyright: ignore[reportUnknownArgumentType] - a dict of JSON
    if isinstance(value, list):
        return [_copied(one) for one in value]  # pyright: ignore[reportUnknownVariableType] - a list of JSON
    return value
