"""Faults of content: a well-formed answer that is too large or not what its own schema says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pytest_mcpquality.testing.faults.actions import Action, Message
from pytest_mcpquality.testing.faults.base import Fault
from pytest_mcpquality.testing.faults.errors import FaultError
from pytest_mcpquality.testing.faults.identifying import rewritten

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Oversize(Fault):
    """The result is `size` bytes larger than it should be: by a text block in a tool's result, else by `_meta`."""

    size: int = 10 * MEGABYTE

    def __post_init__(self) -> None:
        """Check the number."""
        Fault.__post_init__(self)
        if self.size < 1:
            raise FaultError(f"Oversize: size must be 1 or more, not {self.size}")

    def on_response(self, actions: tuple[Action, ...], request: Message) -> tuple[Action, ...]:
        """Make it large."""
        enlarge = _with_text if request.get("method") == "tools/call" else _with_meta
        return rewritten(actions, lambda message: with_result(message, enlarge(result_of(message), "x" * self.size)))


@dataclass(frozen=True, slots=True, repr=False)
class BreaksOutputSchema(Fault):
    """The structured content of a tool's result is not what the tool's output schema says.

    Without `content` every value is replaced by one of another type, and what was no object or was empty by one.
    """

    method: str | None = field(default="tools/call", kw_only=True)
    content: Any = None

    def on_response(self, actions: tuple[Action, ...], _request: Message) -> tuple[Action, ...]:
        """Replace the structured content."""
        return rewritten(actions, self._broken)

    def _broken(self, message: Message) -> Message:
        result = result_of(message)
        structured = mistyped(result.get("structuredContent")) if self.content is None else self.content
        return with_result(message, {**result, "structuredContent": structured})


def mistyped(structured: Any) -> Any:  # noqa: ANN401 - any JSON
    """Something of the same shape whose every value has another type."""
    if not isinstance(structured, Mapping) or not structured:
        return {"unexpected": ["not", "what", "the", "schema", "says"]}
    values = cast("Message", structured).items()
    return {key: {"not": "a string"} if isinstance(value, str) else "of another type" for key, value in values}


def result_of(message: Message) -> Message:
    """The result of an answer; empty if it is an error."""
    result = message.get("result")
    return cast("Message", result) if isinstance(result, Mapping) else {}


def with_result(message: Message, result: Message) -> Message:
    """The answer with another result; an error stays what it is."""
    return {**message, "result": result} if "result" in message else message


def _with_text(result: Message, text: str) -> Message:
    return {**result, "content": [*result.get("content", ()), {"type": "text", "text": text}]}


def _with_meta(result: Message, text: str) -> Message:
    return {**result, "_meta": {**result.get("_meta", {}), "example.com/padding": text}}
