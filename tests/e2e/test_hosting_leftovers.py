"""However a test process ends, nothing of its mock servers is left: no process, no socket, no thread, no task."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="looks at processes the POSIX way"),
]

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0

PREAMBLE = """
import asyncio, os, subprocess, sys, threading, time
import pytest
from pytest_mcpquality.testing import faults
from pytest_mcpquality.testing.hosting.http import HttpHosting
from pytest_mcpquality.testing.hosting.stdio import StdioHosting
from tests.support.plain_server import PlainServer
from tests.support.raw_clients import INITIALIZE, RawStdio

def open_both():
    '''Both hostings, a client process that is never closed, and where they are: for whoever looks afterwards.'''
    ignoring = faults.IgnoresEof(), faults.IgnoresSigterm()
    over_stdio = StdioHosting(PlainServer(*ignoring))
    over_http = HttpHosting(PlainServer())
    client = RawStdio(over_stdio.command, over_stdio.args)
    client.initialize()
    with open("open.txt", "w", encoding="utf-8") as file:
        port = open(over_stdio.args[-1], encoding="ascii").read().split()[0]
        print(client.process.pid, over_http.port, port, file=file)
        print(over_stdio.args[-1], file=file)
    return over_stdio, over_http, client
"""


class Child:
    """A Python process that opens mock servers, and what it opened."""

    def __init__(self, folder: Path, code: str, *arguments: str) -> None:
        self._folder = folder
        script = folder / "test_it.py"
        script.write_text(PREAMBLE + textwrap.dedent(code), encoding="utf-8")
        path = os.pathsep.join([str(ROOT), *sys.path])
        self.process = subprocess.Popen(
            [sys.executable, *arguments, str(script)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def opened(self) -> tuple[int, int, int, Path]:
        """The relay's process id, the ports over HTTP and for relays, the endpoint's file."""
        numbers, endpoint = _eventually(self._folder / "open.txt")
        relay, http, stdio = map(int, numbers.split())
        return relay, http, stdio, Path(endpoint)

    def end(self) -> str:
        output, _ = self.process.communicate(timeout=PATIENCE)
        return output

    def assert_nothing_is_left(self, *, cleaned: bool = True) -> None:
        relay, http, stdio, endpoint = self.opened()
        deadline = time.monotonic() + PATIENCE
        while _lives(relay) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not _lives(relay), "the relay outlives the test process"
        for port in (http, stdio):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=1)
        assert not (cleaned and endpoint.exists())


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.process.kill()
        child.process.wait()
        if child.process.stdout:
            child.process.stdout.close()


ENDINGS = {
    "the end of the script": ("open_both()", 0),
    "a KeyboardInterrupt": ("open_both()\nraise KeyboardInterrupt", -signal.SIGINT),
    "a cancelled loop": (
        """
        async def main():
            open_both()
            asyncio.current_task().cancel()
            await asyncio.sleep(10)
        asyncio.run(main())
        """,
        1,
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_script_that_closes_nothing(tmp_path: Path, children: list[Child], ending: str) -> None:
    code, expected = ENDINGS[ending]
    child = Child(tmp_path, code, "-W", "error")
    children.append(child)
    output = child.end()

    assert child.process.returncode == expected, output
    child.assert_nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_is_killed(tmp_path: Path, children: list[Child], number: signal.Signals) -> None:
    child = Child(tmp_path, "open_both()\ntime.sleep(60)")
    children.append(child)
    child.opened()
    child.process.send_signal(number)
    child.end()

    child.assert_nothing_is_left(cleaned=False)


PYTEST_ENDINGS = {
    "a failing test": ("def test_it():\n    open_both()\n    assert False", 1),
    "pytest.exit": ("def test_it():\n    open_both()\n    pytest.exit('enough', 9)", 9),
    "a fixture that closes": (
        """
        @pytest.fixture
        def both():
            over_stdio, over_http, client = open_both()
            with over_stdio, over_http:
                yield
            client.__exit__(None, None, None)
            assert not [thread for thread in threading.enumerate() if "mcpquality" in thread.name]

        def test_it(both):
            raise KeyboardInterrupt
        """,
        2,
    ),
}


@pytest.mark.parametrize("ending", PYTEST_ENDINGS)
def test_under_pytest(tmp_path: Path, children: list[Child], ending: str) -> None:
    code, expected = PYTEST_ENDINGS[ending]
    child = Child(tmp_path, code, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    children.append(child)
    output = child.end()

    assert child.process.returncode == expected, output
    child.assert_nothing_is_left()


def _lives(pid: int) -> bool:
    """Whether it runs; a process that has ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _eventually(file: Path) -> list[str]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if file.exists() and len(lines := file.read_text(encoding="utf-8").splitlines()) == 2:
            return lines
        time.sleep(0.01)
    pytest.fail(f"{file.name} was never written")
