"""The protocol's methods by name, over one primitive: send a request, get its result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import cast

from pytest_mcpquality.mcp.errors import ProtocolViolationError
from pytest_mcpquality.mcp.protocol import JsonObject
from pytest_mcpquality.resilience.tracebacks import hides

__tracebackhide__ = hides

PAGE_CAP = 1000
"""Pages of one list after which a server is taken for broken."""


class Operations(ABC):
    """What one can ask a server; results stand as on the wire.

    Each method raises what `request` raises.
    """

    server: str

    @property
    @abstractmethod
    def modern(self) -> bool:
        """Whether the protocol's version has no `initialize`, no sessions and no `ping`."""

    @abstractmethod
    async def request(
        self,
        method: str,
        params: JsonObject | None = None,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - on the injected clock
        on_progress: Callable[[JsonObject], object] | None = None,
    ) -> JsonObject:
        """Ask for anything."""

    async def ping(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - on the injected clock
        """See whether it answers: `ping`, or `server/discover` where there is no ping."""
        await self.request("server/discover" if self.modern else "ping", timeout=timeout)

    async def list_tools(self) -> list[JsonObject]:
        """All tools, of all pages."""
        return await self.list_all("tools/list", "tools")

    async def list_resources(self) -> list[JsonObject]:
        """All resources, of all pages."""
        return await self.list_all("resources/list", "resources")

    async def list_resource_templates(self) -> list[JsonObject]:
        """All resource templates, of all pages."""
        return await self.list_all("resources/templates/list", "resourceTemplates")

    async def list_prompts(self) -> list[JsonObject]:
        """All prompts, of all pages."""
        return await self.list_all("prompts/list", "prompts")

    async def call_tool(
        self,
        name: str,
        arguments: JsonObject | None = None,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - on the injected clock
        on_progress: Callable[[JsonObject], object] | None = None,
    ) -> JsonObject:
        """Call a tool; a result with `isError` is a result."""
        params: JsonObject = {"name": name, "arguments": arguments or {}}
        return await self.request("tools/call", params, timeout=timeout, on_progress=on_progress)

    async def read_resource(self, uri: str) -> JsonObject:
        """Read a resource."""
        return await self.request("resources/read", {"uri": uri})

    async def get_prompt(self, name: str, arguments: dict[str, str] | None = None) -> JsonObject:
        """Fill in a prompt."""
        return await self.request("prompts/get", {"name": name, "arguments": arguments or {}})

    async def complete(self, ref: JsonObject, name: str, value: str) -> JsonObject:
        """Complete an argument of a prompt or resource template."""
        return await self.request("completion/complete", {"ref": ref, "argument": {"name": name, "value": value}})

    async def list_all(self, method: str, key: str) -> list[JsonObject]:
        """All items of a list, of all pages."""
        return [item async for page in self.pages(method, key) for item in page]

    async def pages(self, method: str, key: str) -> AsyncIterator[list[JsonObject]]:
        """The items of a list, page by page.

        Raises:
            ProtocolViolationError: A page is no list of objects, or the pages have no end.
        """
        seen: set[str] = set()
        params: JsonObject = {}
        for _ in range(PAGE_CAP):
            result = await self.request(method, params)
            yield self._items(method, key, result)
            cursor = result.get("nextCursor")
            if cursor is None:
                return
            if not isinstance(cursor, str):
                self._violated(f"{method} has a nextCursor that is no string")
            if cursor in seen:
                self._violated(f"the pages of {method} go in circles: the cursor {cursor[:40]!r} came twice")
            seen.add(cursor)
            params = {"cursor": cursor}
        self._violated(f"{method} has more than {PAGE_CAP} pages")

    def _items(self, method: str, key: str, result: JsonObject) -> list[JsonObject]:
        items = result.get(key)
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in cast("list[object]", items)):
            self._violated(f"answered {method} without a list of objects {key!r}")
        return cast("list[JsonObject]", items)

    def _violated(self, violation: str) -> None:
        raise ProtocolViolationError(server=self.server, violation=violation)
