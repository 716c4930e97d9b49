from __future__ import annotations

from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.lock.document import locked, save
from pytest_mcpquality.health.locking import Lock, find_lock, relocked
from pytest_mcpquality.health.observation import Look, Observation
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis

ONE = locked(Definitions("one", tools=({"name": "a"},)))


def lock_in(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    save(folder / "mcp.lock.json", {"one": ONE})
    return folder / "mcp.lock.json"


def test_the_one_beside_the_configuration_is_used(tmp_path: Path) -> None:
    path = lock_in(tmp_path)
    assert find_lock(tmp_path, None, (), update=False) == Lock(path, "mcp.lock.json", {"one": ONE})


def test_so_is_the_one_beside_a_file_that_was_named(tmp_path: Path) -> None:
    path = lock_in(tmp_path / "deploy")
    found = find_lock(tmp_path, None, (tmp_path / "deploy",), update=False)
    assert (found.path, found.name) == (path, "deploy/mcp.lock.json")


def test_two_are_one_too_many_unless_one_is_named(tmp_path: Path) -> None:
    lock_in(tmp_path)
    second = lock_in(tmp_path / "deploy")
    with pytest.raises(UsageError, match=r"there are two lock files, .* name one with --lock"):
        find_lock(tmp_path, None, (tmp_path / "deploy",), update=False)
    assert find_lock(tmp_path, second, (tmp_path / "deploy",), update=False).path == second


def test_without_any_nothing_is_locked(tmp_path: Path) -> None:
    assert find_lock(tmp_path, None, (), update=False).name == ""


def test_one_that_is_named_has_to_be_there_unless_it_is_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "my.lock.json"
    with pytest.raises(UsageError, match="write it with --update-lock"):
        find_lock(tmp_path, path, (), update=False)
    assert find_lock(tmp_path, path, (), update=True) == Lock(path, "my.lock.json", {}, update=True)
    assert find_lock(tmp_path / "sub", path, (), update=True).name == str(path)


def test_what_was_seen_whole_is_locked_anew_and_nothing_else_is_lost(tmp_path: Path) -> None:
    now = Definitions("seen", tools=({"name": "new"},))
    failed = Diagnosis(Cause.EXITED, "exited with 3")
    observations = [
        Observation("seen", Look(now)),
        Observation("half", Look(now), failure=failed),
        Observation("dead", failure=failed),
        Observation("never"),
    ]
    old = dict.fromkeys(("seen", "half", "dead", "off", "gone"), ONE)
    kept = relocked(Lock(tmp_path / "x", "x", old), observations, ["seen", "half", "dead", "never", "off"])
    assert kept == {"seen": locked(now), "half": ONE, "dead": ONE, "off": ONE}
