from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from mcpquality_scanners.base import Completed
from mcpquality_scanners.findings import Command, ScanResult, ScanStatus
from pytest_mcpquality.trace import Trace, TracingRunner, neutral


class Runner:
    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,  # noqa: ARG002
        timeout: float,  # noqa: ARG002, ASYNC109
        env: Mapping[str, str] | None = None,  # noqa: ARG002
        stdin: bytes = b"",  # noqa: ARG002
    ) -> Completed:
        if argv[0] == "hang":
            raise asyncio.CancelledError
        return Completed(argv, 1, b"", b"", 0.5)


def test_what_ran_and_what_was_broken_off_stand_in_the_result(tmp_path: Path) -> None:
    trace = Trace()
    trace.version = "1.9.4"
    runner = TracingRunner(Runner(), trace)
    asyncio.run(runner.run(("bandit", "-r"), cwd=tmp_path, timeout=1))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(runner.run(("hang",), cwd=tmp_path, timeout=1))
    result = trace.failed("bandit", "it fell over")
    assert (result.status, result.version, result.problems) == (ScanStatus.ERROR, "1.9.4", ("it fell over",))
    assert result.commands == (Command(("bandit", "-r"), 1, 0.5), Command(("hang",), None, 0.0))


def arguments(argv: tuple[str, ...]) -> tuple[str, ...]:
    result = ScanResult("x", ScanStatus.COMPLETE, commands=(Command(argv, 0, 1.0),))
    root, scratch = Path("/work/project"), Path("/tmp/mcpquality-ab12")
    return neutral(result, root, scratch).commands[0].argv


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("/tmp/mcpquality-ab12/bandit/empty.ini", "{scratch}/bandit/empty.ini"),
        ("../../tmp/mcpquality-ab12/rules.json", "{scratch}/rules.json"),
        ("--config=/tmp/mcpquality-ab12/a", "--config={scratch}/a"),
        ("/work/project/src", "./src"),
        (f"{Path.home()}/.cache", "~/.cache"),
        ("http://127.0.0.1:40591/Zn/v1/query", "http://127.0.0.1/..."),
        ("src/a.py", "src/a.py"),
        ("", ""),
    ],
)
def test_command_lines_are_the_same_everywhere(argument: str, told: str) -> None:
    assert arguments(("/somewhere/bin/tool", argument)) == ("tool", told)


def test_long_command_lines_are_cut_and_empty_ones_stay() -> None:
    assert arguments(tuple(map(str, range(100))))[-2:] == ("59", "(40 more)")
    assert arguments(()) == ()
