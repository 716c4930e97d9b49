"""Ctrl-C and its kin while servers are looked at: over soon, what was found is kept, and no server is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import COMMAND, environment
from tests.support.left_running import left_running
from tests.support.mcp_projects import script, write_servers

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="what is left cannot be seen here"),  # noqa: PTH110
]

PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio")


def interrupted(
    root: Path, mark: str, command: tuple[str, ...], ready: Callable[[str], bool], number: signal.Signals
) -> tuple[int, str]:
    """Start the command, send the signal once a line says so, and give what it ended with and said."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=root,
        env=environment({"PYTHONUNBUFFERED": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        patience = threading.Timer(60, process.kill)
        patience.start()
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if ready(line):
                assert left_running(mark), "the test would not see what is left"
                process.send_signal(number)
        code = process.wait()
        patience.cancel()
    return code, "".join(lines)


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def project(tmp_path: Path, mark: str) -> Path:
    hanging = script("raw.py", "hang-tools/list", "ignore-eof", "ignore-term", "child", "detached", mark=mark)
    write_servers(tmp_path, {"junk": script("raw.py", "banner", mark=mark), "hangs": hanging})
    (tmp_path / "test_it.py").write_text("def test_it():\n    raise AssertionError('it must not run')\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_command_keeps_what_was_found_and_leaves_nothing(project: Path, mark: str, name: str) -> None:
    command = (*COMMAND, "health", "--report", "terminal", "--report", "json=r.json")
    code, said = interrupted(
        project, mark, command, lambda line: line.startswith("mcp:junk: looked at"), signal.Signals[name]
    )
    assert code == 130, said
    assert left_running(mark) == []
    assert "Interrupted." in said
    assert "Traceback" not in said
    document = json.loads((project / "r.json").read_text(encoding="utf-8"))
    assert (document["interrupted"], document["verdict"]) == (True, "failed")
    assert "mcp-protocol-stdout" in {finding["rule"] for finding in document["findings"]}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_pytest_does_so_too(project: Path, mark: str, name: str) -> None:
    code, said = interrupted(
        project, mark, (*PYTEST, "--mcp-health"), lambda line: "mcp:junk: looked at" in line, signal.Signals[name]
    )
    assert code == pytest.ExitCode.INTERRUPTED, said
    assert left_running(mark) == []
    assert "Interrupted. Failed: " in said
    assert "it must not run" not in said
