"""Assertions on what came in; a failure shows it, as a diff."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_mcpquality.testing.recorder import Call
from pytest_mcpquality.testing.script import Script

__tracebackhide__ = True

SHOWN = 20
"""How many calls a failure lists at most."""


def check_called(
    server: str,
    subject: str,
    calls: Sequence[Call],
    everything: Sequence[Call],
    *,
    arguments: Mapping[str, Any] | None,
    times: int | None,
) -> None:
    """Assert that there are calls with these arguments, that many times.

    Raises:
        AssertionError: There are not.
    """
    matching = [call for call in calls if arguments is None or _given(call) == arguments]
    if len(matching) == times or (times is None and matching):
        return
    expected = f"{_times(times)}{_with(arguments)}"
    if not calls:
        raise AssertionError(f"{subject} of {server!r} was expected {expected}, but never called{_list(everything)}")
    if arguments is None or matching:
        raise AssertionError(
            f"{subject} of {server!r} was expected {expected}, but called {_times(len(matching))}{_list(calls)}"
        )
    raise AssertionError(
        f"{subject} of {server!r} was expected {expected}, but came with other arguments:\n"
        + "\n".join(_diff(arguments, call) for call in calls[-SHOWN:])
    )


def check_not_called(server: str, subject: str, calls: Sequence[Call], *, arguments: Mapping[str, Any] | None) -> None:
    """Assert that there are no calls with these arguments.

    Raises:
        AssertionError: There are.
    """
    matching = [call for call in calls if arguments is None or _given(call) == arguments]
    if matching:
        raise AssertionError(
            f"{subject} of {server!r} was expected never{_with(arguments)}, "
            f"but called {_times(len(matching))}{_list(matching)}"
        )


def check_exhausted(server: str, scripts: Sequence[Script], everything: Sequence[Call]) -> None:
    """Assert that the calls used up every script, and no more than that.

    Raises:
        AssertionError: Outcomes are left, or there were more calls than outcomes.
    """
    problems = [*map(_left, scripts), *map(_overrun, scripts)]
    if any(problems):
        lines = "\n".join(f"  {problem}" for problem in problems if problem)
        raise AssertionError(f"not all scripts of {server!r} are exhausted:\n{lines}{_list(everything)}")


def _given(call: Call) -> Mapping[str, Any]:
    """What the call was given: a tool's or prompt's arguments, any other method's parameters."""
    if call.method in {"tools/call", "prompts/get"}:
        return call.arguments
    return {key: value for key, value in call.params.items() if key != "_meta"}


def _times(times: int | None) -> str:
    match times:
        case None:
            return "at least once"
        case 1:
            return "once"
        case _:
            return f"{times} times"


def _with(arguments: Mapping[str, Any] | None) -> str:
    return "" if arguments is None else f" with {dict(arguments)!r}"


def _list(calls: Sequence[Call]) -> str:
    if not calls:
        return "; nothing came in at all"
    shown = "\n".join(f"  {call.number}. {call}" for call in calls[-SHOWN:])
    hidden = f"\n  ({len(calls) - SHOWN} earlier ones not shown)" if len(calls) > SHOWN else ""
    return f"; this came in:{hidden}\n{shown}"


def _diff(expected: Mapping[str, Any], call: Call) -> str:
    lines = difflib.unified_diff(
        _pretty(expected), _pretty(_given(call)), "expected", f"call {call.number}", lineterm="", n=100
    )
    return "\n".join(lines)


def _pretty(value: Mapping[str, Any]) -> list[str]:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=repr).splitlines()


def _left(script: Script) -> str:
    if not script.left:
        return ""
    used = len(script.outcomes) - len(script.left)
    return (
        f"{script.subject}: {used} of {len(script.outcomes)} outcomes used; left: {', '.join(map(repr, script.left))}"
    )


def _overrun(script: Script) -> str:
    return f"{script.subject}: called {_times(script.overrun)} after its last outcome" if script.overrun else ""
