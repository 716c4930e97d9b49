from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcpquality.config.rendering import render_settings, toml_string, toml_value
from pytest_mcpquality.config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

Load = Callable[..., Settings]

TEXT = """
fail-on = "low"
skip = ["bandit"]
exclude = ["a \\"quoted\\" name", "b\\n"]
format = ["terminal", "json=out.json"]
coverage.lines = false
scanners.semgrep.depth = 2.5
tools.bandit = "path"
[[suppress]]
rule = "B1*"
reason = "a reason # with a hash"
path = "tests/**"
expires = 2030-01-31
"""


def test_every_key_is_printed_with_value_and_origin(load: Load) -> None:
    lines = render_settings(load(TEXT, environ={"MCPQUALITY_JOBS": "3"})).splitlines()
    told = {tuple(line.rsplit("  # ", 1)) for line in lines}
    settings = {(name.rstrip(), origin) for name, origin in (pair for pair in told if len(pair) == 2)}
    assert {
        ('fail-on = "low"', "mcpquality.toml:2"),
        ("jobs = 3", "MCPQUALITY_JOBS"),
        ("timeout = 600", "default"),
        ("coverage.lines = false", "mcpquality.toml:6"),
        ("scanners.bandit.enabled = false", "mcpquality.toml:3"),
        ("# scanners.bandit.profile is not set", "default"),
        ("# cache-dir is not set", "default"),
    } <= settings


def test_origins_are_aligned(load: Load) -> None:
    lines = render_settings(load()).splitlines()[1:]
    assert len({line.index("  # default") for line in lines}) == 1


def test_what_is_printed_says_the_same_when_loaded(load: Load, tmp_path: Path) -> None:
    first = load(TEXT)
    printed = render_settings(first)
    second = load(printed)
    assert second == load(printed)
    assert [one.value for one in second.values if one.key.path[-1] != "enabled"] == [
        one.value for one in first.values if one.key.path[-1] != "enabled"
    ]
    assert [one.rule for one in second.suppressed] == [one.rule for one in first.suppressed]
    assert [one.off for one in second.scanners.values()] == [one.off for one in first.scanners.values()]
    assert f'# read from "{tmp_path}/mcpquality.toml"' in printed


def test_a_variable_without_a_key_is_printed_as_a_comment(load: Load) -> None:
    printed = render_settings(load(environ={"MCPQUALITY_CACHE_DIR": "/c"}))
    assert '# cache-dir = "/c"' in printed
    assert "# no configuration file, for" in printed
    assert "suppress = []" in printed
    assert "cache-dir" not in tomllib.loads(printed)


@given(st.text())
def test_any_text_is_printed_as_toml(text: str) -> None:
    assert tomllib.loads(f"x = {toml_string(text)}") == {"x": text}
    assert len(toml_string(text).split("\n")) == 1


def test_bytes_that_are_no_text_are_printable() -> None:
    assert toml_string("a\udcff") == '"a\\\\udcff"'


@pytest.mark.parametrize(
    ("value", "text"), [(None, "false"), (True, "true"), (1.5, "1.5"), (("a", "b"), '["a", "b"]'), ((), "[]")]
)
def test_values_are_printed_as_toml(value: bool | float | tuple[str, ...] | None, text: str) -> None:
    assert toml_value(value) == text


def test_the_date_of_a_suppression_is_kept(load: Load) -> None:
    printed = render_settings(load(TEXT))
    assert tomllib.loads(printed)["suppress"][0]["expires"] == date(2030, 1, 31)
