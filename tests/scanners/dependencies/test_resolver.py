from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mcpquality_scanners.base import Completed
from mcpquality_scanners.dependencies import Origin, Reading, Resolver, Wanted
from mcpquality_scanners.errors import ToolError


@dataclass
class Uv:
    """Answers one run after the other and keeps what it was asked."""

    answers: list[tuple[int | None, str, str]]
    asked: list[str] = field(default_factory=list)
    commands: list[tuple[str, ...]] = field(default_factory=list)

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        del timeout, env, stdin
        self.asked.append((cwd / "requirements.in").read_text(encoding="utf-8"))
        self.commands.append(argv)
        code, stdout, stderr = self.answers.pop(0)
        return Completed(argv, code, stdout.encode(), stderr.encode(), 0.1, timed_out=code is None)


class NotThere:
    async def run(self, argv: tuple[str, ...], **_: object) -> Completed:
        raise ToolError(f"{Path(argv[0]).name} could not be started: gone")


def reading(*texts: str, python: str = "", prereleases: bool = False) -> Reading:
    wanted = tuple(Wanted(Requirement(text), Origin("r.txt", line)) for line, text in enumerate(texts, start=1))
    pins = tuple(pin for item in wanted if (pin := item.pin))
    return Reading("r.txt", pins=pins, wanted=wanted, python=python, prereleases=prereleases)


def resolve(uv: Uv, asked: Reading, folder: Path, *, offline: bool = False, build: bool = False) -> Reading:
    return asyncio.run(Resolver(uv, folder, offline, build).resolve(asked, 10))[0]


def test_pins_stand_where_they_were_asked_for(tmp_path: Path) -> None:
    uv = Uv([(0, "# a comment\na==1.0 ; sys_platform == 'win32'\nb==2\n", "")])
    result = resolve(uv, reading("a>0"), tmp_path)
    assert {(pin.name, pin.version, pin.origin.line) for pin in result.pins} == {
        ("a", "1.0", 1),
        ("b", "2", 0),
    }
    assert result.unseen == ()


def test_stated_pins_stay_beside_what_was_resolved(tmp_path: Path) -> None:
    uv = Uv([(1, "", "error: no\n")])
    result = resolve(uv, reading("a==1", "b"), tmp_path)
    assert [pin.name for pin in result.pins] == ["a"]
    assert [(item.name, item.reason) for item in result.unseen] == [
        ("r.txt", "not pinned, and the resolver (uv) failed: error: no")
    ]


def test_what_markers_drop_is_resolved_without_them(tmp_path: Path) -> None:
    uv = Uv([(0, "a==1\n", ""), (0, "b==2\n", "")])
    result = resolve(uv, reading("a", 'b ; python_version < "3"'), tmp_path)
    assert uv.asked == ['a\nb; python_version < "3"\n', "b\n"]
    assert [(pin.name, pin.origin.line) for pin in result.pins] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("again", [(0, "", ""), (1, "", "error: gone")])
def test_what_has_no_version_after_all_is_named(tmp_path: Path, again: tuple[int, str, str]) -> None:
    uv = Uv([(0, "a==1\n", ""), again])
    result = resolve(uv, reading("a", "b"), tmp_path)
    assert [item.name for item in result.unseen] == ["r.txt:2: b"]


@pytest.mark.parametrize("answer", [(0, "a>=1\n", ""), (0, "not a requirement\n", ""), (None, "", ""), (2, "", "")])
def test_anything_but_pins_is_no_answer(tmp_path: Path, answer: tuple[int | None, str, str]) -> None:
    assert [item.name for item in resolve(Uv([answer]), reading("a"), tmp_path).unseen] == ["r.txt"]


def test_a_resolver_that_cannot_be_started(tmp_path: Path) -> None:
    result, commands = asyncio.run(Resolver(NotThere(), tmp_path).resolve(reading("a"), 10))
    assert "could not be started" in result.unseen[0].reason
    assert commands == ()


def test_foreign_code_is_not_run_and_the_network_not_used_unless_allowed(tmp_path: Path) -> None:
    uv = Uv([(0, "a==1\n", ""), (0, "a==1\n", "")])
    resolve(uv, reading("a", python="3.99", prereleases=True), tmp_path, offline=True)
    resolve(uv, reading("a"), tmp_path, build=True)
    assert {"--no-build", "--offline", "allow", "3.99"} <= set(uv.commands[0])
    assert not {"--no-build", "--offline", "allow"} & set(uv.commands[1])
