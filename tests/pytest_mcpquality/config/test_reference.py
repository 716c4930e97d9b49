from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_mcpquality.config.keys import all_keys
from pytest_mcpquality.config.reference import reference, starter
from pytest_mcpquality.config.settings import DEFAULT, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from mcpquality_scanners.base import Scanner

Load = Callable[..., Settings]


def switched_on(text: str) -> str:
    return re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE)


def test_the_starter_leaves_the_defaults_in_force(
    load: Load, tmp_path: Path, scanners: tuple[Scanner, ...], tools: tuple[str, ...]
) -> None:
    (tmp_path / "pyproject.toml").write_text(starter(scanners, tools), encoding="utf-8")
    settings = load()
    assert settings.file == tmp_path / "pyproject.toml"
    assert all(setting.origin == DEFAULT for setting in settings.values)
    assert not any(scanner.asked for scanner in settings.scanners.values())
    assert settings.suppressed == ()


def test_the_starter_switched_on_says_the_defaults(
    load: Load, tmp_path: Path, scanners: tuple[Scanner, ...], tools: tuple[str, ...]
) -> None:
    (tmp_path / "pyproject.toml").write_text(switched_on(starter(scanners, tools)), encoding="utf-8")
    settings = load()
    assert all(setting.value == setting.key.option.default for setting in settings.values)
    unset = {setting.key.name for setting in settings.values if setting.origin == DEFAULT}
    assert unset == {
        "cache-dir",
        "coverage.timeout",
        "docs.api-key-file",
        "docs.api-url",
        "docs.cache",
        "docs.mcp-url",
        "health.lock",
        "scanners.bandit.profile",
        "scanners.bandit.timeout",
        "scanners.semgrep.timeout",
        "tools.bandit",
        "tools.semgrep",
    }
    assert len(settings.suppressed) == 1


def test_the_starter_of_our_own_file_has_its_keys_at_the_top(
    load: Load, scanners: tuple[Scanner, ...], tools: tuple[str, ...]
) -> None:
    text = starter(scanners, tools, ())
    assert tomllib.loads(text) == {}
    settings = load(switched_on(text))
    assert settings.setting("coverage.lines").origin != DEFAULT


def test_the_starter_helps_with_every_key(scanners: tuple[Scanner, ...], tools: tuple[str, ...]) -> None:
    text = starter(scanners, tools)
    for key in all_keys(scanners, tools).values():
        assert not key.in_file or f"# {key.option.help}" in text


def test_the_reference_has_every_key(scanners: tuple[Scanner, ...], tools: tuple[str, ...]) -> None:
    page = reference(scanners, tools)
    for key in all_keys(scanners, tools).values():
        row = next(line for line in page.splitlines() if f"`{key.variable}`" in line)
        assert row.startswith(f"| `{key.path[-1]}` | ")
        assert key.flag in row
    assert "## `[tool.mcpquality.coverage]`" in page
    assert "## `[tool.mcpquality.scanners.bandit]`" in page
    assert "A | scanner" in page
    assert "| a number, or false to switch it off, at least 0 | `80` | less, off |" in page


def test_the_tables_of_the_reference_are_whole(scanners: tuple[Scanner, ...], tools: tuple[str, ...]) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", reference(scanners, tools), flags=re.MULTILINE)
    assert len(tables) == 11
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_a_pipe_in_a_help_text_does_not_break_its_row(scanners: tuple[Scanner, ...]) -> None:
    option = scanners[0].options[0]
    piped = type(option)(option.name, option.kind, ("a|b",), "This | that")
    page = reference((type(scanners[0])("piped", (piped,)),), ())  # type: ignore[call-arg]
    assert '| This \\| that | a list of strings | `["a\\|b"]` |' in page
