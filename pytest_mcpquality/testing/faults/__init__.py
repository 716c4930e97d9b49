"""Every way in which a mock server can fail: frozen values for `MockMCPServer(faults=[...])` or `server.faults.add()`.

```text
start      FailsToStart, CommandNotFound, RefusesConnection, PrintsAtStart, WritesStderr, IgnoresEof, IgnoresSigterm
end        Dies, ClosesStream
time       Hangs, Delays, Drips
form       Garbage, Truncates, Malforms
ids        WrongId, MissingId, UnknownId, DuplicateResponse, OutOfOrder
content    Oversize, BreaksOutputSchema, AnotherProtocolVersion, ClaimsCapabilities, ChangesDefinitions
HTTP       HttpStatus, Unauthorized, Forbidden, SessionNotFound, TooManyRequests, InternalServerError, BadGateway,
           ServiceUnavailable, Redirects, WrongContentType, DropsStream, RefusesResume
```

All take `method`, `tool`, `after`, `times` and `transport`: see `Fault`.
"""

from pytest_mcpquality.testing.faults.answering import BreaksOutputSchema, Oversize
from pytest_mcpquality.testing.faults.base import Fault
from pytest_mcpquality.testing.faults.changing import ChangesDefinitions
from pytest_mcpquality.testing.faults.collection import Faults
from pytest_mcpquality.testing.faults.ending import ClosesStream, Dies
from pytest_mcpquality.testing.faults.errors import FaultDoesNotApplyError, FaultError
from pytest_mcpquality.testing.faults.garbling import Garbage, Malforms, Truncates
from pytest_mcpquality.testing.faults.http import (
    BadGateway,
    DropsStream,
    Forbidden,
    HttpStatus,
    InternalServerError,
    Redirects,
    RefusesResume,
    ServiceUnavailable,
    SessionNotFound,
    TooManyRequests,
    Unauthorized,
    WrongContentType,
)
from pytest_mcpquality.testing.faults.identifying import DuplicateResponse, MissingId, OutOfOrder, UnknownId, WrongId
from pytest_mcpquality.testing.faults.negotiating import AnotherProtocolVersion, ClaimsCapabilities
from pytest_mcpquality.testing.faults.starting import (
    CommandNotFound,
    FailsToStart,
    IgnoresEof,
    IgnoresSigterm,
    PrintsAtStart,
    RefusesConnection,
    WritesStderr,
)
from pytest_mcpquality.testing.faults.waiting import Delays, Drips, Hangs

__all__ = [
    "AnotherProtocolVersion",
    "BadGateway",
    "BreaksOutputSchema",
    "ChangesDefinitions",
    "ClaimsCapabilities",
    "ClosesStream",
    "CommandNotFound",
    "Delays",
    "Dies",
    "Drips",
    "DropsStream",
    "DuplicateResponse",
    "FailsToStart",
    "Fault",
    "FaultDoesNotApplyError",
    "FaultError",
    "Faults",
    "Forbidden",
    "Garbage",
    "Hangs",
    "HttpStatus",
    "IgnoresEof",
    "IgnoresSigterm",
    "InternalServerError",
    "Malforms",
    "MissingId",
    "OutOfOrder",
    "Oversize",
    "PrintsAtStart",
    "Redirects",
    "RefusesConnection",
    "RefusesResume",
    "ServiceUnavailable",
    "SessionNotFound",
    "TooManyRequests",
    "Truncates",
    "Unauthorized",
    "UnknownId",
    "WritesStderr",
    "WrongContentType",
    "WrongId",
]
