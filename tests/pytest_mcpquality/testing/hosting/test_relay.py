"""The relay, in this process: its threads on real pipes and a real socket pair, its end intercepted."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_mcpquality.testing.hosting import relay

PATIENCE = 10.0


class Harness:
    """Pipes in place of the standard streams, and the other end of the socket."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stdin, self.stdout, self.stderr = os.pipe(), os.pipe(), os.pipe()
        monkeypatch.setattr(relay, "STDIN_FD", self.stdin[0])
        monkeypatch.setattr(relay, "STDOUT_FD", self.stdout[1])
        monkeypatch.setattr(relay, "STDERR_FD", self.stderr[1])
        monkeypatch.setattr(relay, "end", self.end)
        ours, self.server = socket.socketpair()
        self.server.settimeout(PATIENCE)
        self.relay = relay.Relay(ours, self.end)
        self.codes: list[int] = []
        self.ended = threading.Event()

    def end(self, code: int) -> None:
        self.codes.append(code)
        self.ended.set()

    def close(self) -> None:
        self.server.close()
        self.relay.connection.close()
        for descriptor in (*self.stdin, *self.stdout, *self.stderr):
            try:
                os.close(descriptor)
            except OSError:
                continue


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    made = Harness(monkeypatch)
    yield made
    made.close()


def _written(harness: Harness, *frames: bytes) -> int | None:
    harness.server.sendall(b"".join(frames))
    harness.server.shutdown(socket.SHUT_WR)
    code = harness.relay.read_frames()
    harness.relay._to_write.put((relay.EXIT, b"0"))
    harness.relay.write_all()
    return code


def test_frames_are_written_where_they_belong(harness: Harness) -> None:
    code = _written(harness, relay.frame(b"O", b"out\n"), relay.frame(b"E", b"err\n"), relay.frame(b"X", b"3"))

    assert code == 3
    assert os.read(harness.stdout[0], 99) == b"out\n"
    assert os.read(harness.stderr[0], 99) == b"err\n"


def test_a_socket_that_ends_without_a_word_gives_no_code(harness: Harness) -> None:
    assert _written(harness, relay.frame(b"O", b"x"), b"O\0\0") is None
    assert os.read(harness.stdout[0], 99) == b"x"


def test_stdout_is_closed_on_demand_and_what_comes_later_is_lost(harness: Harness) -> None:
    assert _written(harness, relay.frame(b"C"), relay.frame(b"O", b"late")) is None
    assert os.read(harness.stdout[0], 99) == b""


def test_run_ends_with_the_code_it_is_told(harness: Harness) -> None:
    harness.server.sendall(relay.frame(b"O", b"last words") + relay.frame(b"X", b"9"))
    harness.relay.run()

    assert harness.codes == [9]
    assert os.read(harness.stdout[0], 99) == b"last words"


def test_run_ends_when_the_test_process_is_gone(harness: Harness) -> None:
    harness.server.close()
    harness.relay.run()

    assert harness.codes == [relay.GONE]


def test_stdin_goes_to_the_socket_with_its_end(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "FLUSH_SECONDS", 0.01)
    os.write(harness.stdin[1], b"question\n")
    os.close(harness.stdin[1])
    harness.relay.forward_stdin()

    assert harness.server.recv(99) == b"question\n"
    assert harness.server.recv(99) == b""
    assert harness.ended.wait(PATIENCE)
    assert harness.codes == [0]


def test_the_end_of_stdin_can_be_ignored(harness: Harness) -> None:
    _written(harness, relay.frame(relay.IGNORE_EOF))
    harness.relay.end_after_stdin()

    assert harness.codes == []


def test_a_socket_that_is_gone_takes_no_stdin(harness: Harness) -> None:
    harness.relay.connection.close()
    os.write(harness.stdin[1], b"question\n")
    harness.relay.forward_stdin()

    assert harness.codes == []
    assert harness.relay.received(1) == b""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGTERM on Windows")
def test_sigterm_is_ignored_on_demand(harness: Harness) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        _written(harness, relay.frame(relay.IGNORE_SIGTERM))
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("content", [None, "", "1 2 3", "nonsense here", "9 token"])
def test_without_a_test_process_it_says_so(
    tmp_path: Path, harness: Harness, content: str | None, restored_sigint: Callable[[], None]
) -> None:
    endpoint = tmp_path / "endpoint"
    if content is not None:
        endpoint.write_text(content, encoding="ascii")
    relay.main(str(endpoint))
    restored_sigint()

    assert harness.codes == [relay.GONE]
    assert b"the mock MCP server is no longer there" in os.read(harness.stderr[0], 999)


def test_it_shows_its_token(tmp_path: Path, harness: Harness, restored_sigint: Callable[[], None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = tmp_path / "endpoint"
        endpoint.write_text(f"{server.getsockname()[1]} token", encoding="ascii")
        server.settimeout(PATIENCE)
        # Signals can be set in the main thread only, so the main thread is the relay.
        answering = threading.Thread(target=_answer_once, args=(server,))
        answering.start()
        relay.main(str(endpoint))
        answering.join(PATIENCE)
    restored_sigint()

    assert harness.codes == [5]


def _answer_once(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        assert connection.recv(99) == f"token {os.getpid()}\n".encode()
        connection.sendall(relay.frame(relay.EXIT, b"5"))


@pytest.fixture
def restored_sigint() -> Iterator[Callable[[], None]]:
    before = signal.getsignal(signal.SIGINT)

    def restore() -> None:
        signal.signal(signal.SIGINT, before)

    yield restore
    restore()


def test_a_reader_that_is_gone_is_no_error(harness: Harness) -> None:
    os.close(harness.stdout[0])
    relay.write(harness.stdout[1], b"x" * 10)
