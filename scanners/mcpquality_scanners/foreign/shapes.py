"""Foreign JSON whose members may be left out: what is not there, or is something else, is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

Json = Mapping[str, object]

_NOTHING: Json = {}


def an_object(value: object) -> Json:
    """The object that `value` is, or one without members."""
    return cast("Json", value) if isinstance(value, dict) else _NOTHING


def a_list(value: object) -> Sequence[object]:
    """The list that `value` is, or an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else ()


def texts(value: object) -> tuple[str, ...]:
    """The texts in a list."""
    return tuple(item for item in a_list(value) if isinstance(item, str))
