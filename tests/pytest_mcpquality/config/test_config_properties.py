"""Whatever stands in a file, a variable or on the command line: settings or a UsageError, nothing else."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.config.checking import Vocabulary
from pytest_mcpquality.config.files import Document, line_index
from pytest_mcpquality.config.keys import all_keys
from pytest_mcpquality.config.loading import complain, load_settings, read_document
from pytest_mcpquality.config.rendering import render_settings
from pytest_mcpquality.config.resolving import resolve
from pytest_mcpquality.config.suppressions import read_suppressions
from pytest_mcpquality.config.weakening import weakened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcpquality_scanners.base import Scanner

GENERAL = ("fail-on", "select", "skip", "exclude", "format", "jobs", "timeout", "offline", "allow-incomplete")
TABLES = ("scanners", "bandit", "semgrep", "coverage", "tools", "suppress", "tool", "mcpquality", "health", "servers")
INNER = ("enabled", "skips", "lines", "profile", "config", "rule", "reason", "path", "scanner", "expires")
NAMES = (*GENERAL, *TABLES, *INNER, "cache-dir")
VALUES = ("high", "bandit", "semgrep", "coverage", "terminal", "json", "json=x", "json=../x", "path", "1.0")
VARIABLES = ("JOBS", "SKIP", "OFFLINE", "COVERAGE__LINES", "TOOLS__BANDIT", "FORMAT", "TIMEOUT", "CACHE_DIR")
PIECES = (
    "[",
    "]",
    "[[a]]\n",
    "[tool.mcpquality]\n",
    "x",
    ".",
    "=",
    "'",
    '"',
    "\n",
    " ",
    "jobs = 1\n",
    "\\",
    "\r",
)

names = st.sampled_from(NAMES) | st.text(max_size=8)
scalars = (
    st.sampled_from(VALUES)
    | st.text(max_size=8)
    | st.integers()
    | st.just(10**30)
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.times()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
tables = st.dictionaries(names, values, max_size=6)


@pytest.fixture(scope="module")
def vocabulary(scanners: tuple[Scanner, ...], tools: tuple[str, ...]) -> Vocabulary:
    found = tuple(scanner.name for scanner in scanners)
    return Vocabulary(all_keys(scanners, tools), found, tools, ("terminal", "json"))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@given(table=tables)
def test_any_table(vocabulary: Vocabulary, folder: Path, table: dict[str, object]) -> None:
    document = Document(folder / "mcpquality.toml", "mcpquality.toml", (), table, {})
    reading = read_document(document, vocabulary)
    suppressed, problems = read_suppressions(document, vocabulary)
    unsaid = {
        name
        for name in table
        if (name,) not in reading.settings and not any(f": {name} " in problem for problem in reading.problems)
    }
    assert unsaid <= {"scanners", "coverage", "tools", "suppress", "health", "servers"}, (
        "nothing in a file goes unread and unsaid"
    )
    with contextlib.suppress(UsageError):
        complain(reading.problems + problems)
        settings, problems = resolve(folder, document, vocabulary, [reading], suppressed)
        complain(problems)
        assert render_settings(settings).encode()
        assert "\n" not in "".join(weakened(settings))


@given(
    environ=st.dictionaries(
        (st.sampled_from(VARIABLES) | st.text(max_size=5)).map(lambda name: f"MCPQUALITY_{name}"),
        st.sampled_from(VALUES) | st.from_regex(r"[\[\]\"', a0-9.e-]*", fullmatch=True) | st.text(max_size=9),
        max_size=3,
    ),
    overrides=st.dictionaries(names, values, max_size=2),
)
def test_any_environment_and_command_line(
    folder: Path,
    scanners: tuple[Scanner, ...],
    tools: tuple[str, ...],
    environ: dict[str, str],
    overrides: Mapping[str, object],
) -> None:
    with contextlib.suppress(UsageError):
        settings = load_settings(
            folder,
            config_file=None,
            environ=environ,
            overrides=overrides,
            scanners=scanners,
            tools=tools,
            formats=("terminal", "json"),
        )
        assert render_settings(settings).encode()


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_of_a_file(folder: Path, scanners: tuple[Scanner, ...], text: str) -> None:
    file = folder / "given.toml"
    file.write_bytes(text.encode())
    with contextlib.suppress(UsageError):
        load_settings(
            folder,
            config_file=file,
            environ={},
            overrides={},
            scanners=scanners,
            tools=(),
            formats=("terminal",),
        )
    assert all(1 <= line <= text.count("\n") + 1 for line in line_index(text).values())


@given(st.binary(max_size=40))
def test_any_bytes_of_a_file(folder: Path, scanners: tuple[Scanner, ...], content: bytes) -> None:
    file = folder / "given.toml"
    file.write_bytes(content)
    settings = None
    with contextlib.suppress(UsageError):
        settings = load_settings(
            folder,
            config_file=file,
            environ={},
            overrides={},
            scanners=scanners,
            tools=(),
            formats=("terminal",),
        )
    assert settings is None or settings.file == file
