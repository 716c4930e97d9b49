from __future__ import annotations

import pytest

from mcpquality_scanners.dependencies.model import Reading, UnreadableError, mention
from mcpquality_scanners.dependencies.projects import (
    least_python,
    read_pyproject,
    read_setup_cfg,
    read_setup_py,
)

PROJECT = """\
[project]
name = "App"
requires-python = ">=3.10,<4"
dependencies = [
  "idna>=3",
  "Sniffio==1.3.0",
]
[project.optional-dependencies]
all = ["app[cli]"]
cli = ["rich"]
[dependency-groups]
dev = [{ include-group = "test" }, "ruff"]
test = ["pytest", { include-group = "dev" }]
"""


def wanted(reading: Reading) -> dict[str, int]:
    return {item.name: item.origin.line for item in reading.wanted}


def test_dependencies_extras_and_groups_with_their_lines() -> None:
    reading = read_pyproject("pyproject.toml", PROJECT)
    assert wanted(reading) == {"idna": 5, "sniffio": 6, "rich": 10, "ruff": 12, "pytest": 13}
    assert [pin.version for pin in reading.pins] == ["1.3.0"]
    assert (reading.python, reading.declares, reading.unseen, reading.undeclared) == ("3.10", True, (), ())


def test_only_the_chosen_groups() -> None:
    assert set(wanted(read_pyproject("p", PROJECT, ()))) == {"idna", "sniffio"}
    assert set(wanted(read_pyproject("p", PROJECT, ("CLI",)))) == {"idna", "sniffio", "rich"}
    assert set(wanted(read_pyproject("p", PROJECT, ("test",)))) == {"idna", "sniffio", "pytest", "ruff"}


def test_what_is_not_of_the_registry_is_named_but_not_the_workspace() -> None:
    text = """\
[project]
name = "a"
dependencies = ["b @ https://host.test/b.whl", "c", "d", "e", "not a requirement"]
[tool.uv.sources]
c = { git = "https://host.test/c" }
d = { workspace = true }
e = [{ index = "private" }]
"""
    reading = read_pyproject("pyproject.toml", text)
    assert set(wanted(reading)) == {"e"}
    assert [item.name for item in reading.unseen] == [
        "pyproject.toml: b @ https://host.test/b.whl",
        "pyproject.toml: c",
        "pyproject.toml: not a requirement",
    ]


def test_dynamic_dependencies_are_not_declared() -> None:
    reading = read_pyproject("sub/pyproject.toml", '[project]\ndynamic = ["dependencies", "version"]')
    assert [item.name for item in reading.undeclared] == ["sub/pyproject.toml: project.dependencies"]
    assert (reading.declares, reading.sources) == (False, ())


def test_setuptools_says_where_dynamic_dependencies_are() -> None:
    text = """\
[project]
dynamic = ["dependencies", "optional-dependencies"]
[tool.setuptools.dynamic]
dependencies = { file = ["requirements.txt"] }
optional-dependencies.dev = { file = "../dev.txt" }
"""
    assert read_pyproject("sub/pyproject.toml", text).sources == ("sub/requirements.txt", "dev.txt")


@pytest.mark.parametrize(
    "text",
    [
        '[tool.poetry.dependencies]\npython = "^3.9"\nidna = "^3"',
        '[tool.poetry.dev-dependencies]\nidna = "^3"',
        '[tool.poetry.group.dev.dependencies]\nidna = "^3"',
    ],
)
def test_poetrys_own_notation_is_not_declared(text: str) -> None:
    assert len(read_pyproject("pyproject.toml", text).undeclared) == 1


def test_a_file_of_settings_alone_asks_for_nothing() -> None:
    reading = read_pyproject("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.9"\n[tool.ruff]\n')
    assert reading == Reading("pyproject.toml")


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[project]\ndependencies = 1",
        "[project]\ndependencies = [1]",
        "[project.optional-dependencies]\na = 1",
        "[dependency-groups]\na = 1",
        "[dependency-groups]\na = [1]",
        '[dependency-groups]\na = [{ include-group = "gone" }]',
        "[project]\ndynamic = 1",
        "[tool.setuptools.dynamic]\ndependencies = { file = [1] }",
    ],
)
def test_other_shapes_are_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_pyproject("pyproject.toml", text)


def test_setup_cfg() -> None:
    text = """\
[metadata]
name = app
[options]
python_requires = >=3.9
install_requires =
    idna >= 3
    # a comment
[options.extras_require]
x = sniffio
y = file: more.txt
"""
    reading = read_setup_cfg("setup.cfg", text)
    assert wanted(reading) == {"idna": 6, "sniffio": 9}
    assert (reading.python, reading.declares) == ("3.9", True)
    assert [item.name for item in reading.undeclared] == ["setup.cfg: file: more.txt"]


def test_setup_cfg_of_settings_alone_declares_nothing() -> None:
    assert not read_setup_cfg("setup.cfg", "[flake8]\nmax-line-length = 100\n").declares


def test_setup_cfg_that_does_not_parse() -> None:
    with pytest.raises(UnreadableError):
        read_setup_cfg("setup.cfg", "no section\n")


def test_setup_py_is_never_run() -> None:
    assert read_setup_py("setup.py", "from setuptools import setup\nsetup()") == Reading("setup.py")
    assert len(read_setup_py("setup.py", "setup(install_requires=x())").undeclared) == 1


@pytest.mark.parametrize(
    ("requires", "least"),
    [(">=3.9,>=3.10", "3.10"), ("~=3.11", "3.11"), ("<4", ""), ("", ""), ("nonsense", "")],
)
def test_least_python(requires: str, least: str) -> None:
    assert least_python(requires) == least


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('"Zope.Interface>=1"', True),
        ("zope_interface", True),
        ("zope-interface-extra", False),
        ("my-zope.interface", False),
        ("# zope.interface", False),
        ("zope.interface.", True),
    ],
)
def test_mention(line: str, found: bool) -> None:
    assert mention("zope-interface", ["", line]) == (2 if found else 0)


BUILD = '[build-system]\nrequires = ["hatchling>=1.20", "cython==3.0.0", "x @ https://host.test/x.whl"]\n'


def test_what_a_project_is_built_with_is_audited_where_it_is_pinned_and_named_where_not() -> None:
    reading = read_pyproject("pyproject.toml", BUILD)
    assert [(pin.name, pin.version) for pin in reading.pins] == [("cython", "3.0.0")]
    assert reading.wanted == ()
    assert "hatchling>=1.20" in reading.notes[0]
    assert "https://host.test" in reading.notes[0]


def test_what_a_project_is_built_with_is_looked_up_on_request() -> None:
    reading = read_pyproject("pyproject.toml", BUILD, ("*", "build-system"))
    assert [str(wanted.requirement) for wanted in reading.wanted] == ["hatchling>=1.20", "cython==3.0.0"]
    assert (len(reading.unseen), reading.notes) == (1, ())


def test_pixi_is_named() -> None:
    reading = read_pyproject("pyproject.toml", "[tool.pixi.pypi-dependencies]\nx = '*'\n")
    assert [item.name for item in reading.undeclared] == ["pyproject.toml: tool.pixi"]
