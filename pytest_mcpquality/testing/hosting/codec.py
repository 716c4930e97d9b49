"""Between the SDK's message objects and the wire, on both its major versions."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from mcp.shared.message import SessionMessage

from pytest_mcpquality.testing.faults.actions import Message

_types = importlib.import_module("mcp.types")
IS_2 = hasattr(_types, "jsonrpc_message_adapter")
_validate: Callable[[Message], Any] = (
    partial(_types.jsonrpc_message_adapter.validate_python, by_name=False)
    if IS_2
    else _types.JSONRPCMessage.model_validate
)


def to_sdk(message: Message) -> SessionMessage:
    """The SDK's object of a message.

    Raises:
        ValueError: It is no JSON-RPC message.
    """
    return SessionMessage(_validate(message))


def from_sdk(message: SessionMessage) -> Message:
    """The message as the SDK itself would write it."""
    wire: Message = message.message.model_dump(by_alias=True, mode="json", exclude_unset=IS_2, exclude_none=not IS_2)
    return wire


def parsed(line: bytes | str) -> Message | None:
    """The message in a line; None if it is none (a batch, too, which no transport of today's protocol has)."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return cast("Message", message) if isinstance(message, dict) else None
