"""How a run that has not looked would look like one that has: each way ends with 3 (or 1), and every format says so.

The first part is the list of ways in which other orchestrators end green; the names of the tests are its rows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mcpquality_scanners.foreign import foreign_scanners
from pytest_mcpquality.demo import PROJECT
from tests.support.command import COMMAND, FLAW, environment, mcpquality, scan, stand_ins, write

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("installed")]

BANDIT = ("--scanner", "bandit")
CLEAN = {"app.py": "x = 1\n", "requirements.txt": "packaging==24.0\n"}
TOOLS = ("semgrep", "bandit", "pip-audit", "detect-secrets")
FOREIGN = tuple(scanner.name for scanner in foreign_scanners())
OFFLINE_PIP_AUDIT = {
    "MCPQUALITY_SCANNERS__PIP_AUDIT__ADVISORIES": str(PROJECT / "advisories"),
    "MCPQUALITY_SCANNERS__PIP_AUDIT__MAX_AGE": "false",
}
NO_REGISTRY = {"UV_OFFLINE": "1", "UV_NO_CACHE": "1", "UV_FIND_LINKS": "", "PIP_FIND_LINKS": ""}

pytest_posix = pytest.mark.skipif(os.name != "posix", reason="the stand-ins are shell scripts")


@pytest.mark.parametrize(
    ("options", "variables", "said"),
    [
        (("--offline",), {}, "bandit 1.9.4 is not installed and --offline forbids to download it"),
        ((), NO_REGISTRY, "bandit 1.9.4 could not be installed"),
    ],
    ids=["installer offline", "not installable"],
)
def test_a_scanner_is_not_installed(
    options: tuple[str, ...], variables: dict[str, str], said: str, tmp_path: Path
) -> None:
    root = write(tmp_path / "p", CLEAN)
    run = scan(root, *BANDIT, *options, env={"MCPQUALITY_CACHE_DIR": str(tmp_path / "cache"), **variables})
    assert run.code == 3
    run.says(said)


def test_a_scanner_that_is_to_be_on_path_is_not(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {**CLEAN, "mcpquality.toml": '[tools]\nbandit = "path"\n'})
    run = scan(root, *BANDIT, env={"PATH": str(tmp_path)})
    assert run.code == 3
    run.says("bandit was not found on PATH")


def test_the_cache_cannot_be_written(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {**CLEAN, "file": "x"})
    run = scan(root, *BANDIT, env={"MCPQUALITY_CACHE_DIR": str(root / "file")})
    assert run.code == 3
    run.says("bandit could not be installed into", "Set MCPQUALITY_CACHE_DIR")


def test_a_scanners_name_is_mistyped(tmp_path: Path) -> None:
    done = mcpquality("scan", write(tmp_path / "p", CLEAN), "--scanner", "bandti", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean bandit?" in done.stderr


@pytest.mark.parametrize("options", [(), ("--offline",)], ids=["unreachable", "offline"])
def test_semgrep_is_to_fetch_rules_without_a_network(options: tuple[str, ...], tmp_path: Path) -> None:
    files = {**CLEAN, "mcpquality.toml": '[scanners.semgrep]\nconfig = ["mcpquality", "p/python"]\n'}
    run = scan(write(tmp_path / "p", files), "--scanner", "semgrep", *options, timeout=60)
    assert run.code == 3
    run.says("p/python")
    assert run.scanner("semgrep")["status"] in {"incomplete", "error"}


@pytest_posix
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("kill -SEGV $$", "SIGSEGV"),
        ("exit 0", ""),
        ("exit 1", ""),
        ("exit 2", ""),
        ('printf \'{"results": [], "errors\'; exit 0', ""),
        ("echo '{}'", ""),
        ("echo '[]'", ""),
        ('echo \'{"results": [], "errors": [], "paths": {"scanned": []}, "metrics": {}, "dependencies": []}\'', ""),
        ("head -c 100000 /dev/urandom", ""),
        ("echo 'OSError: No space left on device' >&2; exit 1", ""),
    ],
    ids=[
        "SIGSEGV",
        "empty, 0",
        "empty, 1",
        "empty, 2",
        "truncated",
        "{}",
        "[]",
        "nothing found",
        "garbage",
        "disk full",
    ],
)
def test_every_tool_breaks(script: str, said: str, tmp_path: Path) -> None:
    root = write(tmp_path / "p", {**CLEAN, "conf.yaml": "a: b\n"})
    variables = stand_ins(tmp_path / "bin", TOOLS, script)
    run = scan(root, env=variables | OFFLINE_PIP_AUDIT)
    assert run.code == 3, run.terminal
    for tool in TOOLS:
        result = run.scanner(tool)
        assert result["status"] in {"error", "incomplete"}, result
        assert result["problems"] or result["unseen"], result
        assert said in str(result), result
    run.says(*TOOLS, "did not see everything")


@pytest_posix
def test_a_scanner_crashes_and_what_the_others_found_is_kept(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"app.py": FLAW, "conf.py": 'KEY = "AKIAQ3EGV7PLANTEDKEY"\n'})
    run = scan(root, env=stand_ins(tmp_path / "bin", ("bandit",), "kill -SEGV $$"))
    assert run.code == 1
    assert ("aws-access-key", "conf.py", 1) in run.places("detect-secrets")
    run.says("aws-access-key", "SIGSEGV", "Not everything was seen: bandit")


@pytest_posix
def test_a_scanner_hangs(tmp_path: Path) -> None:
    root = write(tmp_path / "p", CLEAN)
    variables = stand_ins(tmp_path / "bin", TOOLS, "sleep 600")
    run = scan(root, "--timeout", "1", env=variables | OFFLINE_PIP_AUDIT, timeout=60)
    assert run.code == 3
    for tool in TOOLS:
        result = run.scanner(tool)
        assert result["status"] in {"error", "incomplete"}, result
        assert "time" in str([result["problems"], [item["reason"] for item in result["unseen"]]]), result
    run.says("time was up", *TOOLS)


@pytest_posix
def test_a_scanner_writes_without_end(tmp_path: Path) -> None:
    root = write(tmp_path / "p", CLEAN)
    # Slow enough to be ended by its time, so that no machine runs out of memory over it.
    script = "while :; do echo 0123456789; sleep 0.01; done"
    run = scan(root, *BANDIT, "--timeout", "1", env=stand_ins(tmp_path / "bin", ("bandit",), script), timeout=60)
    assert run.code == 3
    run.says("bandit")


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that answers everything with one status; its address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.send_response(status)
            self.end_headers()

        do_GET = do_POST = do_CONNECT = _answer  # noqa: N815 - the names are the standard library's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def test_the_advisory_endpoint_answers_405(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"requirements.txt": "requests==2.19.1\n"})
    with answering(405) as address:
        run = scan(root, "--scanner", "pip-audit", env={"HTTPS_PROXY": address, "https_proxy": address})
    assert run.code == 3
    run.says("requests 2.19.1", "pip-audit")


def test_there_is_no_network_for_the_advisories(tmp_path: Path) -> None:
    run = scan(write(tmp_path / "p", {"requirements.txt": "requests==2.19.1\n"}), "--scanner", "pip-audit")
    assert run.code == 3
    run.says("requests 2.19.1", "pip-audit")


def test_a_file_does_not_parse(tmp_path: Path) -> None:
    broken = "import subprocess\nsubprocess.run(input(), shell=True)\ndef broken(:\n"
    root = write(tmp_path / "p", {"broken.py": broken, "good.py": "x = 1\n"})
    run = scan(root, *BANDIT, "--scanner", "semgrep")
    assert run.code == 3
    assert "broken.py" in run.unseen("bandit")
    assert "broken.py" in run.unseen("semgrep")
    run.says("broken.py")


@pytest.mark.parametrize("layout", ["its own .gitignore", "a repository around it", "no git at all"])
def test_a_folder_above_is_named_like_what_is_ignored(layout: str, tmp_path: Path) -> None:
    root = write(tmp_path / "var" / "lib" / "build" / "p", {"src/app.py": FLAW, ".gitignore": "lib/\nbuild/\n"})
    if layout == "its own .gitignore":
        subprocess.run(["git", "init", "-q", root], check=True)
    elif layout == "a repository around it":
        subprocess.run(["git", "init", "-q", tmp_path], check=True)
        write(tmp_path, {".gitignore": "var/\n"})
    run = scan(root, *BANDIT, "--scanner", "semgrep")
    assert run.code == 1
    assert ("B602", "src/app.py", 5) in run.places("bandit")
    assert "src/app.py" in run.scanner("semgrep")["seen"]


@pytest.mark.parametrize("name", ["nowhere", "p/app.py", "", "p\0q"])
def test_the_source_folder_is_missing(name: str, tmp_path: Path) -> None:
    if "\0" in name:
        pytest.skip("the operating system hands no NUL to a program; tests/pytest_mcpquality/test_cli.py does")
    write(tmp_path / "p", CLEAN)
    done = mcpquality("scan", name, cwd=tmp_path / "p" if not name else tmp_path)
    if name:
        assert (done.returncode, done.stdout) == (2, "")
        assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mcpquality.toml", "fail-on = \n", "mcpquality.toml"),
        ("mcpquality.toml", 'fail-onn = "low"\n', "did you mean fail-on?"),
        ("mcpquality.toml", "[scanners.bandti]\n", "did you mean bandit?"),
        ("pyproject.toml", "[tool.mcpqualty]\n", "[tool.mcpquality]"),
        ("pyproject.toml", "[tool.mcpquality\n", "pyproject.toml"),
        ("mcpquality.toml", "\ufefffail-on = 'low'\x00", "mcpquality.toml"),
    ],
)
def test_the_configuration_is_malformed(name: str, text: str, said: str, tmp_path: Path) -> None:
    done = mcpquality("scan", write(tmp_path / "p", {"app.py": FLAW, name: text}), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


OPEN_GATE = """\
fail-on = "critical"
skip = ["detect-secrets"]
exclude = ["hidden/"]
allow-incomplete = ["bandit", "files"]
[scanners.bandit]
skips = ["B602"]
[[suppress]]
rule = "*"
reason = "trust me"
"""


def test_the_change_under_review_switches_the_gate_off(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"app.py": FLAW, "hidden/app.py": FLAW, "mcpquality.toml": OPEN_GATE})
    run = scan(root)
    assert run.code == 0  # as configured: what is left is that nobody can overlook it
    run.says(
        "detect-secrets is switched off by mcpquality.toml",
        'fail-on = "critical" instead of "high", set by mcpquality.toml',
        'exclude = ["hidden/"]',
        'scanners.bandit.skips = ["B602"]',
        'allow-incomplete = ["bandit", "files"]',
        "1 suppression in mcpquality.toml",
    )
    assert "Suppressed: 1 finding" in run.terminal
    assert all("trust me" in report for report in (run.json, run.sarif, run.html))


def test_a_configuration_from_outside_wins_over_the_one_under_review(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"app.py": FLAW, "hidden/app.py": FLAW, "mcpquality.toml": OPEN_GATE})
    outside = write(tmp_path, {"ours.toml": 'fail-on = "high"\n'}) / "ours.toml"
    run = scan(root, *BANDIT, "--config", outside)
    assert run.code == 1
    assert {("B602", "app.py", 5), ("B602", "hidden/app.py", 5)} <= run.places("bandit")
    assert "trust me" not in run.json


@pytest.mark.parametrize(
    "text",
    [
        f"skip = {[*TOOLS, *FOREIGN, 'coverage']}\n",
        "".join(f"[scanners.{name}]\nenabled = false\n" for name in TOOLS + FOREIGN) + "[coverage]\nenabled = false\n",
    ],
)
def test_everything_is_switched_off(text: str, tmp_path: Path) -> None:
    done = mcpquality("scan", write(tmp_path / "p", {"app.py": FLAW, "mcpquality.toml": text}), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no scanner is left to run" in done.stderr


def test_all_but_the_coverage_gate_is_switched_off_and_it_has_nothing_to_say(tmp_path: Path) -> None:
    text = 'skip = ["semgrep", "bandit", "pip-audit", "detect-secrets"]\n'
    run = scan(write(tmp_path / "p", {"app.py": FLAW, "mcpquality.toml": text}))
    assert run.code == 3
    run.says("nothing was looked at", "bandit is switched off by mcpquality.toml")


def test_everything_is_excluded(tmp_path: Path) -> None:
    run = scan(write(tmp_path / "p", {"app.py": FLAW, "mcpquality.toml": 'exclude = ["*"]\n'}))
    assert run.code == 3
    run.says('exclude = ["*"]', "nothing was looked at")


def test_the_tools_own_files_in_the_tree_hide_nothing(tmp_path: Path) -> None:
    served = (
        'import os\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP("x")\n@mcp.tool()\ndef f(a: str) -> None:\n'
    )
    files = {
        "src/app.py": FLAW,
        "src/server.py": f"{served}    os.system(a)\n",
        "conf.py": 'KEY = "AKIAQ3EGV7PLANTEDKEY"\n',
        ".semgrepignore": "*\n",
        "src/.semgrepignore": "*\n",
        ".bandit": "[bandit]\nskips = B602,B605\nexclude = src\n",
        "pyproject.toml": '[tool.bandit]\nskips = ["B602"]\nexclude_dirs = ["src"]\n',
        ".secrets.baseline": "{}",
        ".gitattributes": "* linguist-vendored\n",
    }
    run = scan(write(tmp_path / "tests" / "vendor", files))
    assert run.code == 1
    found = {(rule, path) for rule, path, _ in run.places()}
    assert {("B602", "src/app.py"), ("mcp-command-injection", "src/server.py"), ("aws-access-key", "conf.py")} <= found


@pytest_posix
def test_what_is_incomplete_is_accepted_by_name_alone_and_shown(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {**CLEAN, "broken.py": "def broken(:\n"})
    both = (*BANDIT, "--scanner", "detect-secrets")
    refused = scan(root, *both, "--allow-incomplete", "semgrep")
    assert refused.code == 3
    accepted = scan(root, *both, "--allow-incomplete", "bandit")
    assert accepted.code == 0
    accepted.says("Accepted as incomplete: bandit", "broken.py", "allow-incomplete")


# Trees that nobody thought of --------------------------------------------------------------------------------


@pytest.mark.parametrize("git", [False, True], ids=["folder", "repository"])
def test_an_empty_folder(git: bool, tmp_path: Path) -> None:
    root = tmp_path / "p"
    root.mkdir()
    if git:
        subprocess.run(["git", "init", "-q", root], check=True)
    run = scan(root)
    assert run.code == 3
    run.says("nothing was looked at")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are not bytes")
def test_a_hostile_tree(tmp_path: Path) -> None:
    names = ["new\nline.py", "quo\"te's $(x).py", "-r.py", "::error::x.py", "<b>&.py", os.fsdecode(b"b\xff.py")]
    files: dict[str, str | bytes] = dict.fromkeys(names, FLAW)
    files |= {
        "utf16.py": FLAW.encode("utf-16"),
        "nul.py": b"x = 1\0\n",
        "binary.py": bytes(range(256)),
        "deep/" * 60 + "x.py": FLAW,
    }
    root = write(tmp_path / "p", files)
    (root / "loop").symlink_to(".")
    (root / "self").symlink_to("self")
    (root / "out.py").symlink_to("/etc/passwd")
    os.mkfifo(root / "fifo.py")
    run = scan(root, timeout=100)
    assert run.code == 1
    seen = set(run.scanner("bandit")["seen"])
    shown = [name.encode("utf-8", "backslashreplace").decode() for name in [*names, "deep/" * 60 + "x.py"]]
    assert len(seen) == len(shown), seen
    for name in ("utf16.py", "nul.py", "binary.py"):
        assert name in run.unseen("bandit"), name
    assert set(run.unseen("files")) >= {"self", "out.py", "fifo.py"}
    run.says("utf16.py", "nul.py", "binary.py", "out.py", "fifo.py", "self")
    assert len(run.places("bandit")) >= len(shown)
    # A file's name starts no line of its own and is no command to the runner that keeps the log.
    assert not [line for line in run.terminal.splitlines() if line.lstrip().startswith(("::error", "line.py"))]
    assert "<b>&.py" not in run.html


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser can read everything")
def test_what_must_not_be_read_is_named(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"secret.py": FLAW, "locked/a.py": FLAW, "good.py": "x = 1\n"})
    (root / "secret.py").chmod(0)
    (root / "locked").chmod(0)
    try:
        run = scan(root, *BANDIT, "--scanner", "semgrep", "--scanner", "detect-secrets")
    finally:
        (root / "locked").chmod(0o755)
    assert run.code == 3
    run.says("secret.py", "locked")


@pytest_posix
def test_the_disk_is_full_where_the_reports_go(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"app.py": "x = 1\n"})
    # No file may grow beyond 16 blocks of 512 or 1024 bytes: the page is larger, what the tools are handed is not.
    # Coverage of our own code is not measured here: it could not be written either.
    env = environment({"PYTHONDONTWRITEBYTECODE": "1"})
    env = {name: value for name, value in env.items() if not name.startswith("COVERAGE_")}
    command = f"ulimit -f 16; exec {' '.join(COMMAND)} scan p {' '.join(BANDIT)} --format terminal --format html=r.html"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert "the report 'r.html' could not be written: File too large" in done.stderr
    assert "Passed" in done.stdout  # the verdict was reached, and the exit code says that not all could be told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p"]
    assert root.is_dir()
