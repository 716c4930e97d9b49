"""Server-sent events, as bytes: split into events, and put together again around another body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it came: its lines, of which those with data carry a message."""

    lines: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        """The body: the data lines, joined as the specification of HTML says."""
        return b"\n".join(_value(line) for line in self.lines if _is_data(line))

    def around(self, body: bytes) -> bytes:
        """The event with another body and its own id, type and retry time."""
        kept = [line for line in self.lines if not _is_data(line)]
        carried = [b"data: " + part for part in body.split(b"\n")]
        return b"\r\n".join([*kept, *carried, b"", b""])


class EventReader:
    """Takes in bytes as they come, gives out events when they are complete."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Event | bytes]:
        """The events that end with these bytes; comments and keep-alives come out as the bytes that they are."""
        self._buffer += data
        found: list[Event | bytes] = []
        while (cut := _end_of_block(self._buffer)) is not None:
            block, self._buffer = self._buffer[:cut], self._buffer[cut:]
            lines = tuple(line for line in block.splitlines() if line)
            found.append(Event(lines) if any(map(_is_data, lines)) else block)
        return found


def _end_of_block(buffer: bytes) -> int | None:
    ends = [found + len(end) for end in (b"\r\n\r\n", b"\n\n", b"\r\r") if (found := buffer.find(end)) >= 0]
    return min(ends, default=None)


def _is_data(line: bytes) -> bool:
    return line == b"data" or line.startswith(b"data:")


def _value(line: bytes) -> bytes:
    return line[5:].removeprefix(b" ")
