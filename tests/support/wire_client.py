"""A client that speaks JSON-RPC over the streams of `MockMCPServer.memory()`, on both of the SDK's versions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pytest_mcpquality.mcp.server_bridge import sdk_major
from pytest_mcpquality.testing import MockMCPServer
from pytest_mcpquality.testing.hosting import codec

HANDSHAKE = "2025-11-25"
MODERN = "2026-07-28"
ERAS = [HANDSHAKE, MODERN] if sdk_major() > 1 else [HANDSHAKE]
"""The eras of the protocol that the installed SDK speaks."""

PATIENCE = 20.0
"""Seconds that an answer may take at most."""

Json = dict[str, Any]


class WireError(Exception):
    """The server answered with a JSON-RPC error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error.get("data")


class WireClient:
    """One client; `answers` are its results, by method, to what the server asks."""

    def __init__(self, streams: tuple[Any, Any], era: str, capabilities: Json, answers: Json) -> None:
        self.notifications: list[Json] = []
        self.asked: list[Json] = []
        self.opened: Json = {}
        self.ended = asyncio.Event()
        self._read, self._write = streams
        self._era = era
        self._capabilities = capabilities
        self._answers = answers
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._id = 0
        self._heard = asyncio.Event()

    async def open(self) -> None:
        if self._era == MODERN:
            self.opened = await self.request("server/discover")
            return
        params = {"protocolVersion": self._era, "capabilities": self._capabilities, "clientInfo": _INFO}
        self.opened = await self.request("initialize", params)
        await self.notify("notifications/initialized")

    async def request(self, method: str, params: Json | None = None, *, meta: Json | None = None) -> Json:
        sent = await self.send(method, params, meta=meta)
        answer = await asyncio.wait_for(sent, PATIENCE)
        if "error" in answer:
            raise WireError(answer["error"])
        result: Json = answer["result"]
        return result

    async def send(self, method: str, params: Json | None = None, *, meta: Json | None = None) -> asyncio.Future[Json]:
        self._id += 1
        self._waiting[self._id] = asyncio.get_running_loop().create_future()
        await self._put({"id": self._id, "method": method, "params": self._with_meta(params or {}, meta or {})})
        return self._waiting[self._id]

    async def call(self, tool: str, arguments: Json | None = None, **more: Any) -> Json:  # noqa: ANN401 - any JSON
        return await self.request("tools/call", {"name": tool, "arguments": arguments or {}, **more})

    async def notify(self, method: str, params: Json | None = None) -> None:
        await self._put({"method": method, "params": params or {}})

    async def heard(self, method: str) -> Json:
        """The first notification of that method, now or soon."""

        async def wait() -> Json:
            while not (found := [one for one in self.notifications if one["method"] == method]):
                self._heard.clear()
                await self._heard.wait()
            return found[0]

        return await asyncio.wait_for(wait(), PATIENCE)

    async def listen(self) -> None:
        async for message in self._read:
            await self._take(dict(codec.from_sdk(message)))
        self.ended.set()

    async def _take(self, message: Json) -> None:
        if "method" not in message:
            waiting = self._waiting.pop(message["id"])
            if not waiting.done():
                waiting.set_result(message)
        elif "id" in message:
            self.asked.append(message)
            answer = self._answers[message["method"]]
            await self._put({"id": message["id"], **({"error": answer} if "code" in answer else {"result": answer})})
        else:
            self.notifications.append(message)
            self._heard.set()

    async def _put(self, message: Json) -> None:
        await self._write.send(codec.to_sdk({"jsonrpc": "2.0", **message}))

    def _with_meta(self, params: Json, meta: Json) -> Json:
        era = (
            {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientInfo": _INFO,
                "io.modelcontextprotocol/clientCapabilities": self._capabilities,
            }
            if self._era == MODERN
            else {}
        )
        return {**params, "_meta": {**era, **meta}} if era or meta else params


_INFO = {"name": "wire", "version": "1"}


@asynccontextmanager
async def connected(
    server: MockMCPServer,
    era: str = HANDSHAKE,
    *,
    capabilities: Json | None = None,
    answers: Json | None = None,
    opens: bool = True,
) -> AsyncIterator[WireClient]:
    """A client in a session with the server."""
    async with server.memory() as streams:
        client = WireClient(streams, era, capabilities or {}, answers or {})
        listening = asyncio.create_task(client.listen())
        try:
            if opens:
                await client.open()
            yield client
        finally:
            listening.cancel()
            await asyncio.wait({listening})
