from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.server_entry import ServerEntry
from pytest_mcpquality.mcp.server_files import DIALECTS, find_server_files, read_server_file
from pytest_mcpquality.mcp.specs import INHERITED, HttpServer, StdioServer


def write(root: Path, name: str, content: object) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def read(path: Path, **environ: str) -> dict[str, ServerEntry]:
    return {entry.name: entry for entry in read_server_file(path, environ, name=path.name)}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: str(dialect.path))
def test_each_host_s_file_is_found_and_read(tmp_path: Path, dialect: object) -> None:
    (known,) = [one for one in DIALECTS if one is dialect]
    server = {"command": "node", "args": ["${workspaceFolder}/server.js"], "env": {"A": "1"}}
    path = write(tmp_path, known.path, {known.key: {"one": server}})
    assert find_server_files(tmp_path) == [path]
    entry = read(path)["one"]
    assert entry.usable() == StdioServer("node", (f"{tmp_path}/server.js",), {"A": "1"})
    assert (entry.source, entry.line, entry.missing) == (path.name, 1, ())


def test_a_file_of_vs_code_has_comments_inputs_and_types(tmp_path: Path) -> None:
    text = """\
{
  // asked for at the first start
  "inputs": [{"id": "key", "type": "promptString"}, {"id": "region", "default": "eu"}, 7],
  "servers": {
    "web": {"type": "http", "url": "https://x/mcp", "headers": {"Authorization": "Bearer ${input:key}"}},
    "old": {"type": "sse", "url": "http://${input:region}.x/sse"},
  },
}
"""
    path = write(tmp_path, ".vscode/mcp.json", text)
    entries = read(path, INPUT_KEY="s3cret")
    assert entries["web"].usable() == HttpServer("https://x/mcp", {"Authorization": "Bearer s3cret"}, "http")
    assert entries["old"].usable() == HttpServer("http://eu.x/sse", kind="sse")
    assert entries["old"].place == "mcp.json:6"
    assert "s3cret" not in repr(entries)
    with pytest.raises(UsageError, match=r"mcp.json:5: the server 'web' cannot be used: .*set the variable INPUT_KEY"):
        read(path)["web"].usable()


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        ({}, "must have either a command or a url"),
        ({"command": "a", "url": "http://x"}, "must have either a command or a url"),
        ({"command": 7}, "must have a list of texts as its command"),
        ({"command": ""}, "must have a text as its command"),
        ({"command": []}, "must have a list of texts as its command"),
        ({"command": "a\0b"}, "must have a text as its command"),
        ({"command": "a", "args": "b"}, "must have a list of texts as its args"),
        ({"command": "a", "args": [1]}, "must have a list of texts as its args"),
        ({"command": "a", "env": []}, "must have a table as its env"),
        ({"command": "a", "env": {"B": True}}, "must have texts in its env: B is none"),
        ({"command": "a", "cwd": 7}, "must have a text as its cwd"),
        ({"url": "ftp://x"}, "must have a url that starts with http"),
        ({"url": 7}, "must have a text as its url"),
        ({"url": "http://x", "type": "stdio"}, "its type must be http or sse, not 'stdio'"),
        ("a", "must be a table"),
    ],
)
def test_a_wrong_entry_is_kept_with_its_problem(tmp_path: Path, server: object, problem: str) -> None:
    path = write(tmp_path, ".mcp.json", {"mcpServers": {"bad": server, "good": {"command": "a"}}})
    entries = read(path)
    assert problem in entries["bad"].problem
    assert entries["good"].usable() == StdioServer("a")
    with pytest.raises(UsageError, match=r"^\.mcp\.json:1: the server 'bad' "):
        entries["bad"].usable()


def test_all_that_a_command_can_have(tmp_path: Path) -> None:
    server = {"command": ["uv", "run"], "args": ["${X}"], "cwd": "sub", "inherit-env": ["CI"], "env": {"N": 1}}
    entry = read(
        write(tmp_path, ".mcp.json", {"mcpServers": {"a": server, "b": {"command": "x", "disabled": True}}}), X="y"
    )
    assert entry["a"].usable() == StdioServer("uv", ("run", "y"), {"N": "1"}, tmp_path / "sub", (*INHERITED, "CI"))
    assert not entry["a"].disabled
    assert entry["b"].disabled


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (".mcp.json", '{"mcpServers": }', r"\.mcp\.json:1:16: not valid JSON"),
        (".mcp.json", "[]", "must be an object with the key 'mcpServers'"),
        (".mcp.json", "{}", "has no key 'mcpServers'"),
        (".mcp.json", {"servers": {}}, "lists its servers under 'servers', but this file's key is 'mcpServers'"),
        (".vscode/mcp.json", {"mcpServers": {}}, "lists its servers under 'mcpServers', but this file's key is"),
        (".mcp.json", {"mcpServers": []}, "mcpServers must be an object with the servers' names"),
        ("other.json", {"x": 1}, "has no key 'mcpServers'"),
    ],
)
def test_a_file_that_lists_no_servers_is_an_error(tmp_path: Path, name: str, content: object, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read(write(tmp_path, name, content))


def test_a_file_of_another_name_may_have_either_key(tmp_path: Path) -> None:
    for key in ("mcpServers", "servers"):
        text = f'{{"{key}": {{"a": {{"command": "x"}}}}, /* */}}'
        assert list(read(write(tmp_path, "other.json", text))) == ["a"]


def test_claude_desktop_may_have_no_servers(tmp_path: Path) -> None:
    assert read(write(tmp_path, "claude_desktop_config.json", {"globalShortcut": ""})) == {}


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"x.json cannot be read: No such file"):
        read(tmp_path / "x.json")
    (tmp_path / "x.json").write_bytes(b"{}\n\xff")
    with pytest.raises(UsageError, match=r"x.json:2: not UTF-8"):
        read(tmp_path / "x.json")


def test_the_line_of_a_server_is_that_of_its_key(tmp_path: Path) -> None:
    text = '{"mcpServers": {\n"b": {"command": "a"},\n"a": {"command": "b"}}}'
    entries = read(write(tmp_path, ".mcp.json", text))
    assert (entries["a"].line, entries["b"].line) == (3, 2)
    escaped = read(write(tmp_path, ".mcp.json", '{"mcpServers": {"\\u0061": {"command": "b"}}}'))["a"]
    assert escaped.place == ".mcp.json"
