"""One setting, described once: for checking the configuration, for `mcpquality config` and for the docs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

Value = bool | int | float | str | tuple[str, ...] | None

_LARGEST = 1e15
"""Numbers beyond it (and infinity, and nan) are taken for slips: nothing we count or time comes near."""

_QUOTED = 60
"""Characters of a wrong value that a message repeats."""

_QUOTED_ITEMS = 5
"""Items of a wrong list that a message repeats."""


class OptionKind(enum.Enum):
    """What values an option takes; `LIST` is a list of strings, `LIMIT` a number or false (off)."""

    FLAG = "true or false"
    INTEGER = "a whole number"
    NUMBER = "a number"
    TEXT = "a string"
    LIST = "a list of strings"
    CHOICE = "one of"
    LIMIT = "a number, or false to switch it off"


class Weaker(enum.Enum):
    """Which values look at less, or let more through, than the default: every report names the ones set.

    What counts as less depends on the kind: a smaller number, an earlier choice, false, a list that lacks an
    item of the default. More is the opposite of it. A limit that is off is weaker either way.
    """

    LESS = "less than the default"
    MORE = "more than the default"
    OTHER = "anything but the default"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Option:
    """A setting: its key in the configuration file (`kebab-case`), kind, default and one line of help.

    `choices` lists what a `CHOICE` takes; `minimum` and `maximum` are the least and the greatest value of a number.
    For a `LIMIT` that is switched off the value is None. `weaker` says which values weaken the scan; left out, any
    value but the default does, for a `LIMIT` a lower one: what an option's author did not think of is not hidden.
    `caution` says what a weaker value means, where the value alone does not.
    """

    name: str
    kind: OptionKind
    default: Value
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    weaker: Weaker | None = None
    caution: str = ""

    def problem(self, value: object) -> str | None:
        """What is wrong with `value`, as the end of a sentence ("must be ..."), or None when it fits."""
        if not self._fits(value):
            wanted = ", ".join(self.choices) if self.kind is OptionKind.CHOICE else ""
            return f"must be {self.kind.value}{': ' if wanted else ''}{wanted}, not {shown(value)}"
        if self.minimum is not None and _is_number(value) and value < self.minimum:
            return f"must be at least {self.minimum:g}, not {shown(value)}"
        if self.maximum is not None and _is_number(value) and value > self.maximum:
            return f"must be at most {self.maximum:g}, not {shown(value)}"
        return None

    def _fits(self, value: object) -> bool:
        match self.kind:
            case OptionKind.FLAG:
                return isinstance(value, bool)
            case OptionKind.INTEGER | OptionKind.NUMBER:
                return _is_number(value) and (self.kind is OptionKind.NUMBER or isinstance(value, int))
            case OptionKind.LIMIT:
                return value is False or _is_number(value)
            case OptionKind.TEXT:
                return isinstance(value, str)
            case OptionKind.LIST:
                items = _items(value)
                return items is not None and all(isinstance(item, str) for item in items)
            case OptionKind.CHOICE:
                return value in self.choices

    def normalise(self, value: object) -> Value:
        """A fitting value as settings keep it: lists as tuples, a limit that is off as None."""
        items = _items(value)
        if items is not None:
            return tuple(str(item) for item in items)
        if self.kind is OptionKind.LIMIT and value is False:
            return None
        return value  # type: ignore[return-value]  # `problem` has checked it

    def weakens(self, value: Value) -> bool:
        """Whether a checked value looks at less, or lets more through, than the default does."""
        weaker = self.weaker or (Weaker.LESS if self.kind is OptionKind.LIMIT else Weaker.OTHER)
        if value == self.default or weaker is Weaker.NEVER:
            return False
        if weaker is Weaker.OTHER:
            return True
        if self.kind is OptionKind.LIMIT and None in {value, self.default}:
            return value is None
        less, more = (value, self.default) if weaker is Weaker.LESS else (self.default, value)
        return self._is_less(less, more)

    def _is_less(self, less: Value, more: Value) -> bool:
        """Whether one is less than the other as `Weaker` has it; what is not set is less than what is."""
        if isinstance(less, tuple) and isinstance(more, tuple):
            return not set(more) <= set(less)
        if isinstance(less, int | float) and isinstance(more, int | float):
            return less < more
        if self.kind is OptionKind.CHOICE and less is not None and more is not None:
            return self.choices.index(str(less)) < self.choices.index(str(more))
        return more is not None


def _items(value: object) -> Sequence[object] | None:
    """The items of a list, None when it is none."""
    return cast("Sequence[object]", value) if isinstance(value, list | tuple) else None


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def shown(value: object) -> str:
    """A value as a message quotes it: short, on one line, whatever a configuration file can hold.

    >>> shown({"a": 1}), shown([1, "b"]), shown(True), shown("x" * 100)[-7:]
    ('a table', "[1, 'b']", 'true', "xxx'...")
    """
    items = _items(value)
    if items is not None:
        texts = ["[...]" if _items(item) is not None else shown(item) for item in items[:_QUOTED_ITEMS]]
        return f"[{', '.join(texts)}{', ...' if len(items) > _QUOTED_ITEMS else ''}]"
    match value:
        case dict():
            return "a table"
        case bool():
            return str(value).lower()
        case int() if not _is_number(value):
            return "a number that large"  # Python refuses to write the largest in decimal
        case str():
            return f"{value[:_QUOTED]!r}{'...' if len(value) > _QUOTED else ''}"
        case _:
            return str(value)
