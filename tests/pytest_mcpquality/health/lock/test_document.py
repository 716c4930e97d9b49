from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError, WriteError
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.lock.document import dumps, load, locked, save

SERVER = Definitions(
    "notes",
    protocol="2025-11-25",
    info={"name": "notes", "version": "1"},
    tools=({"name": "b", "inputSchema": {"z": 1, "a": 2}}, {"name": "a\u200b"}),
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save(tmp_path / "mcp.lock.json", {"notes": locked(SERVER)})
    assert load(tmp_path / "mcp.lock.json") == {"notes": locked(SERVER)}


def test_the_same_servers_give_the_same_bytes_whatever_their_order() -> None:
    other = Definitions("other")
    assert dumps({"a": locked(SERVER), "b": locked(other)}) == dumps({"b": locked(other), "a": locked(SERVER)})
    assert dumps({"a": locked(SERVER)}).isascii()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{\n  oops", r"lock\.json:2:3: not JSON"),
        (b"\xff", "cannot be read"),
        (b"[]", "not a lock file of version 1"),
        (b'{"version": 2, "servers": {}}', "A later version of pytest-mcpquality"),
        (b'{"version": 1}', "not a lock file"),
        (b'{"version": 1, "servers": {"a": 3}}', "the server 'a' is no object"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_lock_file_is_refused_with_what_to_do(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "mcp.lock.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        load(path)
    assert "delete it, write it anew with --update-lock" in str(caught.value), "--update-lock alone refuses it too"


def test_a_lock_that_is_not_there_is_an_error_not_an_empty_lock(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "mcp.lock.json")


def test_where_it_cannot_be_written_the_old_one_stays(tmp_path: Path) -> None:
    with pytest.raises(WriteError):
        save(tmp_path / "missing" / "mcp.lock.json", {})


def test_passing_values_are_not_locked() -> None:
    resource = {"uri": "note://1", "size": 3, "_meta": {}, "annotations": {"lastModified": "2026", "priority": 1}}
    text = json.dumps(locked(Definitions("notes", resources=(resource,))))
    assert "lastModified" not in text
    assert "size" not in text
    assert "priority" in text
