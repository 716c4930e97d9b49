"""The command line in this process and, where streams and signals matter, as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_mcpquality import __version__
from pytest_mcpquality.cli import main, parser

COMMAND = (sys.executable, "-m", "pytest_mcpquality")
BEHAVE = "MCPQUALITY_SCANNERS__FAKE__BEHAVE"


def scan(project: Path, *more: str) -> int:
    """Scan with the plugin's scanner alone."""
    return main(["scan", str(project), "--scanner", "fake", *more])


def run(arguments: Sequence[str], plugin: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(plugin or "")} | variables
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, encoding="utf-8", env=env, timeout=60, check=False
    )


# Arguments ---------------------------------------------------------------------------------------------------


def test_every_option_of_scan() -> None:
    words = (
        "scan src --scanner bandit --scanner semgrep --skip coverage --fail-on MEDIUM --format json "
        "--format html=r.html --config c.toml --jobs 3 --timeout 1.5 --offline --allow-incomplete semgrep "
        "-v --no-color --since main --no-docs"
    )
    given = vars(parser().parse_args(words.split()))
    assert given.pop("parser").prog == "mcpquality scan"
    assert given == {
        "command": "scan",
        "path": "src",
        "scanner": ["bandit", "semgrep"],
        "skip": ["coverage"],
        "fail_on": "medium",
        "format": ["json", "html=r.html"],
        "config": Path("c.toml"),
        "compare": None,
        "jobs": 3,
        "timeout": 1.5,
        "offline": True,
        "docs": False,
        "allow_incomplete": ["semgrep"],
        "since": "main",
        "quiet": False,
        "verbose": True,
        "no_color": True,
    }


def test_scan_without_options_leaves_everything_to_the_configuration() -> None:
    given = vars(parser().parse_args(["scan"]))
    del given["parser"]
    assert given.pop("path") == "."
    assert given.pop("command") == "scan"
    assert not any(given.values())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("demo", {"folder": None}),
        ("demo here -q", {"folder": Path("here"), "quiet": True}),
        ("explain B602", {"rule": "B602"}),
        ("tools list", {"action": "list", "names": []}),
        ("tools install bandit semgrep", {"action": "install", "names": ["bandit", "semgrep"]}),
        ("tools doctor semgrep", {"action": "doctor", "names": ["semgrep"]}),
        ("init", {"path": "."}),
        ("config src --config c.toml", {"path": "src", "config": Path("c.toml")}),
    ],
)
def test_arguments_of_the_other_commands(words: str, expected: dict[str, object]) -> None:
    given = vars(parser().parse_args(words.split()))
    assert given.items() >= expected.items()
    assert given["command"] == words.split(maxsplit=1)[0]


@pytest.mark.parametrize("command", ["scan", "demo", "explain", "tools", "tools list", "init", "config"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--help"]) == 0
    assert f"usage: mcpquality {command}" in capsys.readouterr().out


def test_help_says_where_to_start_and_what_the_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert "mcpquality demo" in text
    assert "incomplete is never green" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "COMMAND"),
        ("scna", "'scan'"),
        ("tools", "ACTION"),
        ("tools remove", "'install'"),
        ("explain", "RULE"),
        ("scan --formt json", "did you mean --format?"),
        ("scan . --output x", "unrecognized arguments: --output"),
        ("config --fail-on high", "usage: mcpquality config"),
        ("scan --fail-on hihg", "'high'"),
        ("scan --jobs many", "--jobs"),
        ("scan --timeout soon", "--timeout"),
        ("scan -q -v", "not allowed with"),
        ("scan --form json", "did you mean --format?"),
        ("scan a b", "unrecognized arguments: b"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_would_be_right(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


# Exit codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        ("clean", 0, "Passed"),
        ("finding", 1, "FAKE1"),
        ("blind", 3, "looked at nothing"),
        ("refuse", 3, "the fake tool refuses"),
        ("crash", 3, "ZeroDivisionError: nobody caught this"),
    ],
)
@pytest.mark.usefixtures("plugin")
def test_the_exit_code_is_the_verdict(
    behaviour: str,
    code: int,
    said: str,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(BEHAVE, behaviour)
    assert scan(project) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nowhere", "'nowhere' does not exist"),
        ("project/app.py", "is not a folder"),
        ("project --scanner bandti", "did you mean bandit?"),
        ("project --skip semgerp", "did you mean semgrep?"),
        ("project --allow-incomplete bandti", "did you mean bandit?"),
        ("project --format jsn", "did you mean json?"),
        ("project --format json --format terminal", "two reports would go to standard output"),
        ("project --format json=", "no usable path"),
        ("project --config missing.toml", "missing.toml cannot be read"),
        ("project --jobs -1", "--jobs must be at least 0"),
        ("project --timeout 0", "--timeout must be at least 1"),
        ("project --timeout nan", "--timeout must be a number"),
        ("project --scanner bandit --skip bandit", "bandit is selected, and switched off"),
    ],
)
@pytest.mark.usefixtures("plugin")
def test_what_cannot_be_meant_ends_with_2_before_anything_runs(
    words: str,
    said: str,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(project.parent)
    assert main(["scan", *words.split()]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("mcpquality: ")
    assert said in captured.err
    assert captured.out == ""


@pytest.mark.usefixtures("plugin")
def test_a_malformed_configuration_ends_with_2_and_names_the_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "mcpquality.toml").write_text("[scanners.fake]\nbehave = \n", encoding="utf-8")
    assert scan(project) == 2
    assert "line 2" in capsys.readouterr().err


def test_a_path_that_no_file_system_takes_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "a\0b"]) == 2
    assert main(["scan", "x" * 5000]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("plugin")
def test_interrupted_ends_with_130(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(BEHAVE, "interrupt")
    assert scan(project) == 130
    said = capsys.readouterr().out
    assert "Interrupted." in said
    assert "interrupted before it was done" in said
    assert "Passed" not in said


@pytest.mark.usefixtures("plugin")
def test_a_bug_is_told_in_a_sentence_and_ends_with_3(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_BUG", "1")
    assert scan(project) == 3
    said = capsys.readouterr().err
    assert "internal error: RuntimeError: a bug nobody foresaw" in said
    assert "Traceback" not in said
    assert scan(project, "-v") == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.usefixtures("plugin")
def test_a_bug_in_another_command_is_told_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "FAKE0"]) == 3
    assert "internal error: RuntimeError" in capsys.readouterr().err


@pytest.mark.usefixtures("plugin")
def test_ctrl_c_before_anything_runs_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "FAKE2"]) == 130
    assert capsys.readouterr().err == "mcpquality: interrupted\n"


@pytest.mark.usefixtures("plugin")
def test_a_report_that_cannot_be_written_is_no_green(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scan(project, "--format", "terminal", "--format", "json=missing/r.json") == 3
    captured = capsys.readouterr()
    assert "missing/r.json" in captured.err
    assert "Passed" in captured.out


def test_a_temporary_folder_that_is_not_there_is_told_in_a_sentence(project: Path, plugin: Path) -> None:
    if os.name != "posix":
        pytest.skip("elsewhere the temporary folder has another say")
    # Every candidate for temporary files is out of reach when files may not grow beyond nothing. Coverage of our own
    # code is not measured here: it could not be written either.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    limited = f"ulimit -f 0; exec {' '.join(COMMAND)} scan {project} --scanner fake -q"
    done = subprocess.run(
        ["sh", "-c", limited],
        capture_output=True,
        encoding="utf-8",
        env=env | {"PYTHONPATH": str(plugin), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert "temporary" in done.stderr
    assert "Traceback" not in done.stderr


# Streams -----------------------------------------------------------------------------------------------------


def test_version_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom pytest_mcpquality.cli import main\ncode = main(['--version'])\n"
        "print(code, *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
    )
    version, imported = done.stdout.splitlines()
    assert version == f"mcpquality {__version__}"
    assert imported.startswith("0 ")
    heavy = {"rich", "jinja2", "pygments", "pluggy", "asyncio", "cvss", "filelock", "platformdirs", "tomllib", "uv"}
    assert heavy.isdisjoint(imported.split())


BUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


@BUFFERED
def test_a_reader_that_went_away_is_no_error_message_and_no_green(unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "explain", "B602"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (3, b"")


@BUFFERED
def test_a_full_disk_under_standard_output_is_named_and_no_green(unbuffered: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "explain", "B602"],
            stdout=full,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="the shell's way to close a stream")
def test_progress_does_not_stray_into_standard_output_when_standard_error_is_closed(
    project: Path, plugin: Path
) -> None:
    command = f"exec {' '.join(COMMAND)} scan {project} --scanner fake --format json 2>&-"
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONPATH": str(plugin)},
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["verdict"] == "passed"


@pytest.mark.skipif(os.name != "posix", reason="the shell's way to close a stream")
def test_a_scan_without_standard_output_still_ends_as_its_verdict_says(project: Path, plugin: Path) -> None:
    command = f"exec {' '.join(COMMAND)} scan {project} --scanner fake >&-"
    env = os.environ | {"PYTHONPATH": str(plugin), BEHAVE: "finding"}
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, encoding="utf-8", timeout=60, check=False, env=env
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_progress_into_a_log_that_nobody_reads_costs_no_scan(project: Path, plugin: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "scan", str(project), "--scanner", "fake", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=writing,
        env=os.environ | {"PYTHONPATH": str(plugin)},
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert json.loads(done.stdout)["verdict"] == "passed"
    assert done.returncode == 0


def test_names_that_the_terminal_cannot_show_do_not_end_the_run(tmp_path: Path, plugin: Path) -> None:
    folder = tmp_path / "proj\u00e9ct \u2713"
    folder.mkdir()
    (folder / "\u2713.py").write_text("x = 1\n", encoding="utf-8")
    arguments = ["scan", str(folder), "--scanner", "fake"]
    variables = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", BEHAVE: "finding"}
    shown = run(arguments, plugin, **variables)
    assert shown.returncode == 1
    assert "\\u2713.py" in shown.stdout
    document = run([*arguments, "--format", "json"], plugin, **variables)
    assert json.loads(document.stdout)["findings"][0]["location"]["path"] == "\u2713.py"


def test_standard_output_holds_the_report_and_nothing_else(project: Path, plugin: Path) -> None:
    done = run(["scan", str(project), "--scanner", "fake", "--format", "json"], plugin)
    assert json.loads(done.stdout)["verdict"] == "passed"
    assert "fake: started" in done.stderr
    assert "fake: complete, 0 findings" in done.stderr


@pytest.mark.usefixtures("plugin")
def test_quiet_is_quiet(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(BEHAVE, "finding")
    page = project.parent / "r.html"
    assert scan(project, "-q", "--format", "terminal", "--format", f"html={page}") == 1
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "FAKE1" in captured.out
    assert "Scanner" not in captured.out
    assert page.exists()


@pytest.mark.usefixtures("plugin")
def test_no_color_wins_over_forced_colours(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    scan(project)
    assert "\x1b[" in capsys.readouterr().out
    scan(project, "--no-color")
    assert "\x1b[3" not in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    scan(project)
    assert "\x1b[3" not in capsys.readouterr().out
