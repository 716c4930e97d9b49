"""Beside the plugins that others have installed: pytest starts, and the fixtures of both are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
RAW = ROOT / "tests" / "data" / "mcp_servers" / "raw.py"

TEST = f"""\
import sys

def test_ours(mcp_connect, mcp_clock, mcp_breaker, mcp_pool):
    with mcp_connect.sync([sys.executable, "-I", "-S", {str(RAW)!r}]) as connection:
        assert len(connection.list_tools()) == 5
"""

OURS = {"mcp_breaker", "mcp_clock", "mcp_connect", "mcp_pool", "mock_mcp_server"}

NEIGHBOURS = (
    "pytest-mcptest",
    "pytest-mcp-plugin",
    "mcp-test-framework",
    "syrupy",
    "pytest-asyncio",
    "anyio",
    "pytest-xdist",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_works_beside(neighbour: str, wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    for arguments in (
        ("venv", "--quiet", "--python", sys.executable, str(environment)),
        ("pip", "install", "--quiet", "--python", str(environment), str(wheel), neighbour, "pytest"),
    ):
        subprocess.run([find_uv_bin(), *arguments], cwd=tmp_path, check=True)
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_it.py").write_text(TEST, encoding="utf-8")

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [str(environment / "bin" / "python"), "-m", "pytest", *options]
        return subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", timeout=120, check=False)

    options = ("-n", "2") if neighbour == "pytest-xdist" else ()
    done = run(*options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    listed = run("--fixtures", "-v")
    assert listed.returncode == 0, listed.stdout + listed.stderr
    # All of a name are listed, those that are overridden too.
    ours = [where for name, where in fixtures(listed.stdout) if name in OURS]
    assert len(ours) == len(OURS), ours
    assert all("pytest_mcpquality/fixtures.py" in where for where in ours), ours


def fixtures(listing: str) -> list[tuple[str, str]]:
    """Names and places in a listing of fixtures."""
    found = re.findall(r"^(\w+)(?: \[\w+ scope\])? -- (.+)$", listing, flags=re.MULTILINE)
    assert "tmp_path" in [name for name, _ in found]
    return [(str(name), str(where)) for name, where in found]
