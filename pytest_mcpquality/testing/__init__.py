"""What tests of MCP servers and clients are made of; public, and used by our own tests.

Nothing is imported until it is asked for: `from pytest_mcpquality.testing import FakeClock` loads the clock alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mcpquality.testing import faults, outcomes
    from pytest_mcpquality.testing.clock import FakeClock
    from pytest_mcpquality.testing.content import blocks
    from pytest_mcpquality.testing.context import Context
    from pytest_mcpquality.testing.fake_context7.fake import FakeContext7
    from pytest_mcpquality.testing.fake_context7.library import FakeLibrary, FakeSnippet
    from pytest_mcpquality.testing.mock_server import MockMCPServer
    from pytest_mcpquality.testing.outcomes import (
        computes,
        delay,
        error,
        hang,
        normal,
        protocol_error,
        raw_result,
        returns,
    )
    from pytest_mcpquality.testing.recorder import Call

__all__ = [
    "Call",
    "Context",
    "FakeClock",
    "FakeContext7",
    "FakeLibrary",
    "FakeSnippet",
    "MockMCPServer",
    "blocks",
    "computes",
    "delay",
    "error",
    "faults",
    "hang",
    "normal",
    "outcomes",
    "protocol_error",
    "raw_result",
    "returns",
]

_PLACES = {
    "Call": "recorder",
    "Context": "context",
    "FakeClock": "clock",
    "FakeContext7": "fake_context7.fake",
    "FakeLibrary": "fake_context7.library",
    "FakeSnippet": "fake_context7.library",
    "MockMCPServer": "mock_server",
    "blocks": "content.blocks",
    "computes": "outcomes",
    "delay": "outcomes",
    "error": "outcomes",
    "faults": "faults",
    "hang": "outcomes",
    "normal": "outcomes",
    "outcomes": "outcomes",
    "protocol_error": "outcomes",
    "raw_result": "outcomes",
    "returns": "outcomes",
}
"""The module of each name; some are a module."""


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "MockMCPServer":
        # Here, as the module itself imports the SDK with all that it brings before it could say that it is missing.
        import_module("pytest_mcpquality.mcp.server_bridge").sdk_major()
    module = import_module(f"{__name__}.{_PLACES[name]}")
    return module if module.__name__.endswith(f".{name}") else getattr(module, name)
