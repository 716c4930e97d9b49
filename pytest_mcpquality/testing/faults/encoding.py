"""The bytes of a message."""

from __future__ import annotations

import json

from pytest_mcpquality.testing.faults.actions import Frame, Send


def encoded(action: Send | Frame) -> bytes:
    """What stands in a frame: the JSON of the message, in one line, or the bytes that stand in its place."""
    if isinstance(action, Frame):
        return action.body
    return json.dumps(action.message, ensure_ascii=False, separators=(",", ":")).encode()
