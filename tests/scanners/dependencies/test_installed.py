from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from mcpquality_scanners.base import Completed
from mcpquality_scanners.dependencies import Reading, UnreadableError, read_environment
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.process import SystemProcessRunner


class Python:
    """An interpreter that prints what it is told to."""

    def __init__(self, stdout: str, code: int = 0) -> None:
        self.stdout, self.code = stdout, code

    async def run(self, argv: tuple[str, ...], **_: object) -> Completed:
        return Completed(argv, self.code, self.stdout.encode(), b"Boom: no\n", 0.1)


class NotThere:
    async def run(self, argv: tuple[str, ...], **_: object) -> Completed:
        raise ToolError(f"{argv[0]} could not be started")


def read(root: Path, rows: object) -> Reading:
    python = root / "python"
    python.touch()
    runner = Python(json.dumps({"distributions": rows}))
    return asyncio.run(read_environment("python", root, runner, root, 10))[0]


def test_distributions_of_the_registry_are_pins(tmp_path: Path) -> None:
    reading = read(tmp_path, [["Foo_Bar", "1.0", None, [], []], ["Foo_Bar", "1.0", None, [], []]])
    assert [(pin.name, pin.version, pin.origin.path) for pin in reading.pins] == [("foo-bar", "1.0", "")]


def test_own_projects_are_no_dependencies_and_others_are_named(tmp_path: Path) -> None:
    rows = [
        ["own", "1", json.dumps({"url": (tmp_path / "x").as_uri(), "dir_info": {"editable": True}}), [], []],
        ["forked", "1", json.dumps({"url": "https://me:pw@host.test/x"}), [], []],
        ["odd", "1", "{", [], []],
        ["old", "2004d", None, [], []],
        [None, "/site/broken.dist-info", None, [], []],
    ]
    reading = read(tmp_path, rows)
    assert reading.pins == ()
    assert [(item.name, item.reason) for item in reading.unseen] == [
        ("python: forked", "was installed from https://host.test/x, not from the registry"),
        ("python: odd", "was installed from somewhere that is not known, not from the registry"),
        ("python: old", "has no name or no version by PEP 440 in its metadata"),
        ("python: /site/broken.dist-info", "has no name or no version by PEP 440 in its metadata"),
    ]


@pytest.mark.parametrize(
    "stdout", ["", "[]", "{}", '{"distributions": 1}', '{"distributions": [1]}', '{"distributions": [[]]}']
)
def test_anything_else_is_unreadable(tmp_path: Path, stdout: str) -> None:
    (tmp_path / "python").touch()
    with pytest.raises(UnreadableError, match="Boom"):
        asyncio.run(read_environment("python", tmp_path, Python(stdout), tmp_path, 10))


def test_an_interpreter_that_fails(tmp_path: Path) -> None:
    (tmp_path / "python").touch()
    with pytest.raises(UnreadableError, match="could not list"):
        asyncio.run(read_environment("python", tmp_path, Python('{"distributions": []}', 1), tmp_path, 10))
    with pytest.raises(UnreadableError, match="could not be started"):
        asyncio.run(read_environment("python", tmp_path, NotThere(), tmp_path, 10))


def test_no_interpreter_at_all(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="no Python interpreter"):
        asyncio.run(read_environment("venv", tmp_path, NotThere(), tmp_path, 10))


def test_the_running_interpreter_knows_its_pytest(tmp_path: Path) -> None:
    runner = SystemProcessRunner()
    reading, commands = asyncio.run(read_environment(sys.executable, tmp_path, runner, tmp_path, 60))
    assert "pytest" in {pin.name for pin in reading.pins}
    assert commands[0].exit_code == 0


def test_who_needs_what_and_under_which_names(tmp_path: Path) -> None:
    own = json.dumps({"url": tmp_path.as_uri(), "dir_info": {"editable": True}})
    rows = [
        ["own", "1", own, ["Requests>=2", "rich; extra == 'x'"], ["own"]],
        ["requests", "2.0", None, ["idna<4", "not a requirement!"], ["requests"]],
        ["six", "1", None, None, ["six.py"]],
    ]
    reading = read(tmp_path, rows)
    assert reading.roots == {"requests"}
    assert reading.edges == {"requests": {"idna"}, "six": frozenset()}
    assert reading.modules == {"requests": {"requests"}, "six": {"six"}}
