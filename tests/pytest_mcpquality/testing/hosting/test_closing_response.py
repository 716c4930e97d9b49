from __future__ import annotations

import anyio
import mcp.server.streamable_http as sdk
import pytest

from pytest_mcpquality.testing.hosting import codec
from pytest_mcpquality.testing.hosting.closing_response import ClosingResponse, mend_sdk


@pytest.mark.asyncio
async def test_the_stream_is_closed_when_it_has_been_sent() -> None:
    give, take = anyio.create_memory_object_stream[dict[str, str]](1)
    await give.send({"data": "x"})
    await give.aclose()
    sent: list[bytes] = []

    async def receive() -> dict[str, str]:
        await anyio.sleep_forever()
        return {}

    async def send(message: dict[str, object]) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        sent.append(body)

    await ClosingResponse(take)({"type": "http", "method": "GET", "headers": []}, receive, send)

    assert b"data: x" in b"".join(sent)
    with pytest.raises(anyio.ClosedResourceError):
        take.receive_nowait()


@pytest.mark.asyncio
async def test_what_cannot_be_closed_is_sent_all_the_same() -> None:
    class Words:
        def __aiter__(self) -> Words:
            return self

        async def __anext__(self) -> dict[str, str]:
            raise StopAsyncIteration

    async def receive() -> dict[str, str]:
        await anyio.sleep_forever()
        return {}

    async def send(_message: dict[str, object]) -> None:
        pass

    await ClosingResponse(Words())({"type": "http", "method": "GET", "headers": []}, receive, send)


@pytest.mark.parametrize("is_2", [True, False])
def test_only_version_1_is_mended(monkeypatch: pytest.MonkeyPatch, is_2: bool) -> None:
    monkeypatch.setattr(codec, "IS_2", is_2)
    monkeypatch.setattr(sdk, "EventSourceResponse", before := object())
    mend_sdk()

    assert (getattr(sdk, "EventSourceResponse") is before) is is_2  # noqa: B009 - a name that the SDK does not export
