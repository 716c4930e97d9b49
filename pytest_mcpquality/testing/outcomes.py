"""What a scripted call comes to: values that a script holds and the mock server acts out.

```python
server.add_tool("search", script=[returns({"hits": 3}), delay(2.0, then=error("busy")), protocol_error(-32000, "gone")])
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Returns:
    """Answer with a value, shaped like the return value of a tool's function."""

    value: Any

    def __repr__(self) -> str:
        return f"returns({self.value!r})"


@dataclass(frozen=True, slots=True)
class RawResult:
    """Answer with exactly this result, whatever the SDK would say to it."""

    result: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"raw_result({dict(self.result)!r})"


@dataclass(frozen=True, slots=True)
class Computes:
    """Answer with what a function returns: it is given what a tool's function would be given."""

    function: Callable[..., Any]

    def __repr__(self) -> str:
        return f"computes({getattr(self.function, '__name__', self.function)})"


@dataclass(frozen=True, slots=True)
class ToolFailure:
    """A tool error: a result with `isError`, for the model to read."""

    message: str

    def __repr__(self) -> str:
        return f"error({self.message!r})"


@dataclass(frozen=True, slots=True)
class ProtocolFailure:
    """A JSON-RPC error."""

    code: int
    message: str
    data: Any = None

    def __repr__(self) -> str:
        data = "" if self.data is None else f", {self.data!r}"
        return f"protocol_error({self.code}, {self.message!r}{data})"


@dataclass(frozen=True, slots=True)
class Normal:
    """Answer as if there were no script: with the tool's function, with the list of tools."""

    def __repr__(self) -> str:
        return "normal()"


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait that many seconds, on the mock server's clock; then go on with another outcome."""

    seconds: float
    then: Outcome = field(default_factory=Normal)

    def __repr__(self) -> str:
        return f"delay({self.seconds}, then={self.then!r})"


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer."""

    def __repr__(self) -> str:
        return "hang()"


Outcome: TypeAlias = Returns | RawResult | Computes | ToolFailure | ProtocolFailure | Normal | Delay | Hang


def returns(value: object) -> Returns:
    """Return a value: text, a content block (or a list of them), or anything that becomes structured content."""
    return Returns(value)


def raw_result(result: Mapping[str, Any]) -> RawResult:
    """Return this result as it is, in wire form (camelCase); it is not checked, so that it may be wrong."""
    return RawResult(dict(result))


def computes(function: Callable[..., Any]) -> Computes:
    """Return what a function, sync or async, makes of the arguments (and of the `Context`, if it asks for one)."""
    return Computes(function)


def error(message: str) -> ToolFailure:
    """Fail as a tool does: with a result that has `isError`."""
    return ToolFailure(message)


def protocol_error(code: int, message: str, data: object = None) -> ProtocolFailure:
    """Fail as a server does: with a JSON-RPC error."""
    return ProtocolFailure(code, message, data)


def delay(seconds: float, then: Outcome | None = None) -> Delay:
    """Wait on the mock server's clock (real time without one), and then come to `then`.

    Without `then`: what would be answered without a script.
    """
    return Delay(seconds, then or Normal())


def hang() -> Hang:
    """Never answer; ends when the client gives up or the connection is closed."""
    return Hang()


def normal() -> Normal:
    """Answer what would be answered without a script: good for "fail twice, then work"."""
    return Normal()


def needs_fallback(outcome: Outcome) -> bool:
    """Whether the outcome ends in what would be answered without a script."""
    match outcome:
        case Normal():
            return True
        case Delay():
            return needs_fallback(outcome.then)
        case _:
            return False
