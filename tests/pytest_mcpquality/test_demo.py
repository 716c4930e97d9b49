"""The demonstration as it is shipped and unpacked; tests/e2e/test_demo.py scans it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.demo import FOLDER, PROJECT, unpack


def names(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


def test_everything_is_unpacked_into_a_folder_of_its_own(tmp_path: Path) -> None:
    target = unpack(None, tmp_path)
    assert target == tmp_path / FOLDER
    assert names(target) == names(PROJECT)
    assert names(target) >= {"README.md", "requirements.txt", "coverage.json", "mcpquality.toml"}


def test_a_second_one_gets_another_name(tmp_path: Path) -> None:
    assert unpack(None, tmp_path) != unpack(None, tmp_path)


def test_a_dangling_link_is_no_free_name(tmp_path: Path) -> None:
    (tmp_path / FOLDER).symlink_to("nowhere")
    assert unpack(None, tmp_path) == tmp_path / f"{FOLDER}-2"


def test_a_folder_that_was_named_is_never_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(UsageError, match="is there already"):
        unpack(tmp_path / "mine", tmp_path)
    assert list((tmp_path / "mine").iterdir()) == []


def test_where_it_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"could not be unpacked into .*file"):
        unpack(tmp_path / "file" / "demo", tmp_path)


def test_measured_data_are_not_older_than_the_sources(tmp_path: Path) -> None:
    target = unpack(tmp_path / "demo", tmp_path)
    newest = max((target / name).stat().st_mtime_ns for name in names(target) if name.endswith(".py"))
    assert (target / "coverage.json").stat().st_mtime_ns >= newest


def test_it_can_be_edited_by_the_user_whatever_the_mode_of_the_installed_files(tmp_path: Path) -> None:
    target = unpack(tmp_path / "demo", tmp_path)
    assert all(os.access(target / name, os.W_OK) for name in names(target))


def test_the_coverage_data_are_about_the_sources_that_are_shipped() -> None:
    data = json.loads((PROJECT / "coverage.json").read_text(encoding="utf-8"))
    sources = {name for name in names(PROJECT) if name.startswith("notes_server/")}
    assert set(data["files"]) == sources
    for name, covered in data["files"].items():
        length = len((PROJECT / name).read_text(encoding="utf-8").splitlines())
        assert max([0, *covered["executed_lines"], *covered["missing_lines"]]) <= length, name
