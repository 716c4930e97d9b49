"""`mcpquality tools` without a network: environments that are built by hand, and none at all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.toolchain import SPECS, Environment, Toolchain
from pytest_mcpquality.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


@pytest.fixture
def cache(own_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """An empty cache, and a working folder without a configuration."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("MCPQUALITY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MCPQUALITY_OFFLINE", "yes")
    return tmp_path / "cache"


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def built(cache: Path, name: str, *, version: str = "") -> Environment:
    """An environment that looks whole."""
    environment = Toolchain(cache, SystemProcessRunner(), uv="uv").environment(name)
    script(environment.executable, f"echo {name} {version or environment.version}")
    environment.python.symlink_to(sys.executable)
    environment.marker.write_text("{}", encoding="utf-8")
    return environment


def test_list_shows_every_tool_and_where_it_is(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = built(cache, "bandit")
    assert main(["tools", "list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert set(lines) == set(SPECS)
    assert lines["bandit"].split() == ["bandit", "1.9.4", "locked", "installed", str(environment.folder)]
    assert lines["semgrep"].endswith("locked      not installed")


def test_list_of_a_chosen_version_and_of_one_on_path(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not cache.exists()
    Path("mcpquality.toml").write_text('[tools]\nbandit = "1.8.0"\nsemgrep = "path"\n', encoding="utf-8")
    assert main(["tools", "list", "bandit", "semgrep"]) == 0
    bandit, semgrep = capsys.readouterr().out.splitlines()
    assert bandit.split() == ["bandit", "1.8.0", "not", "locked", "not", "installed"]
    assert semgrep.split() == ["semgrep", "from", "PATH"]


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("action", ["list", "install", "doctor"])
def test_a_tool_that_there_is_not(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", action, "bandti"]) == 2
    assert "did you mean bandit?" in capsys.readouterr().err


@pytest.mark.usefixtures("cache")
def test_the_doctor_finds_nothing_wrong_with_what_is_not_there_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "doctor"]) == 0
    assert capsys.readouterr().out.count("not installed; it will be on first use") == len(SPECS)


def test_the_doctor_names_what_is_broken(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built(cache, "bandit")
    built(cache, "coverage").marker.unlink()
    built(cache, "pip-audit", version="0.0.1")
    assert main(["tools", "doctor"]) == 3
    said = capsys.readouterr().out
    assert "bandit: 1.9.4, whole" in said
    assert "coverage: broken: not built to the end" in said
    assert "pip-audit: broken: says it is version 0.0.1" in said


def test_install_leaves_alone_what_is_whole(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = built(cache, "bandit")
    before = environment.marker.stat().st_mtime_ns
    assert main(["tools", "install", "bandit"]) == 0
    assert str(environment.folder) in capsys.readouterr().out
    assert environment.marker.stat().st_mtime_ns == before


@pytest.mark.usefixtures("cache")
def test_an_installation_that_fails_is_told_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "install", "bandit", "semgrep"]) == 3
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["bandit", "semgrep"]
    assert all("--offline forbids" in line for line in said)


def test_a_tool_on_path(cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MCPQUALITY_TOOLS__BANDIT", "path")
    monkeypatch.setenv("PATH", str(cache / "bin"))
    assert main(["tools", "doctor", "bandit"]) == 3
    assert "not found on PATH" in capsys.readouterr().out
    script(cache / "bin" / "bandit", "echo bandit 3.2.1")
    assert main(["tools", "doctor", "bandit"]) == 0
    assert main(["tools", "install", "bandit"]) == 0
    assert capsys.readouterr().out == "bandit: 3.2.1, from PATH\n" * 2


def test_an_installation_from_a_registry_that_cannot_be_reached(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MCPQUALITY_OFFLINE")
    monkeypatch.setenv("UV_DEFAULT_INDEX", str(cache / "nowhere"))
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(cache))
    cache.mkdir()
    for name in ("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    assert main(["tools", "install", "bandit"]) == 3
    captured = capsys.readouterr()
    assert "bandit: bandit 1.9.4 could not be installed: " in captured.out
    assert "bandit: installing bandit 1.9.4 (first use)" in captured.err
