"""What can be wrong about a fault.

```text
McpQualityError
└── UsageError
    └── FaultError                     a fault was described in a way that makes no sense
        └── FaultDoesNotApplyError     it makes no sense over the transport that the server is reached by
```
"""

from __future__ import annotations

from mcpquality_scanners.errors import UsageError


class FaultError(UsageError):
    """A fault was described in a way that makes no sense."""


class FaultDoesNotApplyError(FaultError):
    """A fault makes no sense over the transport that the server is reached by."""
