"""What can go wrong with the store of advisories.

```text
McpQualityError
└── AdvisoriesError     the store cannot be read or brought up to date
    ├── ExportError     what records were to be taken from is not what it should be
    └── DownloadError   it could not be fetched
```
"""

from __future__ import annotations

from mcpquality_scanners.errors import McpQualityError


class AdvisoriesError(McpQualityError):
    """The store of advisories cannot be read or brought up to date; it is as it was."""


class ExportError(AdvisoriesError):
    """An export that is broken, hostile, or none."""


class DownloadError(AdvisoriesError):
    """An export that could not be fetched whole; what came is kept, and the next try goes on from there."""
