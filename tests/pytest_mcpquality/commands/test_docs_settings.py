"""Whom documentation is asked of, with which key; what a file of the scanned folder has no say in."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.registry import load_scanners
from pytest_mcpquality.commands.docs_settings import chooser, client_settings, deadline, enabled, keeps_key_back
from pytest_mcpquality.commands.loaded import settings_for
from pytest_mcpquality.config.rendering import render_settings
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.remediation.choosing.configured import Entry
from pytest_mcpquality.remediation.settings import API_URL, MCP_URL, DocsSettings
from pytest_mcpquality.remediation.values import TransportKind

KEY = {"CONTEXT7_API_KEY": "ctx7sk-one"}


def settings(root: Path, table: str = "", *, given: bool = False, **environ: str) -> Settings:
    """The settings of a folder, with a configuration in it; or with one that was named by the user."""
    text = f"[docs]\n{table}\n" if table else ""
    path = root / ("given.toml" if given else "mcpquality.toml")
    path.write_text(text, encoding="utf-8")
    variables = {f"MCPQUALITY_DOCS__{name}": value for name, value in environ.items()}
    return settings_for(root, load_scanners(), config_file=path if given else None, environ=variables)


def test_by_default_context7_is_asked_over_rest_without_a_key(tmp_path: Path) -> None:
    loaded = settings(tmp_path)
    assert enabled(loaded)
    assert deadline(loaded) == 10
    assert client_settings(loaded, {}) == DocsSettings()
    assert (API_URL, MCP_URL) == ("https://context7.com/api", "https://mcp.context7.com/mcp")
    assert chooser(loaded).entries == {}


def test_everything_can_be_set(tmp_path: Path) -> None:
    table = (
        'enabled = false\ntransport = "mcp"\nmcp-command = ["node", "server.js"]\ndeadline = 2.5\ntimeout = 1\n'
        'cache = "memory"\nrules = ["B602 | /a/b | how to"]\n'
    )
    loaded = settings(tmp_path, table)
    assert not enabled(loaded)
    assert deadline(loaded) == 2.5
    made = client_settings(loaded, {})
    assert made.transport is TransportKind.MCP
    assert made.mcp_command == ("node", "server.js")
    assert (made.deadline, made.timeout, made.cache) == (2.5, 1, "memory")
    assert chooser(loaded).entries == {"b602": Entry("/a/b", "how to")}


def test_offline_the_client_asks_nobody(tmp_path: Path) -> None:
    loaded = settings_for(tmp_path, load_scanners(), overrides={"offline": True}, environ={})
    assert client_settings(loaded, {}).offline


def test_the_variables_of_context7_win_over_the_file_and_ours_over_them(tmp_path: Path) -> None:
    theirs = {"CONTEXT7_API_URL": "http://theirs/api", "CONTEXT7_MCP_URL": "http://theirs/mcp"}
    loaded = settings(tmp_path, 'api-url = "http://file/api"\nmcp-url = "http://file/mcp"')
    assert client_settings(loaded, {}).api_url == "http://file/api"
    assert client_settings(loaded, theirs).api_url == "http://theirs/api"
    assert client_settings(loaded, theirs).mcp_url == "http://theirs/mcp"
    ours = settings(tmp_path, 'api-url = "http://file/api"', API_URL="http://ours/api")
    assert client_settings(ours, theirs).api_url == "http://ours/api"
    assert client_settings(settings(tmp_path), {"CONTEXT7_API_URL": " "}).api_url == API_URL


def test_keys_come_from_the_variable_a_file_or_a_command(tmp_path: Path) -> None:
    loaded = settings(tmp_path, 'api-key-file = "~/keys"\napi-key-command = ["pass", "context7"]')
    made = client_settings(loaded, {"CONTEXT7_API_KEY": "ctx7sk-one, ctx7sk-two\n"})
    assert made.api_keys == ("ctx7sk-one", "ctx7sk-two")
    assert made.api_key_file == Path.home() / "keys"
    assert made.api_key_command == ("pass", "context7")
    assert "ctx7sk" not in repr(made)


def test_a_key_cannot_stand_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"docs.api-key is not known"):
        settings(tmp_path, 'api-key = "ctx7sk-one"')


@pytest.mark.parametrize(
    "table",
    [
        'api-url = "https://evil.example/api"',
        'api-url = "https://evil.example/api"\napi-key-file = "/home/me/.ssh/id_rsa"',
        'api-url = "https://evil.example/api"\napi-key-command = ["cat", "/home/me/.netrc"]',
        'transport = "mcp"\nmcp-url = "https://evil.example/mcp"',
        'transport = "mcp"\nmcp-command = ["./evil"]',
    ],
)
def test_no_key_goes_where_a_file_of_the_change_under_review_says(tmp_path: Path, table: str) -> None:
    loaded = settings(tmp_path, table)
    made = client_settings(loaded, KEY)
    assert (made.api_keys, made.api_key_file, made.api_key_command) == ((), None, ())
    assert keeps_key_back(loaded, KEY)
    chosen = client_settings(settings(tmp_path, table, given=True), KEY)
    assert chosen.api_keys == ("ctx7sk-one",)


def test_a_key_goes_where_the_user_says_whatever_the_file_says(tmp_path: Path) -> None:
    loaded = settings(tmp_path, 'api-url = "https://evil.example/api"')
    environ = {**KEY, "CONTEXT7_API_URL": "https://mirror.example/api"}
    made = client_settings(loaded, environ)
    assert (made.api_url, made.api_keys) == ("https://mirror.example/api", ("ctx7sk-one",))
    assert not keeps_key_back(loaded, environ)
    by_mcp = settings(tmp_path, 'transport = "mcp"\nmcp-url = "https://evil.example/mcp"')
    assert client_settings(by_mcp, {**KEY, "CONTEXT7_MCP_URL": "https://mirror.example/mcp"}).api_keys == (
        "ctx7sk-one",
    )
    assert not keeps_key_back(settings(tmp_path), KEY)
    assert not keeps_key_back(loaded, {})


def test_a_file_of_the_change_under_review_names_no_file_to_write_to(tmp_path: Path) -> None:
    table = 'cache = "/home/me/.bashrc"'
    with pytest.raises(UsageError, match=r"mcpquality.toml:2: docs.cache names a file.*MCPQUALITY_DOCS__CACHE"):
        client_settings(settings(tmp_path, table), {})
    assert client_settings(settings(tmp_path, table, given=True), {}).cache == "/home/me/.bashrc"
    assert client_settings(settings(tmp_path, CACHE="/a/file"), {}).cache == "/a/file"
    assert client_settings(settings(tmp_path, 'cache = "redis://host:6379/0"'), {}).cache == "redis://host:6379/0"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('cache = "ftp://host"', "docs.cache must be the path of a file, 'memory' or the address"),
        ('api-url = "nonsense"', "docs: api-url must be a URL"),
        ('rules = ["B602"]', "docs.rules: 'B602' is not RULE | LIBRARY"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, table: str, words: str) -> None:
    loaded = settings(tmp_path, table)
    read = chooser if "rules" in table else partial(client_settings, environ={})
    with pytest.raises(UsageError) as caught:
        read(loaded)
    assert words in str(caught.value)


def test_what_holds_is_printed_with_where_it_comes_from(tmp_path: Path) -> None:
    shown = render_settings(settings(tmp_path, "enabled = false\ndeadline = 3", TIMEOUT="2"))
    rows = {line.split(" = ")[0]: line for line in shown.splitlines() if line.startswith("docs.")}
    assert rows["docs.enabled"].startswith("docs.enabled = false ")
    assert rows["docs.enabled"].endswith("# mcpquality.toml:2")
    assert rows["docs.deadline"].endswith("# mcpquality.toml:3")
    assert rows["docs.timeout"].endswith("# MCPQUALITY_DOCS__TIMEOUT")


def test_the_password_of_a_cache_is_not_printed(tmp_path: Path) -> None:
    shown = render_settings(settings(tmp_path, CACHE="redis://user:hunter2@cache.example:6379/0"))
    assert 'docs.cache = "redis://[hidden]@cache.example:6379/0"' in shown
