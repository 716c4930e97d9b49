"""The protocol's versions and names, as the specification has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object as it stands on the wire, its keys in camelCase."""

HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""Versions that open with `initialize`, oldest first."""

MODERN_VERSIONS = ("2026-07-28",)
"""Versions without `initialize` and sessions: every request says what it needs in `_meta`."""

VERSIONS = (*HANDSHAKE_VERSIONS, *MODERN_VERSIONS)

BATCH_VERSION = "2025-03-26"
"""The one version in which a message may be an array of messages."""

AUTO = "auto"
"""The protocol to ask for when it does not matter: `initialize`, which all but modern-only servers answer, and
`server/discover` where that is refused. Neither costs a wait."""

PROTOCOL_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CLIENT_INFO_KEY = "io.modelcontextprotocol/clientInfo"
CLIENT_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo"

NAMED_BY: Mapping[str, str] = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The parameter of a method that a modern client repeats in the header `Mcp-Name`."""

METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
INVALID_REQUEST = -32600
UNSUPPORTED_VERSION = -32022


def is_modern(version: str) -> bool:
    """Whether a version is of the era without `initialize`."""
    return version in MODERN_VERSIONS
