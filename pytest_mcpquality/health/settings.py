"""What holds for the servers in a run of the gate: limits, what may be called, what is let through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

from mcpquality_scanners.findings import Severity, Subject

TIMEOUT = 60.0
"""Seconds that everything with one server may take."""

JOBS = 4
"""Servers that are looked at side by side where there are fewer cores: most of the time is spent waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What counts as too slow or too much.

    Attributes:
        start: Seconds from the start of the process, or of the connection, to the agreement on a version.
        call: Seconds that one request may take: a page of a list, a ping, a call of a safe tool.
        output: Bytes that the result of one call may have.
    """

    start: float = 10.0
    call: float = 0.5
    output: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What holds for one server.

    Attributes:
        timeout: Seconds that everything with it may take.
        limits: What counts as too slow or too much.
        safe_tools: Patterns, as of `fnmatch`, of tools that may be called although they are not marked read-only.
        unsafe_tools: Patterns of tools that are never called, whatever they are marked as.
        arguments: What to call a tool with, by its name; without it, arguments are made from its schema.
        headers: Sent with every request, besides those of its configuration; not shown in any message.
        missing: Sentences on variables in the headers without a value.
    """

    timeout: float = TIMEOUT
    limits: Limits = field(default_factory=Limits)
    safe_tools: tuple[str, ...] = ()
    unsafe_tools: tuple[str, ...] = ()
    arguments: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, Mapping[str, object]])
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    missing: tuple[str, ...] = ()

    def may_call(self, tool: str, *, read_only: bool) -> bool:
        """Whether a tool may be called: it is marked read-only or named safe, and not named unsafe."""
        if any(fnmatchcase(tool, pattern) for pattern in self.unsafe_tools):
            return False
        return read_only or any(fnmatchcase(tool, pattern) for pattern in self.safe_tools)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """An entry of `[[tool.mcpquality.health.allow]]`: findings that do not count, and why.

    `rule`, `server` and `name` (of a tool, resource or prompt) are patterns as of `fnmatch`; an empty one matches all.
    From the day after `expires` on, it has no effect.
    """

    rule: str
    reason: str
    expires: date
    server: str = ""
    name: str = ""

    def covers(self, rule: str, subject: Subject, today: date) -> bool:
        """Whether a finding is meant and the entry still holds."""
        return (
            today <= self.expires
            and fnmatchcase(rule, self.rule)
            and fnmatchcase(subject.server, self.server or "*")
            and fnmatchcase(subject.name, self.name or "*")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSettings:
    """What holds for a run.

    Attributes:
        fail_on: A finding at or over it fails its server.
        skip: Patterns, as of `fnmatch`, of rules that are not looked for.
        allowed: Findings that do not count.
        accepted: Names of servers of which not everything need be seen.
        jobs: Servers that are looked at side by side.
        general: What holds for servers without settings of their own.
        servers: What holds for single servers, complete, by name.
        weakened: Sentences about what is looser than by default.
    """

    fail_on: Severity = Severity.HIGH
    skip: tuple[str, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    accepted: tuple[str, ...] = ()
    jobs: int = JOBS
    general: ServerSettings = field(default_factory=ServerSettings)
    servers: Mapping[str, ServerSettings] = field(default_factory=dict[str, ServerSettings])
    weakened: tuple[str, ...] = ()

    def of(self, server: str) -> ServerSettings:
        """What holds for a server."""
        return self.servers.get(server, self.general)

    def skips(self, rule: str) -> bool:
        """Whether a rule is not looked for."""
        return any(fnmatchcase(rule, pattern) for pattern in self.skip)
