"""What was seen of one server in a run; what was not reached is None or missing, never made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_mcpquality.health.definitions import Definitions, Wire
from pytest_mcpquality.mcp.diagnosis import Diagnosis, Oddity


@dataclass(frozen=True, slots=True)
class Look:
    """One cold start of a server, looked at and stopped.

    Attributes:
        definitions: What it listed.
        oddities: What it did that the protocol does not allow, each once.
        started: Seconds from the start of the process or connection to the agreement on a version.
        listed: Seconds that all lists took.
        pings: Seconds of each ping, or `server/discover` where there is none.
    """

    definitions: Definitions
    oddities: tuple[Oddity, ...] = ()
    started: float = 0.0
    listed: float = 0.0
    pings: tuple[float, ...] = ()


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
    """

    server: str
    first: Look | None = None
    second: Look | None = None
    failure: Diagnosis | None = None
    locked: Wire | None = None
    lock_file: str = ""
    others: Mapping[str, Definitions] | None = None

    @property
    def definitions(self) -> Definitions | None:
        """What the first start listed."""
        return self.first.definitions if self.first is not None else None
