from __future__ import annotations

from pathlib import Path

import pytest

from mcpquality_scanners.dependencies import Kind, Reading, discover, read_all

LOCK = 'version = 1\n[[package]]\nname = "idna"\nversion = "3.4"\nsource = { registry = "x" }\n'
VIRTUAL = '[[package]]\nname = "m"\nversion = "0"\nsource = { virtual = "m" }\n'


def read(root: Path, files: dict[str, str], groups: tuple[str, ...] = ("*",)) -> dict[str, Reading]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return {item.manifest: item for item in read_all(root, discover(files), files, groups)}


def test_usual_names_are_found() -> None:
    files = [
        "requirements.txt", "requirements-dev.txt", "dev-requirements.txt", "a/b.requirements.txt",
        "requirements/base.txt", "x/requirements/base.in", "pyproject.toml", "setup.cfg", "x/setup.py",
        "uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "Pipfile.lock", "pylock.toml", "pylock.dev.toml",
    ]  # fmt: skip
    others = [
        "notes.txt",
        "requirements.md",
        "my.lock",
        "constraints.txt",
        "pylock.json",
        "a/pyproject.toml.bak",
    ]
    assert {manifest.path for manifest in discover([*files, *others])} == set(files)


def test_what_was_compiled_stands_for_its_source() -> None:
    found = discover(["requirements.in", "requirements.txt", "dev-requirements.in"])
    assert [manifest.path for manifest in found] == ["dev-requirements.in", "requirements.txt"]


def test_globs_decide_instead() -> None:
    found = discover(["requirements.txt", "deps/all.txt", "uv.lock"], ("deps/*.txt", "uv.lock"))
    assert [(m.path, m.kind) for m in found] == [("deps/all.txt", Kind.REQUIREMENTS), ("uv.lock", Kind.LOCK)]


def test_a_lock_file_covers_the_project_beside_it(tmp_path: Path) -> None:
    files = {"pyproject.toml": '[project]\ndependencies = ["idna>=3", "m"]', "uv.lock": LOCK + VIRTUAL}
    readings = read(tmp_path, {**files, "m/pyproject.toml": '[project]\ndependencies = ["idna"]'})
    assert readings["pyproject.toml"].wanted == readings["m/pyproject.toml"].wanted == ()
    assert readings["pyproject.toml"].notes == ("pyproject.toml is locked by uv.lock.",)
    assert [pin.name for pin in readings["uv.lock"].pins] == ["idna"]


def test_a_stale_lock_file_hides_nothing(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["idna>=3.7", "x==1", "m"]',
        "uv.lock": LOCK + VIRTUAL,
    }
    reading = read(tmp_path, files)["pyproject.toml"]
    assert [item.name for item in reading.wanted] == ["idna", "x"]
    assert [pin.name for pin in reading.pins] == ["x"]
    assert "uv.lock does not hold all" in reading.notes[0]


def test_a_lock_file_elsewhere_covers_nothing(tmp_path: Path) -> None:
    readings = read(tmp_path, {"a/pyproject.toml": '[project]\ndependencies = ["idna"]', "uv.lock": LOCK})
    assert len(readings["a/pyproject.toml"].wanted) == 1


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (
            {"pyproject.toml": '[project]\ndynamic = ["dependencies"]'},
            ["pyproject.toml: project.dependencies"],
        ),
        ({"pyproject.toml": '[project]\ndynamic = ["dependencies"]', "uv.lock": LOCK}, []),
        (
            {
                "pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'
                '[tool.setuptools.dynamic]\ndependencies = { file = "requirements.txt" }',
                "requirements.txt": "",
            },
            [],
        ),
        (
            {
                "pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'
                '[tool.setuptools.dynamic]\ndependencies = { file = "deps.txt" }',
            },
            ["pyproject.toml: project.dependencies"],
        ),
        (
            {
                "pyproject.toml": '[project]\ndynamic = ["dependencies"]',
                "setup.cfg": "[options]\ninstall_requires = idna",
                "setup.py": "install_requires",
            },
            [],
        ),
        ({"setup.py": "setup(install_requires=[])"}, ["setup.py"]),
        ({"setup.py": "setup(install_requires=[])", "pyproject.toml": "[build-system]"}, ["setup.py"]),
        ({"setup.py": "setup(install_requires=[])", "pyproject.toml": "[project]\nname = 'a'"}, []),
        ({"Pipfile": ""}, ["Pipfile"]),
        ({"Pipfile": "", "pyproject.toml": "[project]\nname = 'a'"}, ["Pipfile"]),
        ({"Pipfile": "", "Pipfile.lock": '{"_meta": {"pipfile-spec": 6}}'}, []),
        ({"pyproject.toml": "["}, ["pyproject.toml"]),
        ({"pyproject.toml": "[", "uv.lock": LOCK}, ["pyproject.toml"]),
        ({"uv.lock": ""}, ["uv.lock"]),
        (
            {"uv.lock": "", "pyproject.toml": '[project]\ndynamic = ["dependencies"]'},
            ["pyproject.toml: project.dependencies", "uv.lock"],
        ),
    ],
)
def test_what_no_manifest_tells_is_named(tmp_path: Path, files: dict[str, str], named: list[str]) -> None:
    readings = read(tmp_path, files)
    assert sorted(item.name for reading in readings.values() for item in reading.unseen) == named


def test_a_manifest_that_is_gone_is_named(tmp_path: Path) -> None:
    (reading,) = read_all(tmp_path, discover(["requirements.txt"]), ["requirements.txt"])
    assert [item.name for item in reading.unseen] == ["requirements.txt"]
