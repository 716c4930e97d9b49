"""Lets the tests say `from tests.support.clock import FakeClock`, which importlib mode alone does not promise.

At the end of the path: what is installed wins over the checkout.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpquality_reports.registry import installed

sys.path.append(str(Path(__file__).parents[2]))

PLUGIN = Path(__file__).parents[1] / "data" / "plugin"


@pytest.fixture
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the one who runs the tests has set does not decide about them."""
    for name in list(os.environ):
        if name.startswith("MCPQUALITY_") or name in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}:
            monkeypatch.delenv(name)
    # No test asks a service on the internet.
    monkeypatch.setenv("MCPQUALITY_DOCS__ENABLED", "no")


@pytest.fixture
def plugin(own_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:  # noqa: ARG001 - for its effect
    """The plugin of tests/data/plugin is installed, as far as this process can tell; its folder."""
    monkeypatch.syspath_prepend(PLUGIN)
    installed.cache_clear()
    yield PLUGIN
    installed.cache_clear()


@pytest.fixture
def project(own_environment: None, tmp_path: Path) -> Path:  # noqa: ARG001 - for its effect
    """A folder with one file, to be scanned."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text("print('hello')\n", encoding="utf-8")
    return folder
