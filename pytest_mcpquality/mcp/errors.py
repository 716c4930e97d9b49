"""What goes wrong between a client of ours and an MCP server, each with the server's name.

```text
ResilienceError
├── ConnectionFailedError
│   └── ServerFailedError        it could not be started or reached, or broke: `diagnosis` says what happened
├── CallTimeoutError
│   └── ServerHungError          no answer came in time: `diagnosis` says what came instead
├── ProtocolViolationError       it answered, in a way that the protocol does not allow
└── ServerError                  it answered with a JSON-RPC error: `code`, `message`, `data`
```
"""

from __future__ import annotations

from typing import Any

from mcpquality_scanners.text import one_line
from pytest_mcpquality.mcp.diagnosis import Diagnosis
from pytest_mcpquality.resilience.errors import CallTimeoutError, ConnectionFailedError, ResilienceError


class ServerFailedError(ConnectionFailedError):
    """The server could not be started or reached, refused the handshake, or broke.

    Attributes:
        diagnosis: What happened.
    """

    def __init__(self, *, server: str, diagnosis: Diagnosis) -> None:
        super().__init__(server=server, reason=str(diagnosis))
        self.diagnosis = diagnosis


class ServerHungError(CallTimeoutError):
    """No answer came in time; the connection is still there.

    Attributes:
        diagnosis: What came instead.
    """

    def __init__(self, *, server: str, seconds: float, diagnosis: Diagnosis) -> None:
        super().__init__(server=server, seconds=seconds)
        self.args = (f"{server!r} {diagnosis}",)
        self.diagnosis = diagnosis


class ProtocolViolationError(ResilienceError):
    """The server answered in a way that the protocol does not allow."""

    def __init__(self, *, server: str, violation: str) -> None:
        super().__init__(f"{server!r} broke the protocol: {violation}", server=server)
        self.violation = violation


class ServerError(ResilienceError):
    """The server answered with a JSON-RPC error.

    Attributes:
        method: What was asked.
        code: The error's code, such as -32601 for an unknown method.
        message: The error's message.
        data: What the server added, if anything.
    """

    def __init__(self, *, server: str, method: str, code: int, message: str, data: Any = None) -> None:  # noqa: ANN401 - any JSON
        super().__init__(f"{server!r} answered {method} with error {code}: {one_line(message)}", server=server)
        self.method = method
        self.code = code
        self.message = message
        self.data = data
