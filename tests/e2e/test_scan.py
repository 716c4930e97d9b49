"""One command on a small project: what goes where, in which order, and what it ends with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import COMMAND, FLAW, Run, environment, mcpquality, scan, write

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("installed")]

SECRET = 'KEY = "AKIAQ3EGV7PLANTEDKEY"\n'
FAST = ("--scanner", "bandit", "--scanner", "detect-secrets")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project") / "shop"
    return write(root, {"app.py": FLAW, "conf.py": SECRET, "clean.py": "x = 1\n"})


@pytest.fixture(scope="module")
def first(project: Path, installed: None) -> Run:  # noqa: ARG001 - for its effect
    return scan(project)


def test_every_scanner_has_looked_and_the_verdict_is_right(first: Run) -> None:
    assert first.code == 1
    statuses = {scanner["scanner"]: scanner["status"] for scanner in first.document["scanners"]}
    # Other tools may be on this machine's PATH.
    assert statuses == statuses | {
        "semgrep": "complete",
        "bandit": "complete",
        "pip-audit": "not applicable",
        "detect-secrets": "complete",
        "coverage": "off",
    }
    assert {("B602", "app.py", 5), ("aws-access-key", "conf.py", 1)} <= first.places()
    first.says("B602", "aws-access-key", "app.py", "2 of 3 gates failed")


def test_a_secret_is_in_no_report(first: Run) -> None:
    for text in (first.terminal, first.progress, first.json, first.sarif, first.html):
        assert "AKIAQ3EGV7PLANTEDKEY" not in text


def test_the_terminal_report_ends_with_the_verdict(first: Run) -> None:
    last = first.terminal.strip().splitlines()[-1]
    assert last.strip().startswith("FAILED")


def test_progress_goes_to_standard_error_a_line_at_a_time(first: Run) -> None:
    assert "bandit: started" in first.progress
    assert re.search(r"^bandit: complete, \d+ findings, \d+\.\d s$", first.progress, re.MULTILINE)
    assert "started" not in first.terminal
    assert "\x1b" not in first.progress + first.terminal


def test_nothing_is_left_in_the_project_or_the_temporary_folder(project: Path, tmp_path: Path) -> None:
    before = sorted(project.rglob("*"))
    assert mcpquality("scan", project, "-q", *FAST, cwd=tmp_path, env={"TMPDIR": str(tmp_path)}).returncode == 1
    assert sorted(project.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []


def test_the_same_project_gives_the_same_bytes_but_for_the_times(project: Path, first: Run) -> None:
    def steady(text: str) -> str:
        text = re.sub(r'"(started|seconds)": [^,\n}]+', r'"\1": 0', text)
        return re.sub(r"mcpquality-[\w]{8}/", "scratch/", text)

    again = scan(project)
    assert steady(again.json) == steady(first.json)


def test_json_on_standard_output_is_nothing_but_json(project: Path, tmp_path: Path) -> None:
    done = mcpquality("scan", project, *FAST, "--format", "json", cwd=tmp_path)
    assert json.loads(done.stdout)["verdict"] == "failed"
    assert "bandit: started" in done.stderr


def test_quiet_says_what_failed_and_no_more(project: Path, tmp_path: Path) -> None:
    done = mcpquality("scan", project, *FAST, "-q", cwd=tmp_path)
    assert done.stderr == ""
    assert "app.py:5:5 B602" in done.stdout
    assert "import_subprocess" not in done.stdout
    assert done.stdout.strip().splitlines()[-1].strip().startswith("FAILED")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}], ids=["colours", "NO_COLOR"])
def test_on_a_terminal_there_are_spinners_and_colours_unless_they_are_not_wanted(
    project: Path, tmp_path: Path, variables: dict[str, str]
) -> None:
    import pty  # noqa: PLC0415 - not everywhere

    ours, theirs = pty.openpty()
    env = environment({"TERM": "xterm-256color", "COLUMNS": "100", **variables})
    with subprocess.Popen(
        [*COMMAND, "scan", str(project), "--scanner", "bandit"], cwd=tmp_path, env=env, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        assert process.wait(60) == 1
    os.close(ours)
    text = shown.decode()
    assert "\x1b[?25l" in text  # the cursor is hidden while the spinners turn ...
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # ... and is back
    assert "bandit" in text
    assert "started" not in text
    coloured = re.search(r"\x1b\[[\d;]*(3[1-7]|38)[;m]", text)
    assert bool(coloured) is not bool(variables)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux: the other side is closed
        return b""


def test_two_documents_on_standard_output_are_refused(project: Path, tmp_path: Path) -> None:
    done = mcpquality("scan", project, "--format", "json", "--format", "terminal", cwd=tmp_path)
    assert done.returncode == 2
    assert "two reports would go to standard output" in done.stderr
    assert done.stdout == ""


def test_the_threshold_decides(project: Path, tmp_path: Path) -> None:
    write(tmp_path / "mild", {"app.py": "import subprocess\n"})  # B404, low
    passed = mcpquality("scan", tmp_path / "mild", "-q", "--scanner", "bandit", cwd=tmp_path)
    assert (passed.returncode, "Passed" in passed.stdout) == (0, True)
    failed = mcpquality("scan", tmp_path / "mild", "-q", "--scanner", "bandit", "--fail-on", "LOW", cwd=tmp_path)
    assert failed.returncode == 1
    lenient = scan(project, "--scanner", "bandit", "--fail-on", "critical", reports=tmp_path)
    assert lenient.code == 0
    lenient.says("fail-on", "--fail-on")


def test_reports_of_the_last_run_are_no_new_findings(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"conf.py": SECRET})
    before = scan(root, "--scanner", "detect-secrets", reports=root)
    after = scan(root, "--scanner", "detect-secrets", reports=root)
    assert before.code == after.code == 1
    assert after.document["findings"] == before.document["findings"]


@pytest.mark.skipif(os.name != "posix", reason="links need rights there")
def test_two_scans_that_start_at_once_share_one_installation(tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"app.py": FLAW})
    # The registry is needed here: both start from an empty cache.
    env = {name: value for name, value in environment().items() if not name.lower().endswith("_proxy")}
    env |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    env["MCPQUALITY_CACHE_DIR"] = str(tmp_path / "cache")
    command = [*COMMAND, "scan", str(root), "--scanner", "bandit", "--format", "json"]
    both = [
        subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [1, 1], outputs
    assert all(b"B602" in out for out, _ in outputs)
    assert sum(b"installing bandit" in err for _, err in outputs) == 1
    doctor = mcpquality(
        "tools", "doctor", "bandit", cwd=tmp_path, env={"MCPQUALITY_CACHE_DIR": str(tmp_path / "cache")}
    )
    assert (doctor.returncode, "whole" in doctor.stdout) == (0, True)
