"""What was seen of one server in a run; what was not reached is None or missing, never made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_mcpquality.health.definitions import Definitions, Wire
from pytest_mcpquality.health.probes.answers import Answer, ErrorAnswer, Probes
from pytest_mcpquality.health.probes.exposure import Exposure
from pytest_mcpquality.health.settings import Limits
from pytest_mcpquality.mcp.diagnosis import Diagnosis, Oddity
from pytest_mcpquality.mcp.server_entry import ServerEntry
from pytest_mcpquality.mcp.stdio import Ended


@dataclass(frozen=True, slots=True)
class Look:
    """One cold start of a server, looked at and stopped.

    Attributes:
        definitions: What it listed.
        oddities: What it did that the protocol does not allow, each once.
        started: Seconds from the start of the process or connection to the agreement on a version.
        listed: Seconds that all lists took.
        pings: Seconds of each ping, or `server/discover` where there is none.
        pages: Seconds of each page of each list, by method.
        unserved: Methods that list what is claimed, and that it does not know.
        no_ping: What it answered to a ping, where it was no pong.
        ended: How its process ended; None where there is none.
    """

    definitions: Definitions
    oddities: tuple[Oddity, ...] = ()
    started: float = 0.0
    listed: float = 0.0
    pings: tuple[float, ...] = ()
    pages: Mapping[str, tuple[float, ...]] = field(default_factory=dict[str, tuple[float, ...]])
    unserved: Mapping[str, ErrorAnswer] = field(default_factory=dict[str, ErrorAnswer])
    no_ping: Answer | None = None
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that was seen of one server.

    Attributes:
        server: Its name.
        first: The first cold start; None when it did not get that far.
        second: The second one; None when it was not tried or did not get that far.
        failure: Why a start or a look was not finished; None when both were.
        locked: What the lock file holds of it; None when there is no lock file, or it does not name the server.
        lock_file: The lock file that was read; empty when there is none.
        others: Definitions of the other servers of the run, for what reaches across.
        limits: What counts as too slow or too much.
        probes: What it gave when it was asked on purpose; None when it did not get that far.
        exposure: Who else can reach it; None when it is not reached over HTTP, or it did not get that far.
        over_http: Whether it is reached over HTTP.
        entry: Its table in the configuration file; None when it is from no file.
    """

    server: str
    first: Look | None = None
    second: Look | None = None
    failure: Diagnosis | None = None
    locked: Wire | None = None
    lock_file: str = ""
    others: Mapping[str, Definitions] | None = None
    limits: Limits = field(default_factory=Limits)
    probes: Probes | None = None
    exposure: Exposure | None = None
    over_http: bool = False
    entry: ServerEntry | None = None

    @property
    def looks(self) -> tuple[Look, ...]:
        """The starts that were looked at."""
        return tuple(look for look in (self.first, self.second) if look is not None)

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """What it did that the protocol does not allow, in all starts, each once."""
        return tuple(dict.fromkeys(oddity for look in self.looks for oddity in look.oddities))

    @property
    def definitions(self) -> Definitions | None:
        """What the first start listed."""
        return self.first.definitions if self.first is not None else None
