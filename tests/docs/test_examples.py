"""Commands, settings and the example plugin on the pages work as they stand. Python blocks are run by Sybil."""

from __future__ import annotations

import asyncio
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

import pytest
import yaml

from mcpquality_reports.registry import ALL, installed
from mcpquality_scanners.base import Completed, ScanContext, Scanner, Tool
from mcpquality_scanners.errors import ToolNotInstalledError
from mcpquality_scanners.findings import Finding, Location, Region, ScanResult, ScanStatus, Severity
from mcpquality_scanners.pragmas import ALLOWLIST, NO_REASON, NOSEC, NOSEMGREP, apply_pragmas
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.toolchain import SPECS
from pytest_mcpquality.cli import parser
from pytest_mcpquality.config.loading import load_settings

ROOT = Path(__file__).parents[2]


class Example(Protocol):
    place: str
    text: str


def load(tmp_path: Path, text: str, plugin: ModuleType) -> object:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    return load_settings(
        tmp_path,
        config_file=None,
        environ={},
        overrides={},
        scanners=load_scanners([plugin]),
        tools=tuple(SPECS),
        formats=(*installed(), ALL),
    )


def test_a_block_of_settings_is_a_valid_configuration(
    toml_example: Example, tmp_path: Path, spdx_header: ModuleType
) -> None:
    document = tomllib.loads(toml_example.text)
    if "project" in document:
        # The examples of a scanner (docs/examples) and of a check (the Python block above these lines).
        (plugin,) = document["project"]["entry-points"]["mcpquality"].items()
        assert plugin in {("spdx-header", "spdx_header"), ("team-prefix", "team_prefix")}
        return
    assert document.keys() == {"tool"}
    if "pytest" in document["tool"]:
        assert document["tool"]["pytest"] == {"ini_options": {"addopts": "--mcp-health"}}
        return
    assert document["tool"].keys() == {"mcpquality"}
    load(tmp_path, toml_example.text, spdx_header)


def commands(text: str) -> Iterator[list[str]]:
    """What is started by lines of a shell, each a command of words."""
    for line in text.splitlines():
        for command in line.split("&&"):
            words = shlex.split(command)
            if words:
                yield words


def assert_is_a_command(words: list[str]) -> None:
    given = parser().parse_args(words[1:])
    for report in getattr(given, "format", None) or ():
        assert report.partition("=")[0] in {*installed(), ALL}


def test_the_commands_of_a_console_block_can_be_given(console_example: Example) -> None:
    lines = console_example.text.splitlines()
    assert lines
    assert all(line.startswith("$ ") for line in lines)
    for words in commands("\n".join(line.removeprefix("$ ") for line in lines)):
        if words[0] == "mcpquality":
            assert_is_a_command(words)
        else:
            assert words[0] in {"python", "pytest", "tox", "coverage", "git"}


def texts(value: object) -> Iterator[str]:
    """All strings in a YAML document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in cast("dict[str, object]", value).values() if isinstance(value, dict) else value:
            yield from texts(item)


def test_a_pipeline_runs_commands_that_there_are(yaml_example: Example) -> None:
    scans = [
        words
        for text in texts(yaml.safe_load(yaml_example.text))
        if text.startswith("mcpquality ")
        for words in commands(text)
    ]
    assert scans
    for words in scans:
        assert_is_a_command(words)


@pytest.mark.parametrize("page", ["README.md", *(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*/**/*.md"))])
def test_commands_in_the_text_name_what_there_is(page: str, generate: ModuleType) -> None:
    known = {command.prog: command for command in generate.parsers(parser())}
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in re.findall(r"`(mcpquality (?!=)[^`\n]+)`", text):
        words = shlex.split(found)
        options = {word for word in words if word.startswith("--")}
        names = [" ".join(words[:length]) for length in (3, 2, 1)]
        command = next(known[name] for name in names if name in known)
        assert command.prog != "mcpquality" or options, f"{page}: {found}"
        assert options <= command._option_string_actions.keys(), f"{page}: {found}"


@pytest.mark.parametrize(
    ("scanner", "rule"), [("bandit", "B602"), ("semgrep", "mcp-path-traversal"), ("detect-secrets", "aws-access-key")]
)
def test_the_comments_on_the_page_suppress_with_their_reason(tmp_path: Path, scanner: str, rule: str) -> None:
    page = (ROOT / "docs/how-to/accept-a-finding.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {scanner} \| `(.+)` \|$", page, flags=re.MULTILINE)
    assert row is not None
    (tmp_path / "app.py").write_text(f"run()  {row[1]}\n", encoding="utf-8")
    found = Finding(scanner, rule, Severity.HIGH, "", Location("app.py", Region(1)))
    pragma = {"bandit": NOSEC, "semgrep": NOSEMGREP, "detect-secrets": ALLOWLIST}[scanner]
    (finding,) = apply_pragmas([found], tmp_path, pragma)
    assert finding.suppression is not None
    assert finding.suppression.reason != NO_REASON
    assert row[1].endswith(finding.suppression.reason)


# The example plugin ------------------------------------------------------------------------------------------


class NoTools:
    """It starts nothing and needs no tool."""

    async def tool(self, name: str) -> Tool:
        raise ToolNotInstalledError(name)

    async def run(self, *_arguments: object, **_options: object) -> Completed:
        raise AssertionError


def spdx_scanner(plugin: ModuleType) -> Scanner:
    (scanner,) = [scanner for scanner in load_scanners([plugin]) if scanner.name == "spdx-header"]
    return scanner


def run_spdx(plugin: ModuleType, root: Path, *, asked: bool = False, first_lines: int = 5) -> ScanResult:
    scanner = spdx_scanner(plugin)
    context = ScanContext(
        root=root,
        files=tuple(sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))),
        options={"first-lines": first_lines},
        tools=NoTools(),
        processes=NoTools(),
        scratch=root,
        asked=asked,
    )
    return asyncio.run(scanner.scan(context))


def test_the_example_finds_what_it_is_for(spdx_header: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "with.py").write_text("#!/usr/bin/python\n# SPDX-License-Identifier: MIT\n", encoding="utf-8")
    (tmp_path / "without.py").write_text("print()\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no code\n", encoding="utf-8")
    result = run_spdx(spdx_header, tmp_path)
    assert result.status is ScanStatus.COMPLETE
    assert result.seen == ("with.py", "without.py")
    (finding,) = result.findings
    assert finding.location == Location("without.py", Region(1))
    assert finding.severity is Severity.LOW
    assert spdx_scanner(spdx_header).explain(finding.rule) is not None
    assert len(run_spdx(spdx_header, tmp_path, first_lines=1).findings) == 2


def test_the_example_names_what_it_could_not_read(spdx_header: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "wide.py").write_bytes("print()".encode("utf-16"))
    (tmp_path / "gone.py").symlink_to("nowhere")
    result = run_spdx(spdx_header, tmp_path)
    assert result.status is ScanStatus.INCOMPLETE
    assert result.seen == ()
    assert [item.name for item in result.unseen] == ["gone.py", "wide.py"]


def test_the_example_has_nothing_to_do_without_python(spdx_header: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no code\n", encoding="utf-8")
    assert run_spdx(spdx_header, tmp_path).status is ScanStatus.NOT_APPLICABLE
    asked = run_spdx(spdx_header, tmp_path, asked=True)
    assert asked.status is ScanStatus.INCOMPLETE
    assert asked.problems
