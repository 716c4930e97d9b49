from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import Severity
from pytest_mcpquality.config.settings import DEFAULT, Origin, Output, Settings, Source

Load = Callable[..., Settings]


def test_without_any_source_the_defaults_hold(load: Load) -> None:
    settings = load()
    assert settings.file is None
    assert settings.fail_on is Severity.HIGH
    assert settings.outputs == (Output("terminal"),)
    assert (settings.jobs, settings.offline, settings.cache_dir, settings.tools) == (0, False, None, {})
    assert all(setting.origin == DEFAULT for setting in settings.values)
    assert [one.off for one in settings.scanners.values()] == ["", "", ""]
    assert settings.scanners["bandit"].options == {"skips": (), "profile": None, "only": "", "own-ignore": False}


def test_a_later_source_wins_and_is_named(load: Load) -> None:
    text = '# a comment\nfail-on = "low"\nexclude = ["a", "b"]\njobs = 3\n'
    environ = {"MCPQUALITY_FAIL_ON": "medium", "MCPQUALITY_EXCLUDE": "c", "HOME": "/nowhere"}
    settings = load(text, environ=environ, overrides={"fail-on": "critical", "offline": None})
    assert settings.fail_on is Severity.CRITICAL
    assert settings.setting("fail-on").origin == Origin(Source.COMMAND_LINE, "--fail-on")
    assert settings.exclude == ("c",)
    assert settings.setting("exclude").origin == Origin(Source.ENVIRONMENT, "MCPQUALITY_EXCLUDE")
    assert settings.jobs == 3
    assert str(settings.setting("jobs").origin) == "mcpquality.toml:4"
    assert settings.setting("offline").origin == DEFAULT


def test_a_setting_that_does_not_exist_is_not_found(load: Load) -> None:
    with pytest.raises(KeyError, match="nonsense"):
        load().setting("nonsense")


def test_pyproject_holds_the_keys_in_its_table(load: Load, tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n\n[tool.mcpquality]\njobs = 2\nscanners.bandit.skips = ["B101"]\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    settings = load()
    assert settings.file == tmp_path / "pyproject.toml"
    assert settings.jobs == 2
    assert settings.scanners["bandit"].options["skips"] == ("B101",)
    assert str(settings.setting("scanners.bandit.skips").origin) == "pyproject.toml:6"


@pytest.mark.parametrize("text", ["", '[project]\nname = "x"\n', "[tool]\n", "[tool.ruff]\n[tool.mcp]\n"])
def test_a_pyproject_without_our_table_is_no_configuration(load: Load, tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert load().file is None


def test_folders_above_the_root_are_not_searched(load: Load, tmp_path: Path) -> None:
    (tmp_path.parent / "mcpquality.toml").write_text("jobs = 7\n", encoding="utf-8")
    try:
        assert load().jobs == 0
    finally:
        (tmp_path.parent / "mcpquality.toml").unlink()


def test_both_files_are_an_error_that_names_both(load: Load, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.mcpquality]\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"both mcpquality\.toml and pyproject\.toml"):
        load("")


def test_a_given_file_is_read_alone(load: Load, tmp_path: Path) -> None:
    given = tmp_path / "ci" / "strict.toml"
    given.parent.mkdir()
    given.write_text('jobs = 5\nformat = ["json=../../out.json"]\n', encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("this is [ no TOML", encoding="utf-8")
    settings = load(config_file=given)
    assert settings.jobs == 5
    assert settings.setting("jobs").origin == Origin(Source.FILE, str(given), 1)
    assert settings.outputs == (Output("json", given.parent / "../../out.json"),)


def test_a_given_pyproject_must_have_our_table(load: Load, tmp_path: Path) -> None:
    given = tmp_path / "pyproject.toml"
    given.write_text("[project]\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"has no \[tool\.mcpquality\] table"):
        load(config_file=given)


def test_a_given_file_that_is_missing_is_an_error(load: Load, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nosuch\.toml cannot be read: No such file"):
        load(config_file=tmp_path / "nosuch.toml")


def test_a_name_with_a_nul_is_an_error(load: Load) -> None:
    with pytest.raises(UsageError, match="cannot be read: embedded null byte"):
        load(config_file=Path("a\0b"))


def test_a_folder_in_place_of_the_file_is_not_taken_for_no_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").mkdir()
    with pytest.raises(UsageError, match=r"mcpquality\.toml is not a regular file"):
        load()


def test_a_link_that_leads_nowhere_is_not_taken_for_no_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").symlink_to(tmp_path / "gone")
    with pytest.raises(UsageError, match=r"mcpquality\.toml cannot be read: No such file"):
        load()


def test_a_root_that_is_a_file_is_an_error(load: Load, tmp_path: Path) -> None:
    tmp_path.rmdir()
    tmp_path.touch()
    with pytest.raises(UsageError, match=r"mcpquality\.toml cannot be read: Not a directory"):
        load()


def test_a_file_that_is_not_utf8_is_an_error_with_its_line(load: Load, tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_bytes(b"jobs = 1\n# caf\xe9\n")
    with pytest.raises(UsageError, match=r"mcpquality\.toml:2: not UTF-8"):
        load()


def test_a_file_in_utf16_is_an_error(load: Load, tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_text("jobs = 1\n", encoding="utf-16")
    with pytest.raises(UsageError, match="not UTF-8"):
        load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jobs = 1\nfail-on = high\n", r"not valid TOML: .*line 2, column 11"),
        ("jobs = 1\njobs = 2\n", r"not valid TOML: "),
        ("jobs = " + "1" * 5000, r"not valid TOML: "),
        ("jobs = " + "[" * 5000, r"nested too deeply|not valid TOML"),
    ],
)
def test_what_is_no_toml_is_an_error(load: Load, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=r"mcpquality\.toml: .*" + message):
        load(text)


@pytest.mark.parametrize("name", ["mcp-quality", "mcpqualty", "MCPQuality", "pytest-mcpquality"])
def test_a_misspelt_table_is_not_taken_for_none(load: Load, tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.{name}]\nfail-on = "low"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=rf"there is \[tool\.{name}\] but no \[tool\.mcpquality\]"):
        load()


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\nmcpquality = 3\n", "[[tool]]\nx = 1\n"])
def test_something_else_in_place_of_our_table_is_an_error(load: Load, tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"pyproject\.toml: tool\.mcpquality must be a table"):
        load()
