"""What an HTTP server answered to requests that others than its clients could make: values only."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Knock(enum.Enum):
    """One request; the value stands in sentences."""

    PLAIN = "a request of its own client"
    ORIGIN = "a request of a foreign web page"
    HOST = "a request to a foreign host name"
    PREFLIGHT = "a preflight request of a foreign web page"
    NO_CREDENTIALS = "a request without credentials"
    OTHER_VERSION = "a request in a protocol version that there is not"
    OTHER_INITIALIZE = "initialize with a protocol version that there is not"
    NO_SESSION = "a request in a session that there is not"
    NETWORK = "a request from the network"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back.

    Attributes:
        status: The HTTP status; 0 when nothing came.
        headers: Its headers, names in lower case.
        version: The protocol version in the result, if there is one.
        error: Whether the body is a JSON-RPC error.
        failure: Why nothing came.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    version: str = ""
    error: bool = False
    failure: str = ""

    @property
    def accepted(self) -> bool:
        """Whether it was let in."""
        return 200 <= self.status < 300 and not self.error  # noqa: PLR2004 - the statuses of success


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who can reach an HTTP server.

    Attributes:
        url: Its endpoint.
        loopback: Whether that is this machine.
        encrypted: Whether it is https.
        credentials: Whether it was sent headers that may say who asks.
        answers: To each request that was made.
        sessions: The ids of the sessions that it gave, in order.
        network: The address of this machine at which it answers to the network, although its URL is loopback.
        old: Whether it is one of the old servers, without versions and sessions in headers.
    """

    url: str
    loopback: bool
    encrypted: bool
    credentials: bool
    answers: Mapping[Knock, HttpAnswer] = field(default_factory=dict[Knock, HttpAnswer])
    sessions: tuple[str, ...] = ()
    network: str = ""
    old: bool = False
