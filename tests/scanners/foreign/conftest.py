"""A PATH of the test's own, and a folder to scan."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# As in tests/pytest_mcpquality.
sys.path.append(str(Path(__file__).parents[3]))


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No foreign tool is on PATH; the folder for stand-ins."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    return tmp_path / "bin"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder
