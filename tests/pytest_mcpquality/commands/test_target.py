from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mcpquality.commands.target import name_of


@pytest.mark.parametrize(("path", "name"), [(".", "inner"), ("", "inner"), ("..", "outer"), ("../other", "../other")])
def test_reports_name_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, name: str) -> None:
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "outer" / "inner")
    assert name_of(path) == name


def test_the_root_is_called_what_it_is() -> None:
    assert name_of("/") == "/"
