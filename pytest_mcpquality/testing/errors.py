"""What goes wrong when a mock server is set up.

```text
McpQualityError
├── MockSetupError     the mock server was told something that cannot be
└── RpcError           a JSON-RPC error, from or to the client (mcp.server_bridge)
```
"""

from __future__ import annotations

from mcpquality_scanners.errors import McpQualityError


class MockSetupError(McpQualityError):
    """The mock server was told something that cannot be: an unknown name, a script without outcomes."""
