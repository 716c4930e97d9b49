"""Faults of the first exchange: what the server says of itself is not so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mcpquality.testing.faults.actions import Action, Message, Send
from pytest_mcpquality.testing.faults.answering import result_of, with_result
from pytest_mcpquality.testing.faults.base import OPENING, Fault
from pytest_mcpquality.testing.faults.identifying import rewritten

METHOD_NOT_FOUND = -32601
"""From the JSON-RPC 2.0 specification."""


@dataclass(frozen=True, slots=True, repr=False)
class AnotherProtocolVersion(Fault):
    """The server answers with `version`, whatever it was asked for.

    A known one such as `2024-11-05` is a downgrade that a client may take; the default is one that nobody knows.
    """

    version: str = "1999-12-31"

    def concerns(self, message: Message | None) -> bool:
        """The first request, of either era."""
        return message is not None and message.get("method") in OPENING

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Say another version."""
        return rewritten(actions, self._changed)

    def _changed(self, message: Message) -> Message:
        result = result_of(message)
        stated = (
            {"supportedVersions": [self.version]}
            if "supportedVersions" in result
            else {"protocolVersion": self.version}
        )
        return with_result(message, {**result, **stated})


@dataclass(frozen=True, slots=True, repr=False)
class ClaimsCapabilities(Fault):
    """The server claims `capabilities` on top of its own, and answers their methods with "method not found".

    The keys are those of the specification: `tools`, `resources`, `prompts`, `completions`, `logging`.
    """

    capabilities: Mapping[str, Any] = field(default_factory=lambda: {"resources": {}, "prompts": {}, "completions": {}})

    def concerns(self, message: Message | None) -> bool:
        """The first request, of either era, and the methods of what is claimed."""
        if message is None:
            return False
        method = str(message.get("method", ""))
        return method in OPENING or ("id" in message and capability_of(method) in self.capabilities)

    def on_request(self, request: Message) -> tuple[Action, ...] | None:
        """Serve nothing of it."""
        method = request["method"]
        if method in OPENING:
            return None
        error = {"code": METHOD_NOT_FOUND, "message": "Method not found", "data": method}
        return (Send({"jsonrpc": "2.0", "id": request["id"], "error": error}),)

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Claim all of it."""
        return rewritten(actions, self._claiming)

    def _claiming(self, message: Message) -> Message:
        result = result_of(message)
        own = result.get("capabilities", {})
        return with_result(message, {**result, "capabilities": {**own, **self.capabilities}})


def capability_of(method: str) -> str:
    """The capability that a method belongs to."""
    family = method.partition("/")[0]
    return {"completion": "completions"}.get(family, family)
