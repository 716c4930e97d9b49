"""Parts of JSON that others wrote: what is not there, or is something else, is None."""

from __future__ import annotations

from typing import cast


def at(value: object, *steps: str | int) -> object:
    """What stands there, step by step through objects and lists."""
    for step in steps:
        if isinstance(step, str) and isinstance(value, dict):
            value = cast("dict[str, object]", value).get(step)
        elif isinstance(step, int) and isinstance(value, list):
            items = cast("list[object]", value)
            value = items[step] if step < len(items) else None
        else:
            return None
    return value


def text_at(value: object, *steps: str | int) -> str:
    """The text there; empty when there is none."""
    found = at(value, *steps)
    return found if isinstance(found, str) else ""


def number_at(value: object, *steps: str | int) -> int:
    """The whole number there; 0 when there is none."""
    found = at(value, *steps)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
