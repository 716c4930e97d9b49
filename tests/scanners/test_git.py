"""Which revision is looked at: in real repositories."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from mcpquality_scanners.git import head_commit
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.results import Commit


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))  # the user's own git configuration has no say
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")
    return root


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    done = subprocess.run(("git", *identity, *arguments), cwd=root, check=True, capture_output=True, encoding="utf-8")
    return done.stdout.strip()


def commit(root: Path) -> str:
    (root / "a.py").write_text("pass\n", encoding="utf-8")
    git(root, "add", "a.py")
    git(root, "commit", "--quiet", "-m", "one")
    return git(root, "rev-parse", "HEAD")


def head(root: Path) -> Commit | None:
    return asyncio.run(head_commit(root, SystemProcessRunner()))


def test_the_commit_and_its_branch(repository: Path) -> None:
    sha = commit(repository)
    assert head(repository) == Commit(sha, "main", dirty=False)


@pytest.mark.parametrize("name", ["a.py", "new.py"])
def test_a_changed_or_a_new_file_makes_it_dirty(repository: Path, name: str) -> None:
    sha = commit(repository)
    (repository / name).write_text("changed\n", encoding="utf-8")
    assert head(repository) == Commit(sha, "main", dirty=True)


def test_a_detached_head_has_no_branch(repository: Path) -> None:
    sha = commit(repository)
    git(repository, "checkout", "--quiet", "--detach")
    assert head(repository) == Commit(sha, "", dirty=False)


def test_a_branch_of_any_name_is_named(repository: Path) -> None:
    commit(repository)
    git(repository, "checkout", "--quiet", "-b", "füße/ü")
    found = head(repository)
    assert found is not None
    assert found.branch == "füße/ü"


def test_no_commit_no_repository_no_git(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert head(repository) is None
    assert head(tmp_path) is None
    commit(repository)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert head(repository) is None


def test_looking_neither_runs_what_the_repository_names_nor_writes_to_it(repository: Path, tmp_path: Path) -> None:
    commit(repository)
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
    hook.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(hook))
    # The same contents with another time: git would like to note that in its index.
    (repository / "a.py").unlink()
    (repository / "a.py").write_text("pass\n", encoding="utf-8")
    index = (repository / ".git" / "index").read_bytes()
    assert head(repository) is not None
    assert (repository / ".git" / "index").read_bytes() == index
    assert not (tmp_path / "ran").exists()
