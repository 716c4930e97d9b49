"""The tutorial and the README do and print what they say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcpquality_scanners.findings import ScanResult, ScanStatus
from mcpquality_scanners.semgrep import SemgrepScanner
from pytest_mcpquality.demo import unpack
from tests.support.command import mcpquality

pytestmark = pytest.mark.e2e

RunScanner = Callable[..., ScanResult]
ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TUTORIAL = ROOT / "docs/tutorial/first-scan.md"


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.+?)^```", text, flags=re.DOTALL | re.MULTILINE)


def apply_fix(server: Path) -> None:
    """Do what the tutorial's diff says."""
    (diff,) = blocks(TUTORIAL, "diff")
    lines = diff.splitlines(keepends=True)
    before, after = ("".join(line[1:] for line in lines if line.startswith(sign)) for sign in "-+")
    text = server.read_text(encoding="utf-8")
    assert text.count(before) == 1
    server.write_text(text.replace(before, after), encoding="utf-8")


def rules(result: ScanResult) -> Counter[str]:
    assert result.status is ScanStatus.COMPLETE
    return Counter(finding.rule for finding in result.findings)


def test_the_fix_ends_the_finding(tmp_path: Path, run_scanner: RunScanner) -> None:
    project = unpack(tmp_path / "demo", tmp_path)
    flawed = rules(run_scanner(SemgrepScanner(), project))
    apply_fix(project / "notes_server" / "server.py")
    fixed = rules(run_scanner(SemgrepScanner(), project))
    assert flawed - fixed == {"mcp-path-traversal": 1}
    assert fixed.total() == 3
    assert not fixed - flawed


def printed(folder: Path, *arguments: str) -> str:
    return mcpquality(*arguments, "--no-color", cwd=folder, env={"COLUMNS": "80"}, timeout=300).stdout


def telling(text: str) -> Iterator[str]:
    """The lines without what differs from run to run: seconds at the end of a row."""
    for line in text.splitlines():
        words = re.sub(r"\s+\d+\.\d$", "", line.strip())
        if words and words != "...":
            yield words


def test_what_the_pages_show_is_what_is_printed(tmp_path: Path) -> None:
    demonstration = printed(tmp_path, "demo", "mcpquality-demo")
    apply_fix(tmp_path / "mcpquality-demo" / "notes_server" / "server.py")
    stale = printed(tmp_path, "scan", "mcpquality-demo", "--scanner", "coverage")
    really = {*telling(demonstration), *telling(stale)}
    for page in (README, TUTORIAL):
        # Of servers, tests/e2e/health/test_docs.py knows what is printed.
        shown = [line for block in blocks(page, "text") if "mcp:" not in block for line in telling(block)]
        assert len(shown) > 10
        assert [line for line in shown if line not in really] == [], page.name
