"""The faults of one mock server: given at the start or added and taken away later, from any thread."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.testing.faults.actions import Message
from pytest_mcpquality.testing.faults.base import Fault, HttpRequest, Occasion, Transport
from pytest_mcpquality.testing.faults.errors import FaultDoesNotApplyError, FaultError

__tracebackhide__ = hides

Listener = Callable[[], None]
"""Called, without arguments and from any thread, when a fault came or went."""

_WAYS_IN = {"memory": "in memory", "stdio": "by stdio()", "http": "by http()"}


@dataclass(slots=True)
class _Entry:
    fault: Fault
    seen: int = 0

    def counts(self) -> bool:
        """Count an occasion; whether it is one of those that the fault is for."""
        self.seen += 1
        fault = self.fault
        return self.seen > fault.after and (fault.times is None or self.seen <= fault.after + fault.times)


class Faults:
    """What breaks, in the order in which it was added.

    Every fault counts the occasions that meet its conditions, also those at which an earlier fault took the request.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []
        self._reached: Counter[Transport] = Counter()
        self._listeners: list[Listener] = []
        self.add(*faults)

    def __repr__(self) -> str:
        return f"Faults({', '.join(map(repr, self))})"

    def __iter__(self) -> Iterator[Fault]:
        return iter([entry.fault for entry in self._entries])

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, fault: object) -> bool:
        return any(entry.fault == fault for entry in self._entries)

    def add(self, *faults: Fault) -> None:
        """Break this, too, from the next occasion on.

        Raises:
            FaultError: It is no fault.
            FaultDoesNotApplyError: A fault makes no sense over a transport that the server is reached by now.
        """
        for fault in faults:
            _check_kind(fault)
        with self._lock:
            for fault in faults:
                for transport in +self._reached:
                    _check(fault, transport)
            self._entries += map(_Entry, faults)
        self._tell()

    def remove(self, fault: Fault) -> None:
        """Mend this, from the next occasion on.

        Raises:
            FaultError: It is not there.
        """
        with self._lock:
            found = next((entry for entry in self._entries if entry.fault == fault), None)
            if found is None:
                raise FaultError(f"{fault!r} is not among the faults: {[entry.fault for entry in self._entries]}")
            self._entries.remove(found)
        self._tell()

    def clear(self) -> None:
        """Mend everything."""
        with self._lock:
            self._entries.clear()
        self._tell()

    def attach(self, transport: Transport, listener: Listener | None = None) -> None:
        """The server is reached by `transport` from now on; `listener` hears of what changes. For hosting.

        Raises:
            FaultDoesNotApplyError: A fault makes no sense there.
        """
        with self._lock:
            for entry in self._entries:
                _check(entry.fault, transport)
            self._reached[transport] += 1
            if listener is not None:
                self._listeners.append(listener)

    def detach(self, transport: Transport, listener: Listener | None = None) -> None:
        """Undo `attach`."""
        with self._lock:
            self._reached[transport] -= 1
            if listener is not None:
                self._listeners.remove(listener)

    def at_start(self, transport: Transport, start: int) -> tuple[Fault, ...]:
        """What applies to this start of the server."""
        return self._applying("start", transport, start, lambda _fault: True)

    def for_message(self, message: Message, transport: Transport, start: int) -> tuple[Fault, ...]:
        """What applies to this message of a client."""
        return self._applying("message", transport, start, lambda fault: fault.concerns(message))

    def for_http(self, request: HttpRequest, start: int) -> tuple[Fault, ...]:
        """What applies to this HTTP request."""
        return self._applying("http", "http", start, lambda fault: fault.concerns_http(request))

    def present(self, kind: type[Fault]) -> Fault | None:
        """A fault of this kind that is so for as long as it is there."""
        return next((entry.fault for entry in self._entries if isinstance(entry.fault, kind)), None)

    def _applying(
        self, occasion: Occasion, transport: Transport, start: int, concerns: Callable[[Fault], bool]
    ) -> tuple[Fault, ...]:
        if not self._entries:
            return ()
        with self._lock:
            concerned = (
                entry
                for entry in self._entries
                if entry.fault.occasion == occasion
                and entry.fault.transport in {None, transport}
                and entry.fault.concerns_start(start)
                and concerns(entry.fault)
            )
            return tuple(entry.fault for entry in concerned if entry.counts())

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _check(fault: Fault, transport: Transport) -> None:
    if transport in fault.transports or fault.transport not in {None, transport}:
        return
    name = type(fault).__name__
    elsewhere = " or ".join(_WAYS_IN[other] for other in sorted(fault.transports))
    raise FaultDoesNotApplyError(
        f"{name} makes no sense over {transport}: reach the server {elsewhere} only, or, when it is reached by both, "
        f"say {name}(..., transport={min(fault.transports)!r})"
    )


def _check_kind(fault: object) -> None:
    if isinstance(fault, Fault):
        return
    if isinstance(fault, type) and issubclass(fault, Fault):
        raise FaultError(f"{fault.__name__} is a kind of fault: make one, {fault.__name__}(...)")
    raise FaultError(f"{fault!r} is no fault: give one of pytest_mcpquality.testing.faults, such as faults.Hangs()")
