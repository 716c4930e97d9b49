"""What docs/how-to/health-in-ci.md shows is what is printed, and the README shows lines of it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.command import mcpquality
from tests.support.mcp_projects import SERVERS

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "health-in-ci.md").read_text(encoding="utf-8")
GREETS = """\
import runpy, sys

print("Starting up", flush=True)
sys.argv.append("find-")
runpy.run_path("notes_server.py", run_name="__main__")
"""


def block(language: str) -> str:
    """The first block of code in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    return str(found)


def timeless(text: str) -> list[str]:
    return [re.sub(r"\d+\.\d$", "0.0", line) for line in text.splitlines()]


def test_the_terminal_output_is_as_it_really_is(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text(block("json"), encoding="utf-8")
    shutil.copy(SERVERS / "tidy.py", tmp_path / "notes_server.py")
    (tmp_path / "search_server.py").write_text(GREETS, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    env = {"COLUMNS": "80", "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = mcpquality("health", cwd=tmp_path, env=env)
    assert done.returncode == 1
    assert timeless(done.stdout) == timeless(block("text"))


def test_the_readme_shows_lines_of_it() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## MCP servers in CI\n")[2]
    shown = re.findall(r"^```text\n(.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)[0].splitlines()
    assert len(shown) > 5
    assert {line for line in shown if line != "..."} <= set(block("text").splitlines())
