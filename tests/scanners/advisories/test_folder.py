from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcpquality_scanners.advisories import load_folder

RECORD = {"id": "A-1", "affected": [{"package": {"name": "a", "ecosystem": "PyPI"}, "versions": ["1"]}]}


def test_records_of_all_subfolders_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "1.json").write_text(json.dumps(RECORD), encoding="utf-8")
    (tmp_path / "0.JSON").write_text(json.dumps({**RECORD, "id": "A-0"}), encoding="utf-8")
    (tmp_path / "gone.json").write_text(json.dumps({**RECORD, "withdrawn": "x"}), encoding="utf-8")
    (tmp_path / "README.md").write_text("no record", encoding="utf-8")
    records = load_folder(tmp_path)
    assert [item.id for item in records.advisories] == ["A-0", "A-1"]
    assert records.flaws == ()


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[]", b"{}", b"[" * 100_000])
def test_what_is_no_record_is_named(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "bad.json").write_bytes(text)
    assert [flaw.path for flaw in load_folder(tmp_path).flaws] == ["x/bad.json"]


def test_yaml_is_read_as_texts(tmp_path: Path) -> None:
    text = "id: A-1\nmodified: 2025-01-02T03:04:05Z\n"
    text += "affected:\n- package: {ecosystem: PyPI, name: a}\n  versions:\n  - 1.10\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    records = load_folder(tmp_path)
    assert records.flaws == ()
    assert records.advisories[0].affected[0].versions == {"1.10"}
    assert records.as_of == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_record_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "gone")
    assert load_folder(tmp_path).flaws[0].reason.startswith("it cannot be read")


def test_a_flaw_knows_its_packages(tmp_path: Path) -> None:
    bad = {"id": "A-1", "affected": [{"package": {"name": "a", "ecosystem": "PyPI"}}]}
    (tmp_path / "a.json").write_text(json.dumps(bad), encoding="utf-8")
    assert load_folder(tmp_path).flaws[0].packages == {"a"}


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shut").mkdir()
    listing = os.scandir

    def scandir(path: str) -> object:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    # Tests may run as root, for whom no folder is shut.
    monkeypatch.setattr(os, "scandir", scandir)
    (flaw,) = load_folder(tmp_path).flaws
    assert (flaw.path, flaw.reason) == ("shut", "it cannot be listed: Permission denied")


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        load_folder(tmp_path / "gone")
