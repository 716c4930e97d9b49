"""`pytest --mcp-health` in runs of pytest as its users have them: in this process where that makes no difference."""

from __future__ import annotations

import asyncio
import json

import pytest

import pytest_mcpquality.health_plugin  # noqa: F401 - pytester forgets what its runs import, and this takes a while
from tests.support.mcp_projects import script, write_servers

pytestmark = pytest.mark.e2e
pytest_plugins = ["pytester"]

SETTINGS = "[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n"
PASSES = "def test_passes():\n    pass\n"
FAILS = "def test_fails():\n    assert False\n"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project whose one server is as it should be."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("MCPQUALITY_HEALTH__CALL_LIMIT", "20")  # on a busy machine all servers are slow
    pytester.makefile(".ini", pytest=SETTINGS)
    pytester.makepyfile(test_it=PASSES)
    servers(pytester, "tidy.py")
    return pytester


def servers(pytester: pytest.Pytester, *arguments: str) -> None:
    write_servers(pytester.path, {"one": script(*arguments)})


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)


def test_a_healthy_server_and_tests_that_pass(project: pytest.Pytester) -> None:
    done = run(project, "--mcp-health", "--mcp-health-report", "json=r.json")
    assert done.ret == pytest.ExitCode.OK
    done.stdout.fnmatch_lines(
        [
            "mcp health: one (fails on high)",
            "mcp health: mcp:one: looked at in * s",
            "mcp health: Passed: 1 of 1 gates passed.",
            "collected 1 item",
            "*= mcp health =*",
            "passed  mcp:one: 0 at or over high (limit: 0 at or over high)",
            " PASSED  Passed: 1 of 1 gates passed.",
            "*1 passed in *",
        ]
    )
    done.stderr.fnmatch_lines(["mcpquality: wrote r.json"])
    assert json.loads((project.path / "r.json").read_text(encoding="utf-8"))["verdict"] == "passed"


def test_an_unhealthy_server_fails_tests_that_pass(project: pytest.Pytester) -> None:
    servers(project, "raw.py", "die-at-start")
    done = run(project, "--mcp-health")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(
        ["*exited with 3: ModuleNotFoundError: foo*", " FAILED  Failed: 1 of 1*", "*1 passed in*"]
    )


def test_an_incomplete_look_fails_too(project: pytest.Pytester) -> None:
    write_servers(project.path, {"one": {"command": "${NOT_SET_ANYWHERE}"}})
    done = run(project, "--mcp-health", "-q")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*INCOMPLETE  Incomplete: nothing failed, but mcp:one did not see everything."])


@pytest.mark.parametrize("name", ["nothing", "all of them off"])
def test_asked_for_with_no_server_it_fails(project: pytest.Pytester, name: str) -> None:
    write_servers(project.path, {"one": {"command": "x", "disabled": True}} if "off" in name else {})
    done = run(project, "--mcp-health")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["mcp health: no server*", " INCOMPLETE  Incomplete: *", "*1 passed in*"])


@pytest.mark.parametrize(("arguments", "code"), [(("tidy.py",), 0), (("raw.py", "die-at-start"), 1)])
def test_without_tests_the_gate_alone_decides(project: pytest.Pytester, arguments: tuple[str, ...], code: int) -> None:
    servers(project, *arguments)
    (project.path / "empty").mkdir()
    assert run(project, "--mcp-health", "empty").ret == code


def test_tests_that_fail_stay_failed(project: pytest.Pytester) -> None:
    project.makepyfile(test_it=FAILS)
    done = run(project, "--mcp-health")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines([" PASSED  Passed: 1 of 1 gates passed.", "*1 failed in*"])


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("import pytest\ndef test_it():\n    pytest.exit('enough', returncode=3)\n", pytest.ExitCode.INTERNAL_ERROR),
        ("import pytest\ndef test_it():\n    raise pytest.UsageError('no')\n", pytest.ExitCode.TESTS_FAILED),
        ("1 +\n", pytest.ExitCode.INTERRUPTED),
    ],
)
def test_what_pytest_itself_ends_with_is_never_masked(project: pytest.Pytester, test: str, code: int) -> None:
    servers(project, "raw.py", "die-at-start")
    (project.path / "test_it.py").write_text(test, encoding="utf-8")
    done = run(project, "--mcp-health")
    assert done.ret == code
    done.stdout.fnmatch_lines(["*Failed: 1 of 1 gates failed: mcp:one*"])


def test_an_interruption_is_never_masked(project: pytest.Pytester) -> None:
    servers(project, "raw.py", "die-at-start")
    project.makepyfile(test_it="def test_it():\n    raise KeyboardInterrupt\n")
    # In this process pytester would pass it on to this very run.
    done = project.runpytest_subprocess("--mcp-health", "-p", "no:cacheprovider", timeout=180)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(["*Failed: 1 of 1 gates failed: mcp:one*"])


def test_a_path_that_is_not_there_stays_a_wrong_usage(project: pytest.Pytester) -> None:
    servers(project, "raw.py", "die-at-start")
    assert run(project, "--mcp-health", "no-such-folder").ret == pytest.ExitCode.USAGE_ERROR


def test_with_xdist_it_runs_once_on_the_controller(project: pytest.Pytester) -> None:
    servers(project, "raw.py", "die-at-start")
    done = run(project, "--mcp-health", "-n", "2")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert done.stdout.str().count("mcp:one: looked at in") == 1
    done.stdout.fnmatch_lines(["*= mcp health =*", "*1 passed in*"])


def test_while_tests_are_only_collected_it_does_not_run(project: pytest.Pytester) -> None:
    servers(project, "raw.py", "die-at-start")
    done = run(project, "--mcp-health", "--collect-only")
    assert done.ret == pytest.ExitCode.OK
    done.stdout.fnmatch_lines(["mcp health: not run, since tests are only collected"])
    done.stdout.no_fnmatch_line("*exited with 3*")


def test_without_a_summary_the_verdict_is_said_all_the_same(project: pytest.Pytester) -> None:
    servers(project, "raw.py", "die-at-start")
    done = run(project, "--mcp-health", "--no-summary", "-q")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*Failed: 1 of 1 gates failed: mcp:one*"])
    assert run(project, "--mcp-health", "-p", "no:terminal").ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--mcp-health-timeout", "5"), "--mcp-health-timeout has no effect without --mcp-health: add it"),
        (("--mcp-health", "--mcp-health-report", "json"), "the report 'json' needs a file under pytest: json=FILE"),
        (("--mcp-health", "--mcp-health-timeout", "0"), "--mcp-health-timeout must be at least 1, not 0.0"),
        (("--mcp-health", "--mcp-health-server", "nobody"), "there is no server 'nobody', and no such command"),
        (("--mcp-health", "--mcp-health-lock", "none"), "there is no lock file none: write it with --update-lock"),
        (("--mcp-health", "--mcp-health-fail-on", "never"), "invalid choice: 'never'"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_started(
    project: pytest.Pytester, arguments: tuple[str, ...], says: str
) -> None:
    done = run(project, *arguments)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert says in done.stderr.str()
    done.stdout.no_fnmatch_line("*looked at*")


def test_the_lock_file_is_written_and_compared(project: pytest.Pytester) -> None:
    done = run(project, "--mcp-health", "--mcp-health-update-lock")
    assert done.ret == pytest.ExitCode.OK
    done.stderr.fnmatch_lines(["mcpquality: wrote mcp.lock.json: 1 locked*"])
    servers(project, "tidy.py", "other-")
    done = run(project, "--mcp-health")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*mcp-contract-breaking-drift*"])


def test_a_lock_file_or_report_that_cannot_be_written_is_not_green(project: pytest.Pytester) -> None:
    done = run(project, "--mcp-health", "--mcp-health-update-lock", "--mcp-health-lock", "no/folder/lock.json")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stderr.fnmatch_lines(["mcpquality: *lock.json*"])
    assert run(project, "--mcp-health", "--mcp-health-report", "json=no/folder/r.json").ret == 1


def test_it_runs_where_a_loop_runs_already(project: pytest.Pytester) -> None:
    async def in_a_notebook() -> pytest.RunResult:
        return run(project, "--mcp-health", "-p", "no:asyncio", "-W", "default")

    assert asyncio.run(in_a_notebook()).ret == pytest.ExitCode.OK


def test_the_tests_have_the_loop_and_the_signals_that_they_would_have_without_it(project: pytest.Pytester) -> None:
    project.makeconftest("import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)\n")
    project.makepyfile(
        test_it="""
        import asyncio, signal, warnings

        def test_it():
            assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, None)
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                asyncio.get_event_loop_policy().get_event_loop().close()
        """
    )
    (project.path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    done = project.runpytest_subprocess("--mcp-health", "-p", "no:asyncio", timeout=180)
    assert done.ret == pytest.ExitCode.OK, done.stdout.str()
