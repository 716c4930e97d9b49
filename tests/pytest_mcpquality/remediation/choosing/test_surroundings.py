"""What a project is built with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_mcpquality.remediation.choosing.surroundings import Project


def test_imports_of_the_files_in_question_come_before_what_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text("from flask import Flask\nimport yaml\n", encoding="utf-8")
    (tmp_path / "other.py").write_text("import requests\n", encoding="utf-8")
    (tmp_path / "requirements.txt").write_text("SQLAlchemy[asyncio]>=2\nrequests==2.31\n# django\n", encoding="utf-8")
    project = Project(tmp_path)
    assert project.around(["web.py"]).used()[:2] == ("flask", "pyyaml")
    assert {"sqlalchemy", "requests"} <= set(project.around(["web.py"]).used())
    assert project.around(["other.py"]).used()[0] == "requests"
    assert project.around([]).used() == project.declared
    assert project.around([]).python == f"{sys.version_info.minor}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[project]\ndependencies = ["httpx>=0.27", "psycopg2-binary"]\n'),
        ("setup.cfg", "[options]\ninstall_requires =\n    httpx\n    psycopg2-binary\n"),
        ("Pipfile", '[packages]\nhttpx = "*"\npsycopg2-binary = "*"\n'),
        ("uv.lock", '[[package]]\nname = "httpx"\n\n[[package]]\nname = "psycopg2-binary"\n'),
        ("setup.py", 'setup(install_requires=["httpx", "psycopg2-binary"])\n'),
    ],
)
def test_every_usual_manifest_is_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert set(Project(tmp_path).declared) == {"httpx", "psycopg2"}


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").mkdir()
    (tmp_path / "uv.lock").write_bytes(b'name = "flask"\n' + b" " * 2_000_001)
    (tmp_path / "setup.cfg").write_bytes(b"\xff\xfeinstall_requires =\n flask\n")
    project = Project(tmp_path)
    assert project.around(["gone.py", "../outside.py", "/etc/passwd"]).used() == project.declared == ("flask",)


def test_no_more_files_are_looked_at_than_said(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"m{number}.py").write_text("import flask\n" if number == 4 else "x = 1\n", encoding="utf-8")
    project, files = Project(tmp_path), [f"m{number}.py" for number in range(5)]
    assert project.around(files, most=4).used() == ()
    assert project.around(files).used() == ("flask",)
