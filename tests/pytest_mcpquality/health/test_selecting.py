from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.health.selecting import Candidate, candidates
from pytest_mcpquality.health.settings import HealthSettings, ServerSettings
from pytest_mcpquality.mcp.servers import load_servers
from pytest_mcpquality.mcp.specs import HttpServer, StdioServer

TWO = '{"mcpServers": {"a": {"command": "one"}, "b": {"command": "two", "disabled": true}}}'
OTHERS = '{"servers": {"a": {"command": "one"}, /* other */ "c": {"url": "http://127.0.0.1:1/mcp"}}}'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".mcp.json").write_text(TWO, encoding="utf-8")
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "mcp.json").write_text(OTHERS, encoding="utf-8")
    return tmp_path


def found(root: Path, *select: str, settings: HealthSettings | None = None) -> dict[str, Candidate]:
    own = settings or HealthSettings()
    return {one.name: one for one in candidates(load_servers(root, {}), select, own, root)}


def test_all_that_are_configured_each_once_and_started_in_the_project(project: Path) -> None:
    servers = found(project)
    assert list(servers) == ["a", "b", "c"]
    assert servers["a"].spec == StdioServer("one", cwd=project)
    assert servers["b"].off == "switched off by .mcp.json:1"
    assert servers["c"].spec == HttpServer("http://127.0.0.1:1/mcp")


def test_a_name_for_two_different_servers_is_two(project: Path) -> None:
    (project / ".vscode" / "mcp.json").write_text('{"servers": {"a": {"command": "another"}}}', encoding="utf-8")
    servers = found(project)
    assert list(servers) == ["a", "b", "a (.vscode/mcp.json)"]
    assert servers["a (.vscode/mcp.json)"].spec == StdioServer("another", cwd=project)


def test_those_that_are_asked_for_and_no_others(project: Path) -> None:
    command = f"{sys.executable} x.py"
    servers = found(project, "b", command, command, f"{sys.executable} dir/x.py", "http://127.0.0.1:2/mcp")
    python = Path(sys.executable).name
    assert list(servers) == ["b", f"{python} x.py", f"{python} x.py #2", "http://127.0.0.1:2/mcp", "a", "c"]
    assert not servers["b"].off, "whoever names it wants it"
    assert servers["b"].spec == StdioServer("two", cwd=project)
    assert {servers["a"].off, servers["c"].off} == {"not selected"}


def test_headers_are_sent_to_the_server_they_are_set_for(project: Path) -> None:
    own = ServerSettings(headers={"X-Key": "1"}, missing=("${A} has no value: set the variable A",))
    servers = found(project, settings=HealthSettings(servers={"c": own, "a": own}))
    assert servers["c"].spec == HttpServer("http://127.0.0.1:1/mcp", {"X-Key": "1"})
    assert servers["c"].missing == own.missing
    assert servers["a"].missing == (), "there is nothing to send it with"


def test_a_variable_without_a_value_is_kept_with_the_server(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"a": {"command": "${NONE}"}}}', encoding="utf-8")
    assert found(tmp_path)["a"].missing == ("${NONE} has no value: set the variable NONE",)


def test_a_wrong_entry_is_an_error_unless_it_is_not_looked_at(tmp_path: Path) -> None:
    text = '{"mcpServers": {\n"a": {"command": "x"},\n"b": {"command": "x", "url": "http://y"}}}'
    (tmp_path / ".mcp.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"\.mcp\.json:3: the server 'b' must have either a command or a url"):
        found(tmp_path)
    assert found(tmp_path, "a")["b"].off == "not selected"


def test_what_is_no_server_is_told_which_there_are(project: Path) -> None:
    with pytest.raises(UsageError, match="there is no server 'aa', and no such command: known servers are a, b, c"):
        found(project, "aa")
