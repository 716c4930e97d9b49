"""Everything that a server lists, page by page, and how long each page took."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_mcpquality.health.probes.answers import ErrorAnswer
from pytest_mcpquality.mcp.connection import McpConnection
from pytest_mcpquality.mcp.errors import ServerError
from pytest_mcpquality.mcp.protocol import METHOD_NOT_FOUND, JsonObject
from pytest_mcpquality.resilience.clock import Clock

TEMPLATES = "resources/templates/list"


@dataclass(frozen=True, slots=True)
class ListMethod:
    """A method that lists: the key of its items in the result, and the capability that it belongs to."""

    method: str
    key: str
    capability: str


LISTS = (
    ListMethod("tools/list", "tools", "tools"),
    ListMethod("resources/list", "resources", "resources"),
    ListMethod(TEMPLATES, "resourceTemplates", "resources"),
    ListMethod("prompts/list", "prompts", "prompts"),
)


@dataclass(slots=True)
class Listing:
    """What was listed so far.

    Attributes:
        items: By the key of the result.
        seconds: Of each page, by method.
        refused: What is claimed and not known, by method.
    """

    items: dict[str, tuple[JsonObject, ...]] = field(default_factory=dict[str, tuple[JsonObject, ...]])
    seconds: dict[str, tuple[float, ...]] = field(default_factory=dict[str, tuple[float, ...]])
    refused: dict[str, ErrorAnswer] = field(default_factory=dict[str, ErrorAnswer])

    def of(self, key: str) -> tuple[JsonObject, ...]:
        """The items of one list."""
        return self.items.get(key, ())


async def list_everything(connection: McpConnection, clock: Clock) -> Listing:
    """All pages of all lists that are claimed.

    Raises:
        ResilienceError: A list could not be read, and not because its method is unknown.
    """
    listing = Listing()
    claimed = connection.agreement.capabilities
    for each in LISTS:
        if each.capability in claimed:
            await _list(connection, clock, each, listing)
    return listing


async def _list(connection: McpConnection, clock: Clock, wanted: ListMethod, listing: Listing) -> None:
    items: list[JsonObject] = []
    seconds: list[float] = []
    started = clock.monotonic()
    try:
        async for page in connection.pages(wanted.method, wanted.key):
            now = clock.monotonic()
            seconds.append(now - started)
            items += page
            started = now
    except ServerError as error:
        if error.code != METHOD_NOT_FOUND:
            raise
        if wanted.method != TEMPLATES:  # servers with resources need not have templates
            listing.refused[wanted.method] = ErrorAnswer(error.code, error.message, error.data)
    listing.items[wanted.key] = tuple(items)
    listing.seconds[wanted.method] = tuple(seconds)
