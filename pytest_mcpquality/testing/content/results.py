"""From what a function or a script returned to the result on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from pytest_mcpquality.testing.content.blocks import Block, text

_in_json = json.JSONEncoder(ensure_ascii=False).encode

_PLAIN = frozenset({dict, str, int, float, bool})

BLOCK_TYPES = frozenset({"text", "image", "audio", "resource", "resource_link"})


def tool_result(value: object, *, structured: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The result of a tools/call.

    Text becomes a text block, blocks stay blocks, None is no content; any other value becomes text in JSON and, if it
    is an object, structured content. `structured` is what the structured content is when it is known already.
    """
    blocks = as_blocks(value)
    if blocks is not None:
        return _with_structure({"content": blocks, "isError": False}, structured)
    plain = value if isinstance(value, str) else to_jsonable_python(value, by_alias=True)
    if structured is None and isinstance(plain, dict):
        structured = cast("dict[str, Any]", plain)
    content = [text(plain if isinstance(plain, str) else _in_json(plain))]
    return _with_structure({"content": content, "isError": False}, structured)


def tool_error(message: str) -> dict[str, Any]:
    """The result of a tools/call that failed, for the model to read."""
    return {"content": [text(message)], "isError": True}


def as_blocks(value: object) -> list[dict[str, Any]] | None:
    """The content blocks that a value is made of, text among blocks being one; None if it is anything else."""
    if value is None:
        return []
    if (block := _as_block(value)) is not None:
        return [block]
    if not isinstance(value, list | tuple) or not value:
        return None
    items = cast("Sequence[object]", value)
    blocks = [_as_block(item) for item in items]
    if any(blocks):
        blocks = [text(item) if isinstance(item, str) else block for item, block in zip(items, blocks, strict=True)]
    return None if None in blocks else cast("list[dict[str, Any]]", blocks)


def _as_block(value: object) -> dict[str, Any] | None:
    if isinstance(value, Block):
        return value
    # What most tools return: the question below takes pydantic longer than all the rest.
    if type(value) in _PLAIN:
        return None
    # A content model of the SDK, of either major version.
    if isinstance(value, BaseModel) and getattr(value, "type", None) in BLOCK_TYPES:
        return value.model_dump(by_alias=True, mode="json", exclude_none=True)
    return None


def _with_structure(result: dict[str, Any], structured: Mapping[str, Any] | None) -> dict[str, Any]:
    if structured is not None:
        result["structuredContent"] = dict(structured)
    return result
