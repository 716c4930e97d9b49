from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mcpquality_scanners.dependencies import Graph, Origin, Pin, Reading, Wanted, allows, discover, read_all
from mcpquality_scanners.dependencies.graph import shortest_paths
from mcpquality_scanners.dependencies.poetry import specifier


def wanted(text: str, manifest: str = "pyproject.toml", line: int = 1) -> Wanted:
    return Wanted(Requirement(text), Origin(manifest, line))


def read(tmp_path: Path, files: dict[str, str]) -> tuple[Reading, ...]:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return read_all(tmp_path, discover(files), files)


def pin(readings: tuple[Reading, ...], name: str) -> Pin:
    return next(pin for reading in readings for pin in reading.pins if pin.name == name)


UV = """
version = 1
[[package]]
name = "p"
version = "1"
source = { editable = "." }
dependencies = [{ name = "requests" }]
[package.dev-dependencies]
dev = [{ name = "PyTest" }]
[[package]]
name = "requests"
version = "2.0"
source = { registry = "x" }
dependencies = [{ name = "idna", marker = "x" }, { name = "urllib3" }]
[[package]]
name = "idna"
version = "3.4"
source = { registry = "x" }
[[package]]
name = "urllib3"
version = "1"
source = { registry = "x" }
[package.optional-dependencies]
socks = [{ name = "pysocks" }]
[[package]]
name = "pysocks"
version = "1"
source = { registry = "x" }
[[package]]
name = "pytest"
version = "8"
source = { registry = "x" }
"""
POETRY = """
[[package]]
name = "requests"
version = "2.0"
[package.dependencies]
idna = ">=2.5,<4"
[[package]]
name = "idna"
version = "3.4"
[metadata]
lock-version = "2.1"
"""
PDM = """
[metadata]
lock_version = "4.5.0"
[[package]]
name = "requests"
version = "2.0"
dependencies = ["idna<4,>=2.5; python_version > '3'"]
[[package]]
name = "idna"
version = "3.4"
"""
PYLOCK = """
lock-version = "1.0"
[[packages]]
name = "requests"
version = "2.0"
dependencies = [{ name = "idna" }]
[[packages]]
name = "idna"
version = "3.4"
"""
COMPILED = """
idna==3.4
    # via
    #   other
    #   requests
requests==2.0  # via -r requirements.in
other==1
    # via p (pyproject.toml)
limited==1
    # via -c limits.txt
"""


def test_paths_through_a_uv_lock(tmp_path: Path) -> None:
    readings = read(tmp_path, {"uv.lock": UV, "pyproject.toml": '[project]\nname = "p"\ndependencies = ["requests"]\n'})
    graph = Graph(readings)
    paths = {name: graph.path(pin(readings, name)) for name in ("requests", "idna", "pysocks", "pytest")}
    assert paths == {
        "requests": ("requests",),
        "idna": ("requests", "idna"),
        "pysocks": ("requests", "urllib3", "pysocks"),
        "pytest": ("pytest",),
    }
    assert graph.ancestors(pin(readings, "pysocks")) == frozenset({"urllib3", "requests", "p"})


@pytest.mark.parametrize(
    ("lock", "text", "project"),
    [
        ("poetry.lock", POETRY, '[tool.poetry.dependencies]\npython = "^3.11"\nrequests = "^2"\n'),
        ("poetry.lock", POETRY, '[project]\nname = "p"\ndependencies = ["requests"]\n'),
        ("poetry.lock", POETRY, '[tool.poetry.group.x.dependencies]\nrequests = { version = "*", extras = ["a"] }\n'),
        ("pdm.lock", PDM, '[project]\nname = "p"\ndependencies = ["requests"]\n'),
        ("pylock.toml", PYLOCK, '[project]\nname = "p"\ndependencies = ["requests"]\n'),
    ],
)
def test_paths_through_other_locks(tmp_path: Path, lock: str, text: str, project: str) -> None:
    readings = read(tmp_path, {lock: text, "pyproject.toml": project})
    graph = Graph(readings)
    assert graph.path(pin(readings, "idna")) == ("requests", "idna")
    assert graph.path(pin(readings, "requests")) == ("requests",)


def test_paths_in_a_compiled_requirements_file(tmp_path: Path) -> None:
    readings = read(tmp_path, {"requirements.txt": COMPILED})
    graph = Graph(readings)
    assert graph.path(pin(readings, "requests")) == ("requests",)
    assert graph.path(pin(readings, "idna")) == ("other", "idna")
    assert graph.path(pin(readings, "limited")) == ()
    assert graph.ancestors(pin(readings, "limited")) is None


def test_everything_in_a_plain_requirements_file_is_asked_for(tmp_path: Path) -> None:
    readings = read(tmp_path, {"requirements.txt": "idna==3.4\nrequests==2.0\n"})
    assert Graph(readings).path(pin(readings, "idna")) == ("idna",)


def test_a_pipfile_tells_what_is_asked_for(tmp_path: Path) -> None:
    lock = '{"_meta": {"pipfile-spec": 6}, "default": {"idna": {"version": "==3.4"}, "x": {"version": "==1"}}}'
    readings = read(tmp_path, {"Pipfile.lock": lock, "Pipfile": '[packages]\nidna = "<3.5"\ny = {version = "*"}\n'})
    graph = Graph(readings)
    assert (graph.path(pin(readings, "idna")), graph.path(pin(readings, "x"))) == (("idna",), ())
    assert allows(graph.limits(pin(readings, "idna")), "3.7") is False


def test_what_the_project_allows(tmp_path: Path) -> None:
    project = '[project]\nname = "p"\ndependencies = ["requests", "idna<3.5"]\n'
    readings = read(tmp_path, {"uv.lock": UV, "pyproject.toml": project})
    limits = Graph(readings).limits(pin(readings, "idna"))
    assert [(str(limit.requirement), limit.origin.line) for limit in limits] == [("idna<3.5", 3)]
    assert (allows(limits, "3.7"), allows(limits, "3.4.1"), allows((), "3.7")) == (False, True, None)


def test_the_pin_itself_is_no_limit_but_a_constraint_is(tmp_path: Path) -> None:
    readings = read(tmp_path, {"requirements.txt": "idna==3.4\n-c limits.txt\n", "limits.txt": "idna<3.6\n"})
    limits = Graph(readings).limits(pin(readings, "idna"))
    assert [str(limit.requirement) for limit in limits] == ["idna<3.6"]


def test_a_pin_of_nobody_is_not_known() -> None:
    graph = Graph(())
    nobody = Pin("a", "1", Origin("x"))
    assert (graph.path(nobody), graph.ancestors(nobody), graph.limits(nobody)) == ((), None, ())


def test_circles_end() -> None:
    edges = {"a": frozenset({"b"}), "b": frozenset({"a", "c"})}
    assert shortest_paths({"a"}, edges) == {"a": ("a",), "b": ("a", "b"), "c": ("a", "b", "c")}
    item = Pin("c", "1", Origin("uv.lock"))
    reading = Reading("uv.lock", pins=(item,), edges=edges, roots=frozenset({"a"}))
    assert Graph([reading]).ancestors(item) == frozenset({"a", "b"})
    assert Graph([replace(reading, roots=frozenset())]).path(item) == ()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("^1.2.3", ">=1.2.3,<2"), ("^0.2.3", ">=0.2.3,<0.3"), ("^0.0.3", ">=0.0.3,<0.0.4"), ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"), ("~1", ">=1,<2"), ("~=1.2", "~=1.2"), ("1.2.*", "==1.2.*"), (">= 1, <2", ">=1,<2"),
        (">=1 <2", ">=1,<2"), ("*", ""), ("", ""), ("^1 || ^2", ""), ("^x", ""),
    ],
)  # fmt: skip
def test_poetrys_notation(theirs: str, ours: str) -> None:
    assert specifier(theirs) == ours


def test_what_poetry_takes_from_elsewhere_limits_nothing(tmp_path: Path) -> None:
    project = '[tool.poetry.dependencies]\nrequests = "^1"\nidna = [{ version = "^2" }]\nodd = "what?"\n"-" = "?"\n'
    (reading, _) = sorted(
        read(tmp_path, {"pyproject.toml": project, "poetry.lock": POETRY}), key=lambda r: not r.declared
    )
    assert [str(item.requirement) for item in reading.declared] == ["requests<2,>=1", "odd"]


def test_the_lock_of_a_script_goes_by_what_the_script_asks_for() -> None:
    lock = Reading("a/tool.py.lock", pins=(Pin("idna", "3.4", Origin("a/tool.py.lock", 1)),), edges={})
    script = Reading("a/tool.py", declared=(wanted("idna<3.7", "a/tool.py", 3),))
    project = Reading("a/pyproject.toml", declared=(wanted("idna<3.5", "a/pyproject.toml", 3),))
    graph = Graph([lock, script, project])
    assert graph.path(lock.pins[0]) == ("idna",)
    assert [str(limit.requirement) for limit in graph.limits(lock.pins[0])] == ["idna<3.7"]
