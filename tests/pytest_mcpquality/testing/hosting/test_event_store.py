# ruff: noqa: ANN401 - the SDK differs from major to major

from __future__ import annotations

from typing import Any

import pytest

from pytest_mcpquality.testing.hosting.event_store import MemoryEventStore


@pytest.mark.asyncio
async def test_what_came_later_on_the_same_stream_is_replayed() -> None:
    store = MemoryEventStore()
    opening = await store.store_event("a", None)
    for stream, message in (("b", "other"), ("a", "first"), ("a", None), ("a", "second")):
        await store.store_event(stream, message)
    sent: list[Any] = []

    async def send(event: Any) -> None:
        sent.append((event.event_id, event.message))

    assert await store.replay_events_after(opening, send) == "a"
    assert sent == [("3", "first"), ("5", "second")]


@pytest.mark.asyncio
@pytest.mark.parametrize("unknown", ["0", "7", "x", "", "-1"])
async def test_an_event_that_never_was_has_nothing_after_it(unknown: str) -> None:
    store = MemoryEventStore()
    await store.store_event("a", "first")

    async def send(_event: Any) -> None:
        raise AssertionError("nothing to send")

    assert await store.replay_events_after(unknown, send) is None
