"""What the client needs to know; who configures it fills this in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.hosts import is_loopback
from pytest_mcpquality.remediation.values import TransportKind
from pytest_mcpquality.resilience.breaker_values import BreakerSettings
from pytest_mcpquality.resilience.retry import RetrySettings

API_URL: Final = "https://context7.com/api"
MCP_URL: Final = "https://mcp.context7.com/mcp"

MEMORY_ONLY: Final = "memory"
"""As `cache`: nothing is kept beyond the process."""

_RETRY: Final = RetrySettings(
    attempts=3, timeout=8.0, wait_initial=0.2, wait_jitter=0.3, wait_max=2.0, retry_after_max=2.0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsSettings:
    """How documentation is fetched and kept; times are in seconds.

    Attributes:
        transport: REST, or MCP.
        api_url: The base of the REST interface.
        mcp_url: The MCP server, when it is reached over HTTP.
        mcp_command: A command that starts an MCP server on stdio; it wins over `mcp_url`.
        api_keys: Keys, taken in turn when one is refused or over quota; none is fine.
        api_key_file: A file with a key a line, read anew when it changes.
        api_key_command: A command that prints a key a line, run when a key is needed and again when all were refused.
        timeout: One request.
        deadline: One `fetch`, with all its requests and waits.
        cache: Empty for a file in the user's cache folder, `memory`, the path of a file, or `redis://...` for a
            server that is shared with others, with the file in front of it.
        offline: Answer from what is kept, ask nobody.
        retry: How often, how soon.
        breaker: When the service is left alone, for how long.
    """

    transport: TransportKind = TransportKind.REST
    api_url: str = API_URL
    mcp_url: str = MCP_URL
    mcp_command: tuple[str, ...] = ()
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    api_key_file: Path | None = None
    api_key_command: tuple[str, ...] = field(default=(), repr=False)
    timeout: float = 4.0
    deadline: float = 10.0
    cache: str = field(default="", repr=False)
    offline: bool = False
    retry: RetrySettings = _RETRY
    breaker: BreakerSettings = field(default_factory=BreakerSettings)

    def __post_init__(self) -> None:
        _check_url("api-url", self.api_url)
        _check_url("mcp-url", self.mcp_url)
        for name in ("timeout", "deadline"):
            if getattr(self, name) <= 0:
                raise UsageError(f"docs: {name} must be more than 0 seconds")
        if self._in_the_clear() and (self.api_keys or self.api_key_file or self.api_key_command):
            raise UsageError("docs: a key is not sent over plain http to another machine: use an https URL")

    def _in_the_clear(self) -> bool:
        """Whether everybody on the way could read a key."""
        if self.transport is TransportKind.MCP and self.mcp_command:
            return False
        split = urlsplit(self.api_url if self.transport is TransportKind.REST else self.mcp_url)
        return split.scheme == "http" and not is_loopback(split.hostname or "")


def _check_url(name: str, url: str) -> None:
    """Refuse what is no address, and what would send a key in the clear.

    Raises:
        UsageError: It is one of these.
    """
    must = f"docs: {name} must be"
    try:
        split = urlsplit(url)
        _ = split.port
    except ValueError:
        raise UsageError(f"{must} a URL such as {API_URL}") from None
    if split.scheme not in {"http", "https"} or not split.hostname:
        raise UsageError(f"{must} a URL such as {API_URL}")
    if split.username or split.password or split.query or split.fragment:
        raise UsageError(f"{must} without a user, a query and a fragment")
