"""coverage.py's own configuration, and its file patterns."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.coverage_gate import settings, tool
from mcpquality_scanners.coverage_gate.patterns import Patterns
from mcpquality_scanners.errors import ToolOutputError

EXPECTED = settings.CoverageSettings(
    data_file="build/.coverage",
    omit=("a/*", "b.py", "c/*"),
    include=("src/*",),
    plugins=("one", "two"),
    left_out={"exclude_also": ("def __repr__", "x, y")},
)

INI = """\
[{prefix}run]
data_file = build/.coverage
omit = a/*, b.py
plugins =
    one
    two
[{prefix}report]
omit =
    c/*
include = src/*
exclude_also =
    def __repr__
    x, y
"""

TOML = """\
[{prefix}run]
data_file = "build/.coverage"
omit = ["a/*", "b.py"]
plugins = ["one", "two"]
[{prefix}report]
omit = ["c/*"]
include = "src/*"
exclude_also = ["def __repr__", "x, y"]
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".coveragerc", INI.format(prefix="")),
        (".coveragerc", INI.format(prefix="coverage:")),
        ("setup.cfg", INI.format(prefix="coverage:")),
        ("tox.ini", INI.format(prefix="coverage:")),
        (".coveragerc.toml", TOML.format(prefix="")),
        (".coveragerc.toml", TOML.format(prefix="tool.coverage.")),
        ("pyproject.toml", TOML.format(prefix="tool.coverage.")),
    ],
)
def test_every_place_it_may_be_in(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = settings.read(tmp_path)
    assert found.file == name
    for field in ("data_file", "omit", "include", "plugins", "left_out"):
        assert getattr(found, field) == getattr(EXPECTED, field)


def test_the_first_file_with_settings_holds(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = x\n[run]\nomit = z\n", encoding="utf-8")
    (tmp_path / "tox.ini").write_text("[coverage:run]\nomit = first\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.coverage.run]\nomit = ["second"]\n', encoding="utf-8")
    assert settings.read(tmp_path).omit == ("first",)
    (tmp_path / ".coveragerc").write_text("", encoding="utf-8")
    assert settings.read(tmp_path) == settings.CoverageSettings(file=".coveragerc")


def test_none_at_all(tmp_path: Path) -> None:
    assert settings.read(tmp_path) == settings.CoverageSettings()


def test_values_of_other_types_are_no_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.coverage]\nreport = 1\nrun = {omit = 3, data_file = "${X}/.coverage", plugins = [1]}\n',
        encoding="utf-8",
    )
    assert settings.read(tmp_path) == settings.CoverageSettings(file="pyproject.toml")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pyproject.toml", b"["),
        ("pyproject.toml", b"\xff"),
        (".coveragerc", b"no section"),
        ("tox.ini", b"\xff"),
    ],
)
def test_a_file_that_cannot_be_read(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ToolOutputError, match=name):
        settings.read(tmp_path)


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=10), min_size=1, max_size=3))
def test_the_configuration_for_the_tool_reads_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("settings")
    given_settings = settings.CoverageSettings(left_out={"exclude_also": tuple(texts)})
    (folder / ".coveragerc.toml").write_text(tool.configuration(given_settings), encoding="utf-8", newline="")
    found = settings.read(folder)
    assert found.left_out == {"exclude_also": tuple(texts)}


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("src/a.py", "src/a.py", True),
        ("./src/a.py", "src/a.py", True),
        ("src/*", "src/deep/a.py", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/deep/a.py", False),
        ("src/**/a.py", "src/x/y/a.py", True),
        ("src/**/a.py", "src/a.py", True),
        ("src", "src/a.py", False),
        ("a.py", "src/a.py", True),
        ("?.py", "src/a.py", True),
        ("src/?.py", "src/ab.py", False),
        ("src/[ab].py", "src/a.py", True),
        ("src/[!ab].py", "src/a.py", False),
        ("*/a.py", "src/a.py", True),
        ("*/project/src/*", "src/a.py", True),
        ("/work/project/src/*", "src/a.py", True),
        ("/work/src/*", "src/a.py", False),
        ("src\\a.py", "src/a.py", True),
        ("src/a+b.py", "src/aab.py", False),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert Patterns((pattern,), "/work/project/").match(path) is expected


def test_a_pattern_that_is_none() -> None:
    with pytest.raises(ToolOutputError, match="b-a"):
        Patterns(("src/[b-a].py",), "/")
