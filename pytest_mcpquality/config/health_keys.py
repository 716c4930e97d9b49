"""What `[tool.mcpquality.health]` takes: the gate for MCP servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcpquality_scanners.options import Option, OptionKind, Weaker

if TYPE_CHECKING:
    from collections.abc import Mapping

HEALTH = "health"
"""The table of the gate for MCP servers."""

SERVERS = "servers"
"""Below it, one table a server: `[tool.mcpquality.health.servers.NAME]`."""

ALLOW = "allow"
"""Below it, findings that do not count: `[[tool.mcpquality.health.allow]]`."""

ARGUMENTS = "arguments"
"""In a server's table, what to call its tools with."""

HEADERS = "headers"
"""In a server's table, what to send with every request."""

EACH_SERVER: tuple[Option, ...] = (
    # A server that runs out of time fails or is incomplete, and that shows without our help.
    Option("timeout", OptionKind.NUMBER, 60, "Seconds for everything with a server.", minimum=1, weaker=Weaker.NEVER),
    Option(
        "start-limit",
        OptionKind.NUMBER,
        10,
        "Seconds from the start of a server to its first answer.",
        minimum=0,
        weaker=Weaker.MORE,
    ),
    Option(
        "call-limit",
        OptionKind.NUMBER,
        0.5,
        "Seconds that one request may take: a list, a ping, a call of a safe tool.",
        minimum=0,
        weaker=Weaker.MORE,
    ),
    Option(
        "output-limit",
        OptionKind.INTEGER,
        1_000_000,
        "Bytes that the result of one call may have.",
        minimum=1,
        weaker=Weaker.MORE,
    ),
    Option(
        "safe-tools",
        OptionKind.LIST,
        (),
        "Patterns of tools that may be called although they are not marked read-only.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "unsafe-tools",
        OptionKind.LIST,
        (),
        "Patterns of tools that are never called, whatever they are marked as.",
        weaker=Weaker.MORE,
    ),
)
"""What holds for all servers, and may be set for single ones."""

GENERAL: tuple[Option, ...] = (
    Option(
        "fail-on",
        OptionKind.CHOICE,
        "high",
        "A finding at or over this severity makes a server unhealthy.",
        choices=("critical", "high", "medium", "low", "info"),
        weaker=Weaker.LESS,
    ),
    # Servers that are not selected are named one by one, as those are that are switched off.
    Option(
        "select",
        OptionKind.LIST,
        (),
        "Servers to look at: names, commands or URLs; empty: all that are configured.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "config",
        OptionKind.LIST,
        (),
        "Files to read servers from, in place of those in the project.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "lock",
        OptionKind.TEXT,
        None,
        "The lock file; not set: mcp.lock.json, where it lies beside the configuration.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "report",
        OptionKind.LIST,
        ("terminal",),
        "Reports to write, each FORMAT or FORMAT=PATH, or all=FOLDER; without a path it goes to standard output.",
        weaker=Weaker.NEVER,
    ),
    Option("skip", OptionKind.LIST, (), "Patterns of rules that are not looked for.", weaker=Weaker.MORE),
    Option(
        "allow-incomplete",
        OptionKind.LIST,
        (),
        "Names of servers of which not everything need be seen.",
        weaker=Weaker.MORE,
    ),
    Option(
        "jobs",
        OptionKind.INTEGER,
        0,
        "How many servers are looked at side by side; 0: as many as there are cores, at least four.",
        minimum=0,
        weaker=Weaker.NEVER,
    ),
    *EACH_SERVER,
)
"""The keys that stand directly in `[tool.mcpquality.health]`."""

FLAGS: Mapping[str, str] = {
    "fail-on": "--fail-on",
    "select": "--server",
    "config": "--config",
    "lock": "--lock",
    "report": "--report",
    "skip": "--skip",
    "timeout": "--timeout",
}
"""Options of `mcpquality health` by the key they set; under pytest each starts with `--mcp-health-`."""

ALLOW_FIELDS: tuple[Option, ...] = (
    Option("rule", OptionKind.TEXT, None, "Required. Rule, such as mcp-speed-call; * and ? are wildcards."),
    Option("reason", OptionKind.TEXT, None, "Required. Why the findings do not count; every report shows it."),
    Option("expires", OptionKind.TEXT, None, "Required. Last day on which it holds, such as 2030-12-31."),
    Option("server", OptionKind.TEXT, None, "Only findings on this server; * and ? are wildcards."),
    Option("name", OptionKind.TEXT, None, "Only findings on this tool, resource or prompt; * and ? are wildcards."),
)
"""The fields of an entry of `[[tool.mcpquality.health.allow]]`."""
