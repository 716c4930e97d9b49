"""Real processes: small Python programs that behave as badly as tools do."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from mcpquality_scanners.base import Completed
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.process import GRACE, STDERR_KEPT, SystemProcessRunner, clean_environment

LONG = 60.0
"""Seconds after which something hangs that must not."""


def run(
    code: str,
    cwd: Path,
    *arguments: str,
    timeout: float = LONG,
    stdin: bytes = b"",
    runner: SystemProcessRunner | None = None,
) -> Completed:
    """Run a Python program to its end."""
    argv = (sys.executable, "-c", code, *arguments)
    return asyncio.run((runner or SystemProcessRunner()).run(argv, cwd=cwd, timeout=timeout, stdin=stdin))


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False if Path("/proc/self").exists() else _answers(pid)
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int) -> None:
    """A killed process needs a moment of the system's to be gone."""
    deadline = time.monotonic() + LONG
    while is_running(pid):
        assert time.monotonic() < deadline, f"{pid} is still running"
        os.sched_yield()


def read_pid(file: Path) -> int:
    return int(file.read_text(encoding="utf-8"))


# A grandchild that writes its pid and then ignores everything but SIGKILL; its pipes are its parent's, or none.
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
{extra}
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(os.getpid()))
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    time.sleep(60)
"""
LEAVE_PIPES = "os.close(0); os.close(1); os.close(2)"
LEAVE_GROUP = "os.setsid()"

# Starts the grandchild, waits until it runs, prints, and then does what {then} says.
PARENT = """
import os, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", sys.argv[2], sys.argv[1]])
grandchild.returncode = 0  # no warning about one that is left behind
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
print("what the parent says", flush=True)
{then}
"""


def parent(then: str) -> str:
    return PARENT.format(then=then)


def stubborn(extra: str = "") -> str:
    return STUBBORN.format(extra=extra)


def test_what_a_tool_says_and_how_it_ends_is_kept(tmp_path: Path) -> None:
    code = "import sys, os; print(os.getcwd()); print('oops', file=sys.stderr); sys.exit(7)"
    done = run(code, tmp_path)
    assert done.exit_code == 7
    assert done.stdout.decode().strip() == str(tmp_path.resolve())
    assert done.stderr == b"oops\n"
    assert not done.timed_out
    assert not done.overflowed
    assert done.command.argv == done.argv
    assert done.seconds > 0


def test_standard_input_is_handed_over_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8192  # two megabytes: far more than a pipe holds
    done = run("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", tmp_path, stdin=data)
    assert done.stdout == data


def test_a_tool_that_waits_for_input_gets_the_end_of_it_at_once(tmp_path: Path) -> None:
    assert run("import sys; print(repr(sys.stdin.read()))", tmp_path).stdout == b"''\n"


@pytest.mark.parametrize("code", ["pass", "import os; os.close(0); print(1)"])
def test_input_that_is_not_read_harms_nobody(tmp_path: Path, code: str) -> None:
    assert run(code, tmp_path, stdin=b"x" * 1_000_000).exit_code == 0


def test_of_a_huge_standard_error_the_end_is_kept(tmp_path: Path) -> None:
    code = f"import sys; sys.stderr.write('a' * {STDERR_KEPT * 4} + 'the end'); print('done')"
    done = run(code, tmp_path)
    assert done.exit_code == 0
    assert done.stdout == b"done\n"
    assert len(done.stderr) == STDERR_KEPT
    assert done.stderr.endswith(b"the end")


def test_a_large_output_up_to_the_cap_is_whole(tmp_path: Path) -> None:
    size = 5_000_000
    done = run(f"print('a' * {size - 1})", tmp_path, runner=SystemProcessRunner(stdout_cap=size))
    assert not done.overflowed
    assert done.exit_code == 0
    assert len(done.stdout) == size


def test_output_over_the_cap_ends_the_tool_and_gives_no_exit_code(tmp_path: Path) -> None:
    done = run("while True: print('a' * 10000)", tmp_path, runner=SystemProcessRunner(stdout_cap=100_000))
    assert done.overflowed
    assert not done.timed_out
    assert done.exit_code is None
    assert len(done.stdout) == 100_000


def test_a_byte_too_much_written_by_one_who_has_exited_is_too_much_too(tmp_path: Path) -> None:
    done = run("print('a' * 100)", tmp_path, runner=SystemProcessRunner(stdout_cap=100))
    assert done.overflowed
    assert done.exit_code is None


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_the_end_by_a_signal_is_a_negative_exit_code(tmp_path: Path, number: signal.Signals) -> None:
    code = f"""
import os, resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
os.kill(os.getpid(), {int(number)})
"""
    assert run(code, tmp_path).exit_code == -number


def test_time_up_ends_it_and_keeps_what_it_wrote(tmp_path: Path) -> None:
    done = run("import time; print('so far', flush=True); time.sleep(60)", tmp_path, timeout=1)
    assert done.timed_out
    assert done.exit_code is None
    assert done.stdout == b"so far\n"


def test_one_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    done = run(stubborn(), tmp_path, str(pid), timeout=1)
    assert done.timed_out
    wait_until_gone(read_pid(pid))


def test_time_up_without_a_second_to_spare_is_no_time_at_all(tmp_path: Path) -> None:
    assert run("import time; time.sleep(60)", tmp_path, timeout=0).timed_out


@pytest.mark.parametrize("extra", ["", LEAVE_PIPES], ids=["with our pipes", "without our pipes"])
def test_time_up_kills_a_grandchild_that_ignores_the_request_to_end(tmp_path: Path, extra: str) -> None:
    pid = tmp_path / "pid"
    done = run(parent("time.sleep(60)"), tmp_path, str(pid), stubborn(extra), timeout=2)
    assert done.timed_out
    wait_until_gone(read_pid(pid))


@pytest.mark.parametrize("extra", ["", LEAVE_PIPES], ids=["with our pipes", "without our pipes"])
def test_a_grandchild_left_behind_is_killed_and_not_waited_for(tmp_path: Path, extra: str) -> None:
    pid = tmp_path / "pid"
    done = run(parent("sys.exit(5)"), tmp_path, str(pid), stubborn(extra), timeout=LONG)
    assert done.exit_code == 5
    assert not done.timed_out
    assert done.stdout == b"what the parent says\n"
    assert done.seconds < LONG / 2
    wait_until_gone(read_pid(pid))


def test_all_a_tool_wrote_before_it_left_is_read_although_a_grandchild_holds_the_pipe(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = parent("os.set_blocking(1, True); sys.stdout.write('a' * 3_000_000); sys.stdout.flush()")
    done = run(code, tmp_path, str(pid), stubborn(), timeout=LONG)
    assert done.exit_code == 0
    assert len(done.stdout) == 3_000_000 + len("what the parent says\n")


@pytest.mark.parametrize("then", ["sys.exit(0)", "time.sleep(60)"], ids=["parent gone", "parent stays"])
def test_one_that_got_away_with_our_pipes_is_not_waited_for(tmp_path: Path, then: str) -> None:
    pid = tmp_path / "pid"
    try:
        done = run(parent(then), tmp_path, str(pid), stubborn(LEAVE_GROUP), timeout=2)
        assert done.seconds < LONG / 2
        assert done.stdout == b"what the parent says\n"
    finally:
        os.kill(read_pid(pid), signal.SIGKILL)


def test_one_that_got_away_and_writes_for_ever_is_not_listened_to_for_ever(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    chatty = stubborn(LEAVE_GROUP).replace("time.sleep(60)", "time.sleep(0.05); print('x', flush=True)")
    try:
        done = run(parent("sys.exit(0)"), tmp_path, str(pid), chatty, timeout=LONG)
        assert done.seconds < LONG / 2
        assert done.exit_code == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(read_pid(pid), signal.SIGKILL)


def test_one_that_closes_its_output_and_goes_on_is_waited_for(tmp_path: Path) -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(0.2); os._exit(4)"
    assert run(code, tmp_path).exit_code == 4


@pytest.mark.parametrize("then", ["time.sleep(60)", "sys.exit(0)"], ids=["parent stays", "parent gone"])
def test_cancelling_kills_everything_within_a_second(tmp_path: Path, then: str) -> None:
    pid = tmp_path / "pid"
    argv = (sys.executable, "-c", parent(then), str(pid), stubborn())
    # With the parent gone, cancelling meets the runner while it cleans up: no less is killed.

    async def cancelled() -> float:
        task = asyncio.create_task(SystemProcessRunner().run(argv, cwd=tmp_path, timeout=LONG))
        while not pid.exists() and not task.done():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(0.01)
        begun = time.monotonic()
        task.cancel()
        await asyncio.wait({task})
        return time.monotonic() - begun

    assert asyncio.run(cancelled()) < 1
    wait_until_gone(read_pid(pid))


def test_cancelling_twice_kills_no_less(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    argv = (sys.executable, "-c", stubborn(), str(pid))

    async def cancelled() -> None:
        task = asyncio.create_task(SystemProcessRunner().run(argv, cwd=tmp_path, timeout=LONG))
        while not pid.exists():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
        # The loop goes on until the process is reaped: what ends it outlives the caller that was cancelled twice.
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - tasks of the runner, which hands none out
            await asyncio.sleep(0.01)

    asyncio.run(cancelled())
    wait_until_gone(read_pid(pid))


@pytest.mark.parametrize("pause", [0, GRACE / 3], ids=["while it starts", "while it is ended"])
def test_cancelling_twice_while_it_starts_leaves_nothing_unclosed(
    tmp_path: Path, recwarn: pytest.WarningsRecorder, pause: float
) -> None:
    pid = tmp_path / "pid"
    argv = (sys.executable, "-c", stubborn(), str(pid))

    async def cancelled() -> None:
        task = asyncio.create_task(SystemProcessRunner().run(argv, cwd=tmp_path, timeout=LONG))
        await asyncio.sleep(0)  # the task has begun
        await asyncio.sleep(0)  # the process is there, its pipes are not connected yet
        task.cancel()
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.wait({task})
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - tasks of the runner, which hands none out
            await asyncio.sleep(0.01)

    asyncio.run(cancelled())
    gc.collect()
    assert _children() == []
    assert [str(warning.message) for warning in recwarn] == []


def test_cancelling_while_it_starts_leaves_nothing_running(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    argv = (sys.executable, "-c", stubborn(), str(pid))

    async def cancelled() -> bool:
        task = asyncio.create_task(SystemProcessRunner().run(argv, cwd=tmp_path, timeout=LONG))
        await asyncio.sleep(0)  # the task has begun
        await asyncio.sleep(0)  # the process is there, its pipes are not connected yet
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert asyncio.run(cancelled())
    if pid.exists():
        wait_until_gone(read_pid(pid))
    assert _children() == []


def test_cancelling_the_start_of_what_cannot_start_is_no_error(tmp_path: Path) -> None:
    async def cancelled() -> bool:
        task = asyncio.create_task(SystemProcessRunner().run(("/nonexistent",), cwd=tmp_path, timeout=LONG))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert asyncio.run(cancelled())


def _children() -> list[str]:
    """Processes of ours, zombies too; none where the system does not tell."""
    listed: list[str] = []
    for file in Path("/proc/self/task").glob("*/children"):
        listed += file.read_text(encoding="utf-8").split()
    return listed


def test_no_zombie_and_nothing_unclosed_is_left(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    before = _children()
    run("print(1)", tmp_path, stdin=b"x" * 1_000_000)
    run("import time; time.sleep(60)", tmp_path, timeout=0.2)
    run("while True: print('a' * 10000)", tmp_path, runner=SystemProcessRunner(stdout_cap=1000))
    gc.collect()
    assert _children() == before
    assert [str(warning.message) for warning in recwarn] == []


def test_many_at_once_do_not_mix(tmp_path: Path) -> None:
    async def all_of_them() -> list[Completed]:
        runner = SystemProcessRunner()
        code = "import sys; print(sys.argv[1])"
        runs = (
            runner.run((sys.executable, "-c", code, str(number)), cwd=tmp_path, timeout=LONG) for number in range(8)
        )
        return await asyncio.gather(*runs)

    assert [done.stdout for done in asyncio.run(all_of_them())] == [b"%d\n" % number for number in range(8)]


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (("/nonexistent/tool", "--json"), "tool could not be started"),
        (("no-such-command-anywhere",), "no-such-command-anywhere could not be started"),
        ((sys.executable, "-c", "pass\0"), "null byte"),
        ((sys.executable, "-c", "pass", "\ud800"), "could not be started"),
        ((sys.executable, *("x" * 100_000 for _ in range(100))), "could not be started"),
        (("/",), "could not be started"),
    ],
    ids=["missing", "not on PATH", "NUL", "lone surrogate", "too long", "folder"],
)
def test_what_cannot_be_started_is_named(tmp_path: Path, argv: tuple[str, ...], named: str) -> None:
    with pytest.raises(ToolError, match=named):
        asyncio.run(SystemProcessRunner().run(argv, cwd=tmp_path, timeout=LONG))


def test_a_working_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="gone"):
        run("pass", tmp_path / "gone")


def test_bytes_that_are_not_utf8_reach_the_tool_as_they_are(tmp_path: Path) -> None:
    code = "import os, sys; print(os.fsencode(sys.argv[1]))"
    assert run(code, tmp_path, os.fsdecode(b"caf\xe9")).stdout == b"b'caf\\xe9'\n"


def test_an_environment_variable_that_cannot_be_is_named(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", "pass")
    with pytest.raises(ToolError, match="null byte"):
        asyncio.run(SystemProcessRunner().run(argv, cwd=tmp_path, timeout=LONG, env={"A": "\0"}))


@pytest.mark.parametrize(
    "name",
    [
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONINSPECT",
        "PYTHONOPTIMIZE",
        "PYTHONWARNINGS",
        "VIRTUAL_ENV",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "SEMGREP_RULES",
        "BANDIT_OPTS",
        "PIP_AUDIT_DESC",
        "COVERAGE_PROCESS_START",
        "COV_CORE_SOURCE",
        "FORCE_COLOR",
    ],
)
def test_what_would_change_a_tool_is_taken_out(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    assert name not in clean_environment()
    assert clean_environment({name: "2"})[name] == "2"


def test_the_rest_of_the_environment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mirror.example/simple")
    kept = clean_environment()
    assert kept["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert kept["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert kept["PYTHONUTF8"] == "1"
    assert kept["NO_COLOR"] == "1"


@pytest.mark.parametrize("path", [".:{bin}", "{bin}:", "tools:{bin}", ":{bin}"])
def test_programs_of_the_scanned_folder_are_not_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    planted = tmp_path / "git"
    planted.write_text("#!/bin/sh\ntouch planted\n", encoding="utf-8")
    planted.chmod(0o755)
    monkeypatch.setenv("PATH", path.format(bin=tmp_path / "elsewhere"))
    with pytest.raises(ToolError):
        asyncio.run(SystemProcessRunner().run(("git",), cwd=tmp_path, timeout=LONG))
    assert not (tmp_path / "planted").exists()


def test_a_path_of_relative_folders_alone_becomes_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", ".")
    assert clean_environment()["PATH"] == os.defpath


def test_a_group_that_is_not_ours_to_signal_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(group: int, number: int) -> None:
        raise PermissionError(group, number)

    monkeypatch.setattr(os, "killpg", refuse)
    assert run("print(1)", tmp_path).exit_code == 0
