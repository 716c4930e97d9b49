"""What was sent on a session's event streams, so that a client that lost the connection can have the rest."""

from __future__ import annotations

from typing import Any

from mcp.server.streamable_http import EventMessage, EventStore


class MemoryEventStore(EventStore):
    """Keeps every event of a mock server for as long as that server runs."""

    def __init__(self) -> None:
        self._events: list[tuple[str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:  # noqa: ANN401 - the SDK's message; None opens a stream
        """Keep it; its id is its number, from 1."""
        self._events.append((stream_id, message))
        return str(len(self._events))

    async def replay_events_after(self, last_event_id: str, send_callback: Any) -> str | None:  # noqa: ANN401 - the SDK's
        """Send what came later on the stream of that event; None if there was no such event."""
        last = int(last_event_id) if last_event_id.isdecimal() else 0
        if not 1 <= last <= len(self._events):
            return None
        stream_id, _ = self._events[last - 1]
        for number, (stream, message) in enumerate(self._events[last:], last + 1):
            if stream == stream_id and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream_id
