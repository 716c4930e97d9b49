"""`mcpquality health` as its users start it, on servers that break in every way there is."""

from __future__ import annotations

import json
import os
import re
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from pytest_mcpquality.cli import main
from tests.support.command import mcpquality
from tests.support.http_mcp import TOKEN, Servers, serving
from tests.support.left_running import left_running
from tests.support.mcp_projects import SERVERS, script, write_servers

pytestmark = pytest.mark.e2e

# A busy machine must not make a server look slow, nor one that hangs later look like one that hangs at its start.
LISTS = "[health.servers.list-hang]\ntimeout = 8\n"
PATIENT = f"[health]\ncall-limit = 20\n{LISTS}[health.servers.garbage]\nstart-limit = 5\n"
IMPATIENT = ("start-hang", "initialize-hang", "http-hang")
SETTINGS = PATIENT + "".join(f"[health.servers.{name}]\nstart-limit = 1.5\n" for name in IMPATIENT)


@dataclass(frozen=True)
class Run:
    """One run over all of them."""

    code: int
    terminal: str
    progress: str
    document: dict[str, Any]
    seconds: float
    left: list[str]

    def findings(self, server: str) -> dict[str, str]:
        return {
            finding["rule"]: finding["message"]
            for finding in self.document["findings"]
            if finding["subject"]["server"] == server
        }

    def gate(self, server: str) -> str:
        (gate,) = (gate for gate in self.document["gates"] if gate["name"] == f"mcp:{server}")
        return str(gate["status"])

    def scanner(self, server: str) -> dict[str, Any]:
        (found,) = (scan for scan in self.document["scanners"] if scan["scanner"] == f"mcp:{server}")
        return dict(found)


@pytest.fixture(scope="module")
def http() -> Iterator[Servers]:
    with serving() as servers:
        yield servers


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, http: Servers) -> Run:
    root, mark = tmp_path_factory.mktemp("project"), uuid.uuid4().hex
    raw = {
        "start-hang": ("hang-at-start",),
        "initialize-hang": ("hang-initialize",),
        "list-hang": ("hang-tools/list",),
        "garbage": ("garble-initialize",),
        "exits": ("die-at-start",),
        "dies": ("die-tools/list",),
        "stubborn": ("ignore-eof", "ignore-term", "child"),
        "stdout-flood": ("flood-stdout",),
        "stderr-flood": ("flood-stderr",),
        "huge": ("huge-tools/list",),
        "version": ("odd-version",),
        "older": ("old",),
        "newer": ("modern",),
        "junk": ("banner",),
        "big-answer": ("huge-tools/call",),
        "dies-when-called": ("die-tools/call",),
    }
    servers: dict[str, dict[str, Any]] = {name: script("raw.py", *ways, mark=mark) for name, ways in raw.items()}
    servers |= {
        "good": script("tidy.py", "good-", mark=mark),
        "no-command": {"command": "no-such-command"},
        "nobody": {"url": "http://127.0.0.1:9/mcp"},
        "http": {"url": http.url("plain")},
        "http-hang": {"url": http.url("hangs")},
        "auth": {"url": http.url("token")},
        "token": {"url": http.url("token"), "headers": {"Authorization": "Bearer ${HEALTH_TOKEN}"}},
        "redirect": {"url": http.url("redirects")},
        "page": {"url": http.url("html")},
        "sse": {"url": http.url("sse")},
        "unset": {"command": "${NOT_SET_ANYWHERE}"},
        "off": {"command": "anything", "disabled": True},
    }
    write_servers(root, servers)
    called = "".join(
        f"[health.servers.{name}]\nsafe-tools = ['tool0']\n" for name in ("big-answer", "dies-when-called")
    )
    (root / "mcpquality.toml").write_text(SETTINGS + called, encoding="utf-8")
    started = time.monotonic()
    env = {"HEALTH_TOKEN": TOKEN}
    done = mcpquality("health", "--report", "terminal", "--report", "json=r.json", cwd=root, env=env)
    seconds = time.monotonic() - started
    left = left_running(mark)
    document = json.loads((root / "r.json").read_text(encoding="utf-8"))
    return Run(done.returncode, done.stdout, done.stderr, document, seconds, left)


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ("start-hang", r"hung in initialize for 1\.5 s"),
        ("initialize-hang", r"hung in initialize for 1\.5 s"),
        ("list-hang", r"hung in tools/list for 2\.0 s"),
        (
            "garbage",
            r"hung in initialize for 5\.0 s; stdout line 1 is not JSON-RPC: '{\"jsonrpc\": \"2\.0\", \"id\": 1, ",
        ),
        ("exits", "exited with 3: ModuleNotFoundError: foo"),
        ("dies", "exited with 7: ModuleNotFoundError: foo"),
        ("stdout-flood", "wrote 10000 lines to stdout that are no messages"),
        ("huge", r"stdout line 2 is longer than \d+ bytes"),
        ("version", "answered initialize with protocol version '1999-01-01', which this client does not know"),
        ("no-command", "could not be started: the command 'no-such-command' does not exist on its PATH"),
        ("nobody", "cannot be reached: nobody listens at 127.0.0.1:9"),
        ("http-hang", r"hung in initialize for 1\.5 s"),
        ("auth", r"answered 401 Unauthorized: it needs authentication \(Bearer realm=\"mcp\"\)"),
        ("page", "answered with text/html in place of JSON or an event stream: '<html>Welcome</html>'"),
    ],
)
def test_one_that_does_not_work_says_why_once(run: Run, server: str, says: str) -> None:
    assert list(run.findings(server)) == ["mcp-alive-start"]
    assert re.match(says, run.findings(server)["mcp-alive-start"].removeprefix("broke the protocol: "))
    assert run.gate(server) == "failed"
    assert run.scanner(server)["status"] == "incomplete"
    assert run.scanner(server)["unseen"] == [{"name": f"{server}: all else", "reason": "it did not get that far"}]


def test_one_that_does_not_end_was_looked_at_and_fails(run: Run) -> None:
    assert "mcp-alive-stop" in run.findings("stubborn")
    assert run.gate("stubborn") == "failed"


def test_one_that_breaks_when_a_safe_tool_is_called_says_so(run: Run) -> None:
    assert "longer than 67108864 bytes" in run.findings("big-answer")["mcp-speed-output"]
    assert "exited with 7: ModuleNotFoundError: foo" in run.findings("dies-when-called")["mcp-robustness-survives"]
    for server in ("big-answer", "dies-when-called"):
        assert run.gate(server) == "failed"
        assert run.scanner(server)["status"] == "incomplete"


def test_one_that_prints_fails_for_that(run: Run) -> None:
    assert run.findings("junk")["mcp-protocol-stdout"] == "stdout line 1 is not JSON-RPC: 'Welcome to raw!'"
    assert "mcp-alive-start" not in run.findings("junk")


@pytest.mark.parametrize("server", ["stderr-flood", "older", "newer", "good", "http", "token", "redirect", "sse"])
def test_one_that_works_is_seen_whole(run: Run, server: str) -> None:
    assert "mcp-alive-start" not in run.findings(server)
    assert run.scanner(server)["seen"][0] == "server"
    assert any(name.startswith("tool ") for name in run.scanner(server)["seen"])


def test_one_that_does_everything_right_passes(run: Run) -> None:
    assert run.gate("good") == "passed"
    assert run.findings("good") == {}
    assert run.gate("token") == "passed"


def test_a_variable_without_a_value_is_incomplete_and_named(run: Run) -> None:
    assert run.gate("unset") == "incomplete"
    assert run.scanner("unset")["problems"] == ["${NOT_SET_ANYWHERE} has no value: set the variable NOT_SET_ANYWHERE"]


def test_one_that_is_switched_off_is_named(run: Run) -> None:
    assert run.gate("off") == "off"
    assert any(sentence.startswith("off is switched off by .mcp.json:") for sentence in run.document["weakened"])


def test_the_run_ends_in_time_with_a_verdict_and_leaves_nothing(run: Run) -> None:
    assert run.code == 1
    assert run.document["verdict"] == "failed"
    assert "FAILED" in run.terminal.splitlines()[-1]
    assert run.left == []
    assert run.seconds < 60
    assert "Traceback" not in run.terminal.replace("Traceback (most recent call last): | somewhere", "") + run.progress
    assert "mcp:good: looked at in " in run.progress


class Health(Protocol):
    """Runs the command in this process, in a folder; the exit code, and all that it said."""

    def __call__(self, *arguments: object) -> tuple[int, str]: ...


@pytest.fixture
def health(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Health:
    for name in [name for name in os.environ if name.startswith("MCPQUALITY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "2000")
    monkeypatch.setenv("MCPQUALITY_DOCS__ENABLED", "no")
    monkeypatch.setenv("MCPQUALITY_HEALTH__CALL_LIMIT", "20")  # on a busy machine all servers are slow
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str]:
        code = main(["health", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_green_and_what_was_looked_at_is_named(health: Health, tmp_path: Path) -> None:
    write_servers(tmp_path, {"one": script("tidy.py", "a-"), "two": script("tidy.py", "b-")})
    code, said = health()
    assert code == 0
    assert "PASSED  Passed: 2 of 2 gates passed." in said
    assert "2 servers" in said


def test_ten_servers_of_which_three_are_dead(health: Health, tmp_path: Path) -> None:
    servers = {f"good{number}": script("tidy.py", f"t{number}-") for number in range(7)}
    dead = {f"dead{number}": script("raw.py", "die-at-start") for number in range(3)}
    write_servers(tmp_path, servers | dead)
    code, said = health()
    assert code == 1
    assert "Failed: 3 of 10 gates failed: mcp:dead0 (1 at or over high), mcp:dead1" in said
    assert said.count("passed  mcp:good") == 7


def test_the_time_of_a_server_is_bounded(health: Health, tmp_path: Path) -> None:
    write_servers(tmp_path, {"hangs": script("raw.py", "hang-ping", "hang-tools/list", "ignore-eof", "ignore-term")})
    started = time.monotonic()
    code, said = health("--timeout", "6", "--skip", "mcp-alive-start")
    assert time.monotonic() - started < 6 + 2.5 + 10, "its time, its end, and what a busy machine takes"
    assert code == 3
    assert "hung in tools/list for 1.5 s" in said


def test_no_server_is_incomplete(health: Health) -> None:
    code, said = health()
    assert code == 3
    assert "there is no server to check" in said


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (".mcp.json", '{"mcpServers": {\n  "a": {"command": "x",}\n}}', ".mcp.json:2:"),
        (".mcp.json", '{"servers": {}}', "lists its servers under 'servers', but this file's key is 'mcpServers'"),
        (".vscode/mcp.json", '{"servers": {\n // fine\n "a": }}', ".vscode/mcp.json:3:7: not valid JSON"),
        (".cursor/mcp.json", '{"mcpServers": {"a": {}}}', "must have either a command or a url"),
        ("mcp.lock.json", "{\n!", "mcp.lock.json:2:1: not JSON"),
        ("pyproject.toml", "[tool.mcpquality.health]\nfial-on = 1", "pyproject.toml:2: health.fial-on is not known"),
        ("pyproject.toml", "[tool.mcpquality.health]\nlock = '../x.json'", "x.json lies outside of the project"),
        ("pyproject.toml", "[tool.mcpquality.health]\nlock = 'x.json'", "x.json: write it with --update-lock"),
        ("pyproject.toml", "[tool.mcpquality.health.servers.x]", "health.servers.x: there is no such server"),
        ("pyproject.toml", "[tool.mcpquality.servers.a]\ncomand = 1", "servers.a.comand is not known; did you mean"),
    ],
)
def test_a_wrong_file_is_named_with_its_place_and_nothing_is_started(
    health: Health, tmp_path: Path, file: str, text: str, says: str
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    code, said = health()
    assert (code, "started" in said) == (2, False)
    assert says in said


def test_servers_of_all_files_and_of_the_command_line(health: Health, tmp_path: Path) -> None:
    write_servers(tmp_path, {"claude": script("tidy.py", "a-")})
    for folder, key in ((".vscode", "servers"), (".cursor", "mcpServers")):
        write_servers(tmp_path / folder, {folder[1:]: script("tidy.py", f"{folder[1:]}-")}, key)
        (tmp_path / folder / ".mcp.json").rename(tmp_path / folder / "mcp.json")
    write_servers(tmp_path / "x", {"desktop": script("tidy.py", "d-")}).rename(tmp_path / "claude_desktop_config.json")
    ours = f'[tool.mcpquality.servers.ours]\ncommand = ["{sys.executable}", "-I", "-S", "{SERVERS}/tidy.py", "o-"]\n'
    (tmp_path / "pyproject.toml").write_text(ours, encoding="utf-8")
    code, said = health()
    assert code == 0, said
    for name in ("claude", "vscode", "cursor", "desktop", "ours"):
        assert f"passed  mcp:{name}: " in said
    command = f"{sys.executable} -I -S {SERVERS / 'tidy.py'}"
    code, said = health("--server", "claude", "--server", command)
    assert code == 0, said
    assert "passed  mcp:claude: " in said
    assert f"passed  mcp:{Path(sys.executable).name} tidy.py: " in said
    assert "ours, vscode, cursor, desktop are not selected" in said


def test_the_life_of_a_lock_file(health: Health, tmp_path: Path) -> None:
    write_servers(tmp_path, {"one": script("tidy.py", "a-")})
    code, said = health("--update-lock")
    assert code == 0
    assert "wrote mcp.lock.json: 1 locked, to be reviewed and committed" in said
    first = (tmp_path / "mcp.lock.json").read_bytes()
    assert health()[0] == 0, "what was locked is what there is"
    write_servers(tmp_path, {"one": script("tidy.py", "b-")})
    code, said = health()
    assert code == 1
    assert "mcp-contract-breaking-drift" in said
    assert "a-echo" in said
    code, said = health("--update-lock")
    assert code == 0
    second = (tmp_path / "mcp.lock.json").read_bytes()
    assert second != first
    assert health("--update-lock", "--lock", "mcp.lock.json")[0] == 0
    assert (tmp_path / "mcp.lock.json").read_bytes() == second
    write_servers(tmp_path, {"one": script("tidy.py", "b-"), "two": script("tidy.py", "c-")})
    code, said = health()
    assert code == 3, "a server that was not reviewed is not seen to be as it was reviewed"
    assert "mcp.lock.json does not name it" in said


def test_a_lock_file_that_cannot_be_written_is_not_green(health: Health, tmp_path: Path) -> None:
    write_servers(tmp_path, {"one": script("tidy.py")})
    code, said = health("--update-lock", "--lock", "no/folder/lock.json", "-q")
    assert code == 3
    assert "lock.json" in said
    assert health("--update-lock", "-q")[0] == 0
    assert (tmp_path / "mcp.lock.json").exists()


def test_every_report_format(health: Health, tmp_path: Path) -> None:
    write_servers(tmp_path, {"dead": script("raw.py", "die-at-start"), "good": script("tidy.py")})
    code, said = health("--report", "all=reports", "-q")
    assert code == 1, said
    reports = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "reports").iterdir()}
    assert len(reports) >= 14
    for name in ("mcpquality.html", "mcpquality.sarif", "mcpquality.json", "mcpquality-junit.xml", "mcpquality.md"):
        assert "exited with 3" in reports[name], name
    assert "2 servers" in reports["mcpquality.md"]


def test_what_is_allowed_does_not_count_until_its_last_day(health: Health, tmp_path: Path) -> None:
    write_servers(tmp_path, {"junk": script("raw.py", "banner")})
    entry = "[[health.allow]]\nrule = 'mcp-protocol-stdout'\nserver = 'junk'\nreason = 'known'\nexpires = {}\n"
    (tmp_path / "mcpquality.toml").write_text(entry.format("2999-12-31"), encoding="utf-8")
    code, said = health()
    assert code == 0, said
    assert "Suppressed: 1 finding" in said
    assert "1 x health.allow in mcpquality.toml: mcp-protocol-stdout of junk until 2999-12-31" in said
    (tmp_path / "mcpquality.toml").write_text(entry.format("2020-12-31"), encoding="utf-8")
    assert health()[0] == 1


def test_options_of_the_command_line(health: Health, tmp_path: Path) -> None:
    path = write_servers(tmp_path / "elsewhere", {"junk": script("raw.py", "banner")})
    assert health("--config", path)[0] == 1
    code, said = health("--config", path, "--skip", "mcp-protocol-stdout")
    assert code == 0, said
    assert 'health.skip = ["mcp-protocol-stdout"] instead of [], set by --skip' in said
    assert health("--config", path, "--fail-on", "critical")[0] == 0
    assert health("--config", path, "--skip", "mcp-protocl-stdout")[0] == 2
    assert health("--lock", "none.json", "--config", path)[0] == 2
    own = tmp_path / "own.toml"
    own.write_text(f"[health]\nfail-on = 'critical'\nconfig = ['{path}']\n", encoding="utf-8")
    code, said = health("--config", own)
    assert code == 0, said
    assert "mcp:junk" in said
    assert health("--config", own, "--config", tmp_path / "other.toml")[0] == 2
