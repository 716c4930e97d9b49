"""Server-sent events, taken apart as they come in, whatever the pieces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `retry` is in seconds."""

    name: str
    data: bytes
    id: str | None = None
    retry: float | None = None


class EventTooLongError(ValueError):
    """An event has more bytes than are allowed."""


class EventParser:
    """Fed with bytes, gives the events that have come to their end."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._buffer = bytearray()
        self._first = True
        self._after_return = False
        self._clear()

    def _clear(self) -> None:
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0
        self._id: str | None = None
        self._retry: float | None = None

    def feed(self, data: bytes) -> list[Event]:
        """Events that end in these bytes.

        Raises:
            EventTooLongError: One is longer than allowed.
        """
        if self._after_return and data:  # a CR ended a line at once: the LF that belongs to it ends none
            data = data.removeprefix(b"\n")
            self._after_return = False
        self._buffer += data
        events: list[Event] = []
        if b"\n" in data or b"\r" in data:
            self._after_return = data.endswith(b"\r")
            events = [event for line in self._lines() if (event := self._line(line)) is not None]
        self._check(len(self._buffer))
        return events

    def _check(self, unfinished: int = 0) -> None:
        if self._size + unfinished > self._cap:
            raise EventTooLongError(f"an event of the stream is longer than {self._cap} bytes")

    def _lines(self) -> list[bytes]:
        *lines, rest = bytes(self._buffer).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._buffer = bytearray(rest)
        if lines and self._first:
            self._first = False
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        return lines

    def _line(self, line: bytes) -> Event | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data.append(value)
                self._size += len(value) + 1
                self._check()
            case b"event":
                self._name = value.decode("utf-8", "replace")
            case b"id" if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
            case b"retry" if value.isdigit():
                self._retry = int(value) / 1000
            case _:
                pass  # a comment, or a field that there is not
        return None

    def _dispatch(self) -> Event | None:
        nothing = not self._data and self._id is None and self._retry is None
        event = Event(self._name or "message", b"\n".join(self._data), self._id, self._retry)
        self._clear()
        return None if nothing else event
