"""What goes wrong between a mock server and who wants to reach it.

```text
McpQualityError
└── UsageError
    └── HostingClosedError    it was closed, so nobody can reach it any more
```
"""

from __future__ import annotations

from mcpquality_scanners.errors import UsageError


class HostingClosedError(UsageError):
    """It was closed, so nobody can reach it any more."""
