"""All errors of the project, under one root.

```text
McpQualityError                 whatever goes wrong in a way we foresaw
├── UsageError                  wrong usage or configuration: nothing was run, exit code 2
├── ToolError                   a scanner's tool cannot be had, or cannot be run
│   ├── ToolNotInstalledError   not found and not installable
│   └── ToolOutputError         ran, but what it printed cannot be trusted
└── WriteError                  a report could not be written; the old file is still there
```

Each message names the thing it is about and says what to do next.
"""

from __future__ import annotations


class McpQualityError(Exception):
    """The root: catch this to catch everything the project raises on purpose."""


class UsageError(McpQualityError):
    """Wrong usage or configuration; nothing was run."""


class ToolError(McpQualityError):
    """A scanner's tool cannot be had or cannot be run."""


class ToolNotInstalledError(ToolError):
    """The tool was not found, and could not be installed."""


class ToolOutputError(ToolError):
    """The tool ran, but what it printed is not what it prints when it has looked."""


class WriteError(McpQualityError):
    """A report could not be written; whatever was at its place before is unchanged."""
