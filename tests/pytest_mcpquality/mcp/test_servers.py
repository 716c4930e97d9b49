from __future__ import annotations

from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.registry import load_scanners
from pytest_mcpquality.config.loading import load_settings
from pytest_mcpquality.mcp.servers import Servers, load_servers
from pytest_mcpquality.mcp.specs import HttpServer, StdioServer

OURS = """\
[servers.time]
command = "mcp-server-time"
args = ["--zone", "${ZONE}"]

[servers.web]
url = "http://127.0.0.1:1/mcp"
"""


def test_our_own_table_comes_before_the_files_of_hosts(tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_text(OURS, encoding="utf-8")
    theirs = '{"mcpServers": {"time": {"command": "other"}, "git": {"command": "git-server"}}}'
    (tmp_path / ".mcp.json").write_text(theirs, encoding="utf-8")
    servers = load_servers(tmp_path, {"ZONE": "UTC"})
    assert servers.names() == ("time", "web", "git")
    assert len(servers.entries) == 4
    assert servers.sources == ("mcpquality.toml", ".mcp.json")
    time, web = servers.find("time"), servers.find("web")
    assert time is not None
    assert web is not None
    assert time.usable() == StdioServer("mcp-server-time", ("--zone", "UTC"))
    assert (time.place, time.raw["command"]) == ("mcpquality.toml:1", "mcp-server-time")
    assert web.usable() == HttpServer("http://127.0.0.1:1/mcp")
    assert servers.find("none") is None


def test_given_files_are_the_only_ones(tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_text(OURS, encoding="utf-8")
    path = tmp_path / "my.json"
    path.write_text('{"servers": {"a": {"command": "b"}}}', encoding="utf-8")
    servers = load_servers(tmp_path, {}, files=[path])
    assert (servers.names(), servers.sources) == (("a",), ("my.json",))
    elsewhere = load_servers(tmp_path / "sub", {}, files=[path])
    assert elsewhere.sources == (str(path),)


def test_a_project_without_servers_has_none(tmp_path: Path) -> None:
    servers = load_servers(tmp_path, {})
    assert servers == Servers()
    assert servers.unknown("x").startswith("none, since there is none of [tool.mcpquality.servers], .mcp.json")


def test_an_unknown_name_is_told_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_text(OURS, encoding="utf-8")
    assert load_servers(tmp_path, {}).unknown("tme") == "time, web (in mcpquality.toml); did you mean time?"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("servers = 7", "mcpquality.toml: servers must be a table of servers"),
        ('[servers.a]\ncomand = "x"', "mcpquality.toml:1: servers.a.comand is not known; did you mean command?"),
        ("[servers.a]\nxyz = 1", "servers.a.xyz is not known; there are: command, args"),
    ],
)
def test_a_wrong_table_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mcpquality.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        load_servers(tmp_path, {})


def test_an_entry_that_is_no_table_is_kept_with_its_problem(tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_text("[servers]\na = 7", encoding="utf-8")
    (entry,) = load_servers(tmp_path, {}).entries
    assert entry.problem == "must be a table"


def test_a_scan_leaves_the_servers_alone(tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_text(OURS, encoding="utf-8")
    settings = load_settings(
        tmp_path,
        config_file=None,
        environ={},
        overrides={},
        scanners=load_scanners(),
        tools=(),
        formats=("terminal",),
    )
    assert settings.file == tmp_path / "mcpquality.toml"


def test_a_configuration_file_that_is_named_is_read_in_place_of_the_projects(tmp_path: Path) -> None:
    (tmp_path / "mcpquality.toml").write_text(OURS, encoding="utf-8")
    named = tmp_path / "other.toml"
    named.write_text('[servers.mine]\ncommand = "mine"\n', encoding="utf-8")
    assert load_servers(tmp_path, {}, files=(), config_file=named).names() == ("mine",)
