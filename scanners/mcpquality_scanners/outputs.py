"""Reading what a tool printed, and not believing it before it has been checked."""

from __future__ import annotations

import json
import signal
from collections.abc import Container
from typing import TypeVar, cast

from mcpquality_scanners.base import Completed
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.text import last_lines

T = TypeVar("T")


def check_end(completed: Completed, name: str, exits: Container[int]) -> None:
    """See that the tool came to its end by itself, with one of the exit codes that mean "I have looked".

    Raises:
        ToolError: Its time was up.
        ToolOutputError: It ended any other way; the message says how, with its last words.
    """
    if completed.timed_out:
        raise ToolError(
            f"{name} was ended after {completed.seconds:.0f} s, its time was up: raise the timeout, or exclude files"
        )
    if completed.overflowed:
        raise ToolOutputError(f"{name} was ended: it wrote more than can be kept")
    if completed.exit_code is None or completed.exit_code not in exits:
        words = last_lines(completed.stderr)
        raise ToolOutputError(f"{name} {_ending(completed.exit_code)}{f': {words}' if words else ''}")


def _ending(exit_code: int | None) -> str:
    if exit_code is None:
        return "was ended"
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        return f"was ended by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was ended by signal {-exit_code}"


def json_object(output: bytes, name: str, complaints: bytes = b"") -> dict[str, object]:
    """The JSON object that `output` is; `complaints` is what the tool wrote to standard error.

    Raises:
        ToolOutputError: It is something else; the message ends with the tool's last words.
    """
    return _object(json_value(output, name, complaints), f"what {name} printed")


def json_value(output: bytes, name: str, complaints: bytes = b"") -> object:
    """Whatever JSON `output` is; see `json_object`."""
    try:
        value: object = json.loads(output)
    except (ValueError, RecursionError) as error:
        what = "nothing" if not output.strip() else "something that is not JSON"
        words = last_lines(complaints)
        raise ToolOutputError(f"{name} printed {what}{f': {words}' if words else ''}") from error
    return value


def member(item: object, key: str, kind: type[T], name: str) -> T:
    """The value of `key` in a JSON object of the tool `name`, checked to be a `kind`.

    Raises:
        ToolOutputError: `item` is no object, has no such key, or something else is there.
    """
    return typed(_object(item, f"an entry of {name}").get(key), kind, f"`{key}` in the output of {name}")


def entries(item: object, key: str, name: str) -> list[object]:
    """The list at `key`; see `member`."""
    return cast("list[object]", member(item, key, list, name))


def mapping(item: object, key: str, name: str) -> dict[str, object]:
    """The object at `key`; see `member`."""
    return cast("dict[str, object]", member(item, key, dict, name))


def _object(value: object, what: str) -> dict[str, object]:
    return cast("dict[str, object]", typed(value, dict, what))


def typed(value: object, kind: type[T], what: str) -> T:
    """`value`, checked to be a `kind`; a bool is no int.

    Raises:
        ToolOutputError: It is something else.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ToolOutputError(f"{what} is not of the expected shape")
    return value
