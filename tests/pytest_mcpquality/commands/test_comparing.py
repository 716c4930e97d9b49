"""`mcpquality scan --compare` with the plugin's scanner: from one run's JSON to the next run's reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mcpquality.cli import main

BEHAVE = "MCPQUALITY_SCANNERS__FAKE__BEHAVE"

pytestmark = pytest.mark.usefixtures("plugin")


def scan(project: Path, *more: str) -> int:
    return main(["scan", str(project), "--scanner", "fake", "-q", *more])


def compared(project: Path, before: Path, page: Path) -> dict[str, Any]:
    out = page.with_suffix(".json")
    scan(project, "--compare", str(before), "--format", f"json={out}", "--format", f"html={page}")
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))["comparison"]
    return {name: found[name] for name in ("verdict", "unchanged", "blind")} | {
        name: len(found[name]) for name in ("new", "fixed", "unclear")
    }


def test_what_came_stayed_and_went(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean, bad, page = tmp_path / "clean.json", tmp_path / "bad.json", tmp_path / "page.html"
    scan(project, "--format", f"json={clean}")
    monkeypatch.setenv(BEHAVE, "finding")
    scan(project, "--format", f"json={bad}")
    assert json.loads(clean.read_text(encoding="utf-8"))["comparison"] is None
    nothing = {"verdict": "passed", "unchanged": 0, "blind": [], "new": 0, "fixed": 0, "unclear": 0}
    assert compared(project, clean, page) == nothing | {"new": 1}
    assert "<b>new</b>" in page.read_text(encoding="utf-8")
    assert compared(project, bad, page) == nothing | {"verdict": "failed", "unchanged": 1}
    assert "<b>existing</b>" in page.read_text(encoding="utf-8")
    monkeypatch.setenv(BEHAVE, "clean")
    assert compared(project, bad, page) == nothing | {"verdict": "failed", "fixed": 1}
    monkeypatch.setenv(BEHAVE, "blind")
    assert compared(project, bad, page) == nothing | {"verdict": "failed", "unclear": 1}
    assert "not looked for again" in page.read_text(encoding="utf-8")


def test_the_file_compared_with_may_be_the_one_that_is_written(project: Path, tmp_path: Path) -> None:
    both = tmp_path / "results.json"
    assert scan(project, "--format", f"json={both}") == 0
    assert scan(project, "--format", f"json={both}", "--compare", str(both)) == 0
    assert json.loads(both.read_text(encoding="utf-8"))["comparison"]["unchanged"] == 0


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        (b"<html>", "not a results document: it is not JSON"),
        (b'{"schema_version": "9.0"}', "a results document of version '9.0'"),
        (b"\xff", "'utf-8' codec can't decode"),
    ],
)
def test_a_file_that_holds_no_results_ends_before_anything_runs(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, why: str
) -> None:
    before, out = tmp_path / "before.json", tmp_path / "out.json"
    if content is not None:
        before.write_bytes(content)
    assert scan(project, "--compare", str(before), "--format", f"json={out}") == 2
    said = capsys.readouterr().err
    assert f"{str(before)!r} cannot be compared with: {why}" in said
    assert "Traceback" not in said
    assert not out.exists()
