from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
import uv

from mcpquality_scanners.errors import ToolNotInstalledError
from mcpquality_scanners.findings import Severity
from mcpquality_scanners.globs import first_match
from mcpquality_scanners.registry import load_scanners
from pytest_mcpquality.commands.loaded import settings_for
from pytest_mcpquality.orchestrator import Plan
from pytest_mcpquality.planning import plan_scan, tools_for
from tests.support.clock import FakeClock


def plan(root: Path, overrides: Mapping[str, object] | None = None, **variables: str) -> Plan:
    scanners = load_scanners()
    settings = settings_for(root, scanners, overrides=overrides, environ=variables)
    return plan_scan(settings, scanners, "as the user wrote it")


def test_the_plan_holds_what_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_text(
        'fail-on = "low"\nexclude = ["gen/"]\njobs = 3\noffline = true\nallow-incomplete = ["bandit"]\n'
        'skip = ["semgrep"]\ntimeout = 60\n[scanners.bandit]\ntimeout = 5\nskips = ["B101"]\n'
        '[[suppress]]\nrule = "B602"\nreason = "a reason"\n',
        encoding="utf-8",
    )
    made = plan(tmp_path)
    assert (made.root, made.target) == (tmp_path, "as the user wrote it")
    assert (made.fail_on, made.jobs, made.offline) == (Severity.LOW, 3, True)
    assert made.exclude == ("gen/",)
    assert made.accepted == frozenset({"bandit"})
    assert [rule.reason for rule in made.suppressions] == ["a reason"]
    by_name = {assignment.scanner.name: assignment for assignment in made.assignments}
    assert set(by_name) >= {"semgrep", "bandit", "pip-audit", "detect-secrets", "coverage", "npm-audit", "sarif"}
    assert by_name["semgrep"].off == "switched off by mcpquality.toml"
    assert (by_name["bandit"].timeout, by_name["pip-audit"].timeout) == (5, 60)
    assert by_name["bandit"].options["skips"] == ("B101",)
    assert by_name["bandit"].asked is False
    for word in ("semgrep", "exclude", "offline", "allow-incomplete", "B101", "B602"):
        assert any(word in sentence for sentence in made.weakened), word


def test_a_scan_without_configuration_weakens_nothing_and_uses_every_core(tmp_path: Path) -> None:
    made = plan(tmp_path)
    assert made.weakened == ()
    assert made.exclude == ()
    assert made.jobs >= 1


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("r.json", {"r.json"}),
        ("out/r.json", {"out/r.json"}),
        ("../r.json", set[str]()),
        ("*.py", set[str]()),
        ("r?.json", set[str]()),
        ("out", set[str]()),
        (".", set[str]()),
    ],
)
def test_reports_of_this_run_are_left_out_and_nothing_else(
    name: str, left_out: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    made = plan(tmp_path, {"format": ["terminal", f"json={name}"]})
    files = ("app.py", "*.py", "r.json", "r1.json", "out/r.json", "out/app.py", "src/r.json", "src/out/app.py")
    assert {file for file in files if first_match(file, made.exclude)} == left_out


def test_a_link_to_the_folder_does_not_hide_that_the_report_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    made = plan(tmp_path / "real", {"format": [f"json={tmp_path / 'link' / 'r.json'}"]})
    assert made.exclude == ("/r.json",)


def test_a_file_that_a_configuration_calls_a_report_is_shown_as_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_text('format = ["terminal", "json=app.py"]\n', encoding="utf-8")
    assert plan(tmp_path).weakened == ()
    (tmp_path / "app.py").write_text("x = 1\n", encoding="utf-8")
    (sentence,) = plan(tmp_path).weakened
    assert "app.py" in sentence
    assert "mcpquality.toml" in sentence
    assert plan(tmp_path, {"format": [f"json={tmp_path / 'app.py'}"]}).weakened == ()


def tool(root: Path, name: str, said: list[str], **variables: str) -> None:
    settings = settings_for(root, load_scanners(), environ={"MCPQUALITY_CACHE_DIR": str(root / "c"), **variables})
    provider = tools_for(settings, FakeClock())(lambda _name, text: said.append(text))
    asyncio.run(provider.tool(name))


def test_tools_are_looked_for_where_the_settings_say(tmp_path: Path) -> None:
    with pytest.raises(ToolNotInstalledError, match="offline"):
        tool(tmp_path, "bandit", [], MCPQUALITY_OFFLINE="yes")
    assert list((tmp_path / "c" / "tools").iterdir())


def test_an_uv_that_its_package_lost_is_looked_for_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> str:
        raise FileNotFoundError("uv is gone")

    monkeypatch.setattr("pytest_mcpquality.planning.find_uv_bin", lost)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert callable(uv.find_uv_bin)
    said: list[str] = []
    with pytest.raises(Exception, match="uv could not be started"):
        tool(tmp_path, "bandit", said)
    assert "installing bandit" in said[0]
