from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mcpquality_scanners.base import Scanner
from mcpquality_scanners.errors import UsageError, WriteError
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.config.starting import init_file

if TYPE_CHECKING:
    from pathlib import Path

Load = Callable[..., Settings]
Scanners = tuple[Scanner, ...]


def test_without_a_pyproject_a_file_of_its_own_is_written(load: Load, tmp_path: Path, scanners: Scanners) -> None:
    assert init_file(tmp_path, scanners, ("bandit",)) == tmp_path / "mcpquality.toml"
    assert load().file == tmp_path / "mcpquality.toml"


@pytest.mark.parametrize(
    "before", [b"", b'[project]\nname = "x"\n', b"# no newline at the end", b"x = 1\r\n# caf\xc3\xa9\r\n"]
)
def test_the_text_of_a_pyproject_stays_as_it_is(load: Load, tmp_path: Path, scanners: Scanners, before: bytes) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_bytes(before)
    project.chmod(0o640)
    assert init_file(tmp_path, scanners, ()) == project
    after = project.read_bytes()
    assert after.startswith(before)
    assert (b"\r\n" in before) == (b"\r\n" in after)
    assert after.count(b"\n") == after.count(b"\r\n") or b"\r\n" not in after
    assert project.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
    assert load().file == project


def test_a_link_stays_a_link(tmp_path: Path, scanners: Scanners) -> None:
    real = tmp_path / "elsewhere.toml"
    real.write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").symlink_to(real)
    init_file(tmp_path, scanners, ())
    assert (tmp_path / "pyproject.toml").is_symlink()
    assert "mcpquality" in tomllib.loads(real.read_text(encoding="utf-8"))["tool"]


@pytest.mark.parametrize(
    ("name", "text"), [("pyproject.toml", "[tool.mcpquality]\njobs = 1\n"), ("mcpquality.toml", "")]
)
def test_a_configuration_that_is_there_is_not_touched(tmp_path: Path, scanners: Scanners, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=f"{name} holds a configuration already"):
        init_file(tmp_path, scanners, ())
    assert (tmp_path / name).read_text(encoding="utf-8") == text


def test_a_pyproject_that_is_no_toml_is_not_touched(tmp_path: Path, scanners: Scanners) -> None:
    (tmp_path / "pyproject.toml").write_text("[broken", encoding="utf-8")
    with pytest.raises(UsageError, match="not valid TOML"):
        init_file(tmp_path, scanners, ())
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8") == "[broken"


def test_a_pyproject_that_cannot_take_a_table_is_not_touched(tmp_path: Path, scanners: Scanners) -> None:
    text = "tool = { ruff = { } }\n"
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"pyproject\.toml cannot take a \[tool\.mcpquality\] table at its end"):
        init_file(tmp_path, scanners, ())
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8") == text


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path, scanners: Scanners) -> None:
    with pytest.raises(WriteError, match=r"no configuration could be written to .*: No such file"):
        init_file(tmp_path / "nosuch", scanners, ())


def test_when_the_file_cannot_be_replaced_nothing_is_left_behind(
    tmp_path: Path, scanners: Scanners, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    (tmp_path / "pyproject.toml").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(WriteError, match="No space left on device"):
        init_file(tmp_path, scanners, ())
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8") == "x = 1\n"
