"""The process that an MCP client starts in place of a server: it connects its stdin and stdout to the test process.

Run as `python -I -S relay.py ENDPOINT`. Standard library only and no site-packages, so that it starts in 20 ms.
`ENDPOINT` is a file, readable by its owner only, with the port and the token of the test process's socket.

What the client writes goes to the socket as it is. What comes from the socket are frames (a letter, the length in four
bytes, the payload), so that the test process can also write to stderr, close stdout and end this process. When the
socket ends without a word the test process is gone, and so is this one.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue

STDOUT = b"O"
STDERR = b"E"
CLOSE = b"C"
"""Close stdout."""
EXIT = b"X"
"""End with the code in the payload, once everything before is written."""
IGNORE_EOF = b"I"
IGNORE_SIGTERM = b"T"

HEADER = 5
GONE = 70
"""Exit code when the test process is not, or no longer, there (EX_SOFTWARE)."""

FLUSH_SECONDS = 2.0
"""How long the test process may take to answer the end of stdin, before the relay ends on its own."""

STDIN_FD, STDOUT_FD, STDERR_FD = 0, 1, 2
CHUNK = 65536


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """One frame, as the test process writes it."""
    return kind + len(payload).to_bytes(HEADER - 1, "big") + payload


class Relay:
    """Three threads, one for each thing that can block: stdin, the socket, stdout."""

    def __init__(self, connection: socket.socket, end: Callable[[int], None]) -> None:
        self.connection = connection
        self.end = end
        self.ignores_eof = False
        self._to_write: SimpleQueue[tuple[bytes, bytes]] = SimpleQueue()

    def run(self) -> None:
        """Relay until the end of the process."""
        writing = threading.Thread(target=self.write_all, daemon=True)
        writing.start()
        threading.Thread(target=self.forward_stdin, daemon=True).start()
        code = self.read_frames()
        if code is not None:
            # Everything before is written first, unless the client does not read.
            writing.join(FLUSH_SECONDS)
        self.end(GONE if code is None else code)

    def forward_stdin(self) -> None:
        """Hand the socket what the client writes; then tell it that the client has closed."""
        try:
            while data := os.read(STDIN_FD, CHUNK):
                self.connection.sendall(data)
            self.connection.shutdown(socket.SHUT_WR)
        except OSError:
            return
        deadline = threading.Timer(FLUSH_SECONDS, self.end_after_stdin)
        deadline.daemon = True
        deadline.start()

    def end_after_stdin(self) -> None:
        """The client has closed stdin and the test process says nothing."""
        if not self.ignores_eof:
            self.end(0)

    def read_frames(self) -> int | None:
        """Take in frames; the exit code once there is one, None when the socket ends without."""
        while header := self.received(HEADER):
            payload = self.received(int.from_bytes(header[1:], "big"))
            kind = header[:1]
            if kind == IGNORE_EOF:
                self.ignores_eof = True
            elif kind == IGNORE_SIGTERM:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            else:
                self._to_write.put((kind, payload))
                if kind == EXIT:
                    return int(payload)
        return None

    def received(self, size: int) -> bytes:
        """Exactly so many bytes; none when the socket ends before."""
        parts = bytearray()
        while len(parts) < size:
            try:
                part = self.connection.recv(min(CHUNK, size - len(parts)))
            except OSError:
                part = b""
            if not part:
                return b""
            parts += part
        return bytes(parts)

    def write_all(self) -> None:
        """Write what came, in its order; a client that does not read holds up nothing else."""
        while True:
            kind, payload = self._to_write.get()
            if kind == EXIT:
                return
            if kind == CLOSE:
                os.close(STDOUT_FD)
            else:
                write(STDERR_FD if kind == STDERR else STDOUT_FD, payload)


def write(descriptor: int, data: bytes) -> None:
    """Write all of it, unless nobody reads any more."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        return


def end(code: int) -> None:
    """End the process now, whatever its threads wait for."""
    os._exit(code)


def connected(endpoint: str) -> socket.socket | None:
    """The socket of the test process; None when there is none."""
    try:
        with open(endpoint, encoding="ascii") as file:  # noqa: PTH123 - pathlib takes longer to import than all the rest
            port, token = file.read().split()
        connection = socket.create_connection(("127.0.0.1", int(port)))
    except (OSError, ValueError):
        return None
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(f"{token} {os.getpid()}\n".encode())
    return connection


def main(endpoint: str) -> None:
    """Connect and relay."""
    # Ctrl-C reaches the whole foreground process group: end without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    connection = connected(endpoint)
    if connection is None:
        write(STDERR_FD, b"the mock MCP server is no longer there: its test is over, or it was closed\n")
        end(GONE)
    else:
        with connection:
            Relay(connection, end).run()


if __name__ == "__main__":
    main(sys.argv[1])
