from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.server_entry import ServerEntry
from pytest_mcpquality.mcp.servers import Servers
from pytest_mcpquality.mcp.specs import INHERITED, HttpServer, ServerObject, StdioServer
from pytest_mcpquality.mcp.targets import Found, find_target

KNOWN = Servers((ServerEntry("time", ".mcp.json", {}, StdioServer("known")),), (".mcp.json",))


@pytest.mark.parametrize(
    ("target", "name", "spec"),
    [
        ("time", "time", StdioServer("known")),
        ("http://x/mcp", "http://x/mcp", HttpServer("http://x/mcp")),
        ("python -m 'my server'", "python my server", StdioServer("python", ("-m", "my server"))),
        ("sh", "sh", StdioServer("sh")),
        ("./run.sh", "run.sh", StdioServer("./run.sh")),
        (["python", "/a/b.py"], "python b.py", StdioServer("python", ("/a/b.py",))),
        (("x", 7), "x 7", StdioServer("x", ("7",))),
        ({"command": "a", "args": ["b"]}, "a b", StdioServer("a", ("b",))),
        ({"url": "http://x"}, "http://x", HttpServer("http://x")),
        (StdioServer("a"), "a", StdioServer("a")),
        (HttpServer("http://x"), "http://x", HttpServer("http://x")),
        (SimpleNamespace(url="http://x"), "http://x", HttpServer("http://x")),
        (SimpleNamespace(url="http://x", headers={"a": "b"}), "http://x", HttpServer("http://x", {"a": "b"})),
        (SimpleNamespace(command="a", args=["b"]), "a b", StdioServer("a", ("b",))),
        (
            SimpleNamespace(command="a", args=[], env={"b": "c"}, cwd="/d"),
            "a",
            StdioServer("a", (), {"b": "c"}, Path("/d")),
        ),
    ],
)
def test_what_a_target_stands_for(target: object, name: str, spec: object) -> None:
    assert find_target(target, KNOWN) == Found(name, spec)  # type: ignore[arg-type]


def test_a_script_is_started_with_python(tmp_path: Path) -> None:
    script, program = tmp_path / "server.py", tmp_path / "server"
    for path in (script, program):
        path.touch()
    assert find_target(script, KNOWN) == Found("server.py", StdioServer(sys.executable, (str(script),)))
    assert find_target(program, KNOWN) == Found("server", StdioServer(str(program)))
    with pytest.raises(UsageError, match=r"there is no file .*other.py to start a server from"):
        find_target(tmp_path / "other.py", KNOWN)


def test_anything_else_is_a_server_object() -> None:
    named, unnamed = SimpleNamespace(name="mine"), object()
    assert find_target(named, KNOWN) == Found("mine", ServerObject(named))
    assert find_target(ServerObject(unnamed), KNOWN) == Found("object", ServerObject(unnamed))
    assert str(ServerObject(named)) == "SimpleNamespace"


def test_what_has_a_name_is_called_by_it_however_it_is_reached() -> None:
    command = SimpleNamespace(name="mine", command="python", args=["relay.py"])
    assert find_target(command, KNOWN) == Found("mine", StdioServer("python", ("relay.py",)))
    url = SimpleNamespace(name="mine", url="http://127.0.0.1:1/mcp")
    assert find_target(url, KNOWN).name == "mine"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("tiem", "there is no server 'tiem', and no such command: known servers are time .in .mcp.json.; did you mean"),
        ("", "there is no server ''"),
        ("a 'b", "is neither the name of a server nor a command: No closing quotation"),
        ([], "an empty command starts no server"),
        ({}, "a server's table must have either a command or a url"),
        ({"command": "${MCPQUALITY_TEST_NOWHERE}"}, "cannot be used: .*set the variable MCPQUALITY_TEST_NOWHERE"),
    ],
)
def test_what_stands_for_nothing_is_explained(target: object, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        find_target(target, KNOWN)


def test_a_command_is_shown_as_one_would_type_it_and_without_its_secrets() -> None:
    spec = StdioServer("a b", ("c",), {"TOKEN": "s3cret"})
    assert str(spec) == "'a b' c"
    assert "s3cret" not in repr(spec)
    assert "s3cret" not in repr(HttpServer("http://x", {"Authorization": "s3cret"}))
    assert str(HttpServer("http://x")) == "http://x"


def test_a_server_inherits_what_the_sdk_hands_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("SECRET", "x")
    environment = StdioServer("a", env={"A": "1"}).environment()
    assert environment["HOME"] == "/home/me"
    assert environment["A"] == "1"
    assert set(environment) <= {*INHERITED, "A"}
    assert "SECRET" in StdioServer("a", inherit=("SECRET",)).environment()
