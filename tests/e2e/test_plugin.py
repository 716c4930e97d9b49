"""The example plugin of the docs as users would have it: a distribution of its own, installed beside ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
PROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "mcpquality-spdx-header"
version = "1.0"
dependencies = ["pytest-mcpquality"]

[tool.hatch.build.targets.wheel]
only-include = ["spdx_header.py"]

"""


def entry_points() -> str:
    """The table as the docs show it."""
    page = (ROOT / "docs/how-to/write-a-scanner.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^```toml\n(\[project\.entry-points.+?)^```", page, flags=re.DOTALL | re.MULTILINE)
    return str(table)


@pytest.fixture(scope="module")
def mcpquality(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment that has our wheel and the plugin's."""
    folder = tmp_path_factory.mktemp("plugin")
    plugin = folder / "spdx-header"
    plugin.mkdir()
    (plugin / "pyproject.toml").write_text(PROJECT + entry_points(), encoding="utf-8")
    shutil.copy(ROOT / "docs/examples/spdx_header.py", plugin)
    environment = folder / "environment"
    for arguments in (
        ("venv", "--quiet", "--python", sys.executable, str(environment)),
        ("pip", "install", "--quiet", "--python", str(environment), str(ROOT), str(plugin)),
    ):
        subprocess.run([find_uv_bin(), *arguments], cwd=folder, check=True)
    return environment / "bin" / "mcpquality"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "with.py").write_text("# SPDX-License-Identifier: MIT\n", encoding="utf-8")
    (tmp_path / "without.py").write_text("\n\n\n# SPDX-License-Identifier: MIT\n", encoding="utf-8")
    return tmp_path


def run(command: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = "MCPQUALITY_CACHE_DIR"
    env = {name: value for name, value in os.environ.items() if name == kept or not name.startswith("MCPQUALITY_")}
    return subprocess.run(
        [command, *arguments], env=env, capture_output=True, encoding="utf-8", timeout=120, check=False
    )


def test_an_installed_plugin_scans(mcpquality: Path, project: Path) -> None:
    done = run(mcpquality, "scan", str(project), "--scanner", "spdx-header", "--format", "json")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    (scanner,) = [one for one in results["scanners"] if one["scanner"] == "spdx-header"]
    assert scanner["status"] == "complete"
    assert scanner["seen"] == ["with.py", "without.py"]
    assert results["findings"] == []


def test_its_options_are_settings_like_ours(mcpquality: Path, project: Path) -> None:
    settings = "[scanners.spdx-header]\nfirst-lines = 3\n"
    (project / "mcpquality.toml").write_text(settings, encoding="utf-8")
    held = run(mcpquality, "config", str(project))
    assert re.search(r"^scanners\.spdx-header\.first-lines = 3 +# mcpquality\.toml:2$", held.stdout, flags=re.MULTILINE)
    scan = ("scan", str(project), "--scanner", "spdx-header", "--format", "json")
    assert run(mcpquality, *scan).returncode == 0
    done = run(mcpquality, *scan, "--fail-on", "low")
    assert done.returncode == 1, done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["scanner"], finding["rule"], finding["location"]["path"]) == (
        "spdx-header",
        "SPDX001",
        "without.py",
    )


def test_its_settings_are_checked(mcpquality: Path, project: Path) -> None:
    (project / "mcpquality.toml").write_text("[scanners.spdx-header]\nfirst-line = 3\n", encoding="utf-8")
    done = run(mcpquality, "scan", str(project))
    assert done.returncode == 2
    assert "did you mean first-lines?" in done.stderr


def test_its_rules_are_explained(mcpquality: Path) -> None:
    done = run(mcpquality, "explain", "SPDX001")
    assert done.returncode == 0
    assert done.stdout.startswith("# SPDX001\n")
