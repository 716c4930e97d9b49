"""MCP servers behind one port, of the standard library alone: each path is another server, most of them with a flaw."""

from __future__ import annotations

import json
import queue
import runpy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "good-token"

_TIDY = runpy.run_path(str(Path(__file__).parents[1] / "data" / "mcp_servers" / "tidy.py"))
answer: Callable[[object], dict[str, Any] | None] = _TIDY["answer"]
VERSIONS: tuple[str, ...] = _TIDY["VERSIONS"]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Servers

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or "{}")
        path, _, session = self.path.partition("?")
        if self.is_foreign():
            self.end(403, {})
            return
        if path != "/sse" and self.headers.get("mcp-protocol-version", "2025-11-25") not in VERSIONS:
            self.end(400, {})
            return
        match path:
            case "/plain":
                self.reply(answer(message))
            case "/token" if self.headers.get("authorization") == f"Bearer {TOKEN}":
                self.reply(answer(message))
            case "/token":
                self.end(401, {"www-authenticate": 'Bearer realm="mcp"'})
            case "/redirects":
                self.end(307, {"location": f"http://127.0.0.1:{self.server.server_port}/plain"})
            case "/html":
                self.end(200, {"content-type": "text/html"}, b"<html>Welcome</html>")
            case "/hangs":
                self.server.over.wait()
                self.end(503, {})
            case "/messages":
                self.server.streams[session].put(answer(message))
                self.end(202, {})
            case _:
                self.end(405, {})

    def is_foreign(self) -> bool:
        """Whether a web page from elsewhere may have sent it."""
        own = f"127.0.0.1:{self.server.server_port}"
        return self.headers.get("host") != own or self.headers.get("origin") not in {None, f"http://{own}"}

    def do_GET(self) -> None:
        if self.path != "/sse" or self.is_foreign():
            self.end(403 if self.is_foreign() else 405, {})
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        session = str(len(self.server.streams))
        events = self.server.streams[session] = queue.Queue()
        self.event("endpoint", f"/messages?{session}")
        while not self.server.over.is_set():
            try:
                sent = events.get(timeout=0.05)
            except queue.Empty:
                continue
            if sent is not None:
                self.event("message", json.dumps(sent))
        self.close_connection = True

    def do_DELETE(self) -> None:
        self.end(405, {})

    def do_OPTIONS(self) -> None:
        self.end(405, {})

    def event(self, name: str, data: str) -> None:
        self.wfile.write(f"event: {name}\ndata: {data}\n\n".encode())
        self.wfile.flush()

    def reply(self, message: dict[str, Any] | None) -> None:
        if message is None:
            self.end(202, {})
        else:
            self.end(200, {"content-type": "application/json"}, json.dumps(message).encode())

    def end(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Servers(ThreadingHTTPServer):
    """All of them; `over` lets those that hang go."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.streams: dict[str, queue.Queue[dict[str, Any] | None]] = {}
        self.over = threading.Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def handle_error(self, *_: object) -> None:
        """A client that is gone is no news."""


@contextmanager
def serving() -> Iterator[Servers]:
    """The servers, for the length of a block."""
    servers = Servers()
    thread = threading.Thread(target=servers.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield servers
    finally:
        servers.over.set()
        servers.shutdown()
        servers.server_close()
        thread.join()
