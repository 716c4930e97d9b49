"""Ctrl-C and its kin in the middle of a scan: over at once, nothing left running, what was found is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.support.command import COMMAND, environment, stand_ins, write

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.usefixtures("installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there"),
]

AT_ONCE = 5.0
"""Seconds: it takes less than one, but the machine may be busy."""

MARK = "MARK_OF_A_TEST"
SECRET = 'KEY = "AKIAQ3EGV7PLANTEDKEY"\n'

# Its child and itself want to go on whatever they are told politely.
STUBBORN = "trap '' TERM INT HUP\nsleep 600 &\nsleep 600\nsleep 600"


def scanning(root: Path, env: dict[str, str], *options: str) -> AbstractContextManager[subprocess.Popen[str]]:
    formats = ("--format=terminal", f"--format=json={root.parent / 'r.json'}")
    return running(root.parent, env, "scan", str(root), *formats, *options)


@contextmanager
def running(folder: Path, env: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        # A test that waits for what never comes fails instead.
        patience = threading.Timer(60, process.kill)
        patience.start()
        try:
            yield process
        finally:
            patience.cancel()
            process.kill()


def wait_for(process: subprocess.Popen[str], *beginnings: str) -> None:
    """Read progress until a line with each of the beginnings has come."""
    missing = set(beginnings)
    assert process.stderr is not None
    for line in process.stderr:
        missing -= {beginning for beginning in missing if line.startswith(beginning)}
        if not missing:
            return
    pytest.fail(f"it ended before it said {missing}")


def end(process: subprocess.Popen[str], *numbers: signal.Signals) -> tuple[str, str]:
    """Send the signals; what it says until it has ended, which must be soon."""
    started = time.monotonic()
    for number in numbers:
        process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - started < AT_ONCE
    assert process.returncode == 130, (out, err)
    assert "Traceback" not in out + err
    return out, err


def left_running(mark: str) -> list[str]:
    """Command lines of the processes that have the mark in their environment, or at least of a stand-in's."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue  # it has ended, or belongs to somebody else
    return found


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_was_found_is_kept_and_nothing_is_left_running(name: str, mark: str, tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"app.py": "x = 1\n", "conf.py": SECRET})
    started = tmp_path / "started"
    variables = stand_ins(tmp_path / "bin", ("bandit",), f"echo $$ > {started}\n{STUBBORN}")
    options = ("--scanner", "bandit", "--scanner", "detect-secrets", "--jobs", "4")
    with scanning(root, variables | {MARK: mark}, *options) as process:
        wait_for(process, "bandit: started", "detect-secrets: complete")
        if Path("/proc/self/environ").exists():
            assert left_running(mark), "the test would not see what is left"
        out, _ = end(process, signal.Signals[name])
    assert left_running(mark) == []
    assert "Interrupted." in out
    document = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert document["interrupted"] is True
    assert document["verdict"] == "failed"
    assert [finding["rule"] for finding in document["findings"]] == ["aws-access-key"]
    (bandit,) = (scanner for scanner in document["scanners"] if scanner["scanner"] == "bandit")
    assert (bandit["status"], bandit["problems"]) == ("error", ["interrupted before it was done"])


def test_nothing_found_yet_is_not_green(mark: str, tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"app.py": "x = 1\n"})
    variables = stand_ins(tmp_path / "bin", ("bandit",), STUBBORN)
    with scanning(root, variables | {MARK: mark}, "--scanner", "bandit") as process:
        wait_for(process, "bandit: started")
        out, _ = end(process, signal.SIGINT)
    assert left_running(mark) == []
    assert "Passed" not in out
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["verdict"] == "incomplete"


def test_an_impatient_user_gets_the_same_end(mark: str, tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"app.py": "x = 1\n"})
    variables = stand_ins(tmp_path / "bin", ("bandit",), STUBBORN)
    with scanning(root, variables | {MARK: mark}, "--scanner", "bandit") as process:
        wait_for(process, "bandit: started")
        out, _ = end(process, signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGINT)
    assert left_running(mark) == []
    assert "Interrupted." in out
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["interrupted"] is True


def test_the_real_tools_leave_nothing_running(mark: str, tmp_path: Path) -> None:
    served = "from mcp.server.fastmcp import FastMCP\n" + "".join(
        f"def f{n}(a, b):\n    return a + b * {n}\n" for n in range(300)
    )
    root = write(tmp_path / "p", {f"m{number}.py": served for number in range(300)})
    with scanning(root, {MARK: mark}) as process:
        wait_for(process, "semgrep: started", "bandit: started", "detect-secrets: started")
        end(process, signal.SIGINT)
    assert left_running(mark) == []
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["interrupted"] is True


def test_the_demonstration_is_no_exception(mark: str, tmp_path: Path) -> None:
    with running(tmp_path, {MARK: mark}, "demo") as process:
        wait_for(process, "bandit: started")
        out, _ = end(process, signal.SIGINT)
    assert left_running(mark) == []
    assert "Interrupted." in out
    assert "because the flaws are planted" not in out


def test_an_installation_that_is_cut_short_is_made_good(mark: str, tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"app.py": "x = 1\n"})
    env = {MARK: mark, "MCPQUALITY_CACHE_DIR": str(tmp_path / "cache")}
    env |= {name: os.environ.get(name, "") for name in environment() if name.lower().endswith("_proxy")}
    with scanning(root, env, "--scanner", "bandit") as process:
        wait_for(process, "bandit: installing bandit")
        end(process, signal.SIGINT)
    assert left_running(mark) == []
    with scanning(root, env, "--scanner", "bandit") as process:
        out, _ = process.communicate(timeout=300)
        assert process.returncode == 0, out
    with scanning(root, env, "--scanner", "bandit") as process:
        _, err = process.communicate(timeout=60)
        assert "installing" not in err
