"""Whatever becomes of a test, nothing of its servers is left: no process, no socket, no pending task."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

RAW = Path(__file__).parents[1] / "data" / "mcp_servers" / "raw.py"

BEFORE = """\
import asyncio
import os
import signal
import sys

import pytest

sys.modules["rfc3987_syntax"] = None  # of our test environment; takes a second to import

# Ends neither when its input is closed nor when it is asked to, and has a child.
COMMAND = [sys.executable, "-I", "-S", RAW, "ignore-eof", "ignore-term", "child", MARK]


@pytest.mark.asyncio
async def test_it(mcp_connect, mcp_pool, request):
    if WITH_MOCK:
        mock = request.getfixturevalue("mock_mcp_server")
        over_http = await mcp_connect(mock.http())
        over_stdio = await mcp_connect(mock.stdio())
        in_memory = await mcp_connect(mock)
    connection = await mcp_connect(COMMAND)
    pool = mcp_pool(COMMAND)
    lease = await pool.acquire()
    print("ready", flush=True)
"""

# Run in the test process when pytest comes to its end, however that came.
LOOKS_AFTERWARDS = """\
import asyncio
import gc
import json
import os
import threading
from pathlib import Path


def children():
    tasks = Path("/proc/self/task").iterdir()
    return [pid for task in tasks for pid in (task / "children").read_text(encoding="utf-8").split()]


def listening():
    inodes = {os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()}
    tables = [Path("/proc/net", table).read_text(encoding="utf-8") for table in ("tcp", "tcp6")]
    rows = [row.split() for table in tables for row in table.splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]


def pytest_unconfigure():
    gc.collect()
    left = {
        "tasks": [repr(each) for each in gc.get_objects() if isinstance(each, asyncio.Task) and not each.done()],
        "threads": [thread.name for thread in threading.enumerate() if "mcpquality" in thread.name],
    }
    if Path("/proc/self/task").exists():
        left |= {"children": children(), "listening": listening()}
    Path("left.json").write_text(json.dumps(left), encoding="utf-8")
"""

WAYS = {
    "passes": "",
    "fails": "    assert False",
    "is cancelled": "    asyncio.current_task().cancel()\n    await asyncio.sleep(60)",
    "is interrupted": "    os.kill(os.getpid(), signal.SIGINT)\n    await asyncio.sleep(60)",
    "raises KeyboardInterrupt": "    raise KeyboardInterrupt",
    "exits pytest": "    pytest.exit('enough')",
    "exits Python": "    raise SystemExit(9)",
    "leaves a call": "    task = asyncio.create_task(connection.call_tool('hang'))\n    await asyncio.sleep(0.05)",
}


def project(mark: str, *, mock: bool = False) -> str:
    """A test up to the point where it comes to its end; with the mock server it takes seconds, to import the SDK."""
    text = BEFORE.replace("RAW", repr(str(RAW))).replace("MARK", repr(mark))
    return text.replace("WITH_MOCK", str(mock))


def processes(mark: str) -> list[str]:
    """Command lines of all processes that carry the mark."""
    done = subprocess.run(["ps", "-ww", "-eo", "pid,args"], capture_output=True, encoding="utf-8", check=True)
    return [line for line in done.stdout.splitlines() if mark in line]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_when_a_test(tmp_path: Path, way: str) -> None:
    mark = f"mark-{uuid.uuid4().hex}"
    text = project(mark, mock=way in {"fails", "raises KeyboardInterrupt"}) + WAYS[way]
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(LOOKS_AFTERWARDS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "pytest", "-s", "-W", "error"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "ready" in said, said
    assert (done.returncode == 0) == (way in {"passes", "leaves a call"}), said
    assert not processes(mark), said
    left = json.loads((tmp_path / "left.json").read_text(encoding="utf-8"))
    assert not any(left.values()), left
    for trouble in ("ResourceWarning", "Task was destroyed", "never retrieved", "Event loop is closed"):
        assert trouble not in said, said


def test_a_test_process_that_is_killed_takes_servers_along_that_end_with_their_input(tmp_path: Path) -> None:
    mark = f"mark-{uuid.uuid4().hex}"
    text = project(mark).replace('"ignore-eof", "ignore-term", "child", ', "") + "    await asyncio.sleep(60)"
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n", encoding="utf-8")
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-s"], cwd=tmp_path, stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert run.stdout is not None
    with run:
        assert any("ready" in line for line in run.stdout)
        assert processes(mark)
        os.kill(run.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while processes(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not processes(mark)
