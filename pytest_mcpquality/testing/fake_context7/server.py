"""The sockets of a fake Context7: threads, as its clients may block the test's own event loop."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast

from pytest_mcpquality.testing.fake_context7.scenarios import GIGABYTES, FakeAnswer, Sending

if TYPE_CHECKING:
    from email.message import Message

Answerer = Callable[[str, "Message"], FakeAnswer]
"""Path with query, and headers, to an answer."""

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing a connection a reset."""

_CHUNK = b"x" * 65536


class Server(ThreadingHTTPServer):
    """Answers at a loopback port until it is closed, which cuts every connection and ends every thread."""

    daemon_threads = False
    block_on_close = True
    # More than the thousand callers of our own benchmark.
    request_queue_size = 1024

    def __init__(self, answer: Answerer, port: int = 0) -> None:
        self.answer = answer
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="fake-context7", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Cut every connection, end every thread, give up the port."""
        self.closing.set()
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection, and remember it."""
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection, and forget it."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is none."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _ours(self) -> Server:
        return cast("Server", self.server)

    def do_GET(self) -> None:
        answer = self._ours.answer(self.path, self.headers)
        if answer.delay and self._ours.closing.wait(answer.delay):
            return
        self._send(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's words
        """Print nothing: the log is `FakeContext7.requests`."""

    def _send(self, answer: FakeAnswer) -> None:
        match answer.sending:
            case Sending.WHOLE:
                self._write(self._head(answer, len(answer.body)) + answer.body)
            case Sending.DRIPPING:
                self._write(self._head(answer, 3600))
                self._drip(answer.body)
            case Sending.RESET:
                self._write(self._head(answer, 3600) + answer.body)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self.connection.close()
                self.close_connection = True
            case Sending.ENDLESS:
                self._write(self._head(answer, GIGABYTES) + answer.body)
                for _ in range(GIGABYTES // len(_CHUNK)):
                    self._write(_CHUNK)

    def _drip(self, body: bytes) -> None:
        for byte in body * 100:
            if self._ours.closing.wait(1.0):
                return
            self._write(bytes([byte]))

    def _head(self, answer: FakeAnswer, length: int) -> bytes:
        headers = {**answer.headers, "Content-Length": str(length)}
        lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode("latin-1")

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
