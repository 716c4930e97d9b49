"""What every request of the modern era carries in `_meta`, and the rounds in which a server asks for more."""

from __future__ import annotations

from pytest_mcpquality.mcp.protocol import (
    CLIENT_CAPABILITIES_KEY,
    CLIENT_INFO_KEY,
    PROTOCOL_VERSION_KEY,
    JsonObject,
)

ROUNDS = 10
"""How often a server may ask for more input before it is taken for broken; the SDKs have the same limit."""


def enveloped(params: JsonObject | None, *, version: str, client: JsonObject, capabilities: JsonObject) -> JsonObject:
    """The parameters of a request with the envelope of a modern version."""
    meta = {
        PROTOCOL_VERSION_KEY: version,
        CLIENT_INFO_KEY: client,
        CLIENT_CAPABILITIES_KEY: capabilities,
    }
    given = params or {}
    return given | {"_meta": meta | (given.get("_meta") or {})}


def with_token(params: JsonObject | None, token: int) -> JsonObject:
    """The parameters with a progress token."""
    given = params or {}
    return given | {"_meta": (given.get("_meta") or {}) | {"progressToken": token}}


def wants_input(result: JsonObject) -> bool:
    """Whether an answer is not the result yet."""
    return result.get("resultType") == "input_required"


def with_input(params: JsonObject | None, result: JsonObject, responses: JsonObject | None) -> JsonObject:
    """The parameters of the next round: what was asked for, and the server's own state, untouched."""
    more: JsonObject = {}
    if responses is not None:
        more["inputResponses"] = responses
    if "requestState" in result:
        more["requestState"] = result["requestState"]
    return (params or {}) | more
