"""A local server that speaks the comments of GitHub and GitLab, with their pages, refusals and bad days."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghp_" + "0aB1cD2eF3gH4iJ5kL6m"
"""No real one, and in two parts: so that scanning our own repository does not find it."""

PAGE = 100


@dataclass
class Answer:
    """What to answer instead; `after` says whether the request is carried out all the same, and dropped unanswered."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    after: bool = False


@dataclass
class FakeForge:
    """State of one change: its comments, and what was asked.

    Attributes:
        kind: `github` or `gitlab`.
        comments: As the API gives them, in their order.
        refusals: By method: what to answer to the next requests instead.
        app: Whether the token is a GitHub app's, which has no user.
        asked: Method and path of each request.
    """

    kind: str
    comments: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[str, list[Answer]] = field(default_factory=dict)
    app: bool = False
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def add(self, body: str, author: str = "us", *, system: bool = False) -> None:
        """A comment that is there already."""
        number = len(self.comments) + 1
        user = {"login": author, "id": _number(author), "type": "Bot" if author.endswith("[bot]") else "User"}
        own = {"user": user} if self.kind == "github" else {"author": user, "system": system}
        self.comments.append({"id": number, "body": body, **own})

    def refuse(self, method: str, *answers: Answer) -> None:
        self.refusals.setdefault(method, []).extend(answers)

    @property
    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments]

    @property
    def list_path(self) -> str:
        return "/repos/o/r/issues/7/comments" if self.kind == "github" else "/projects/o%2Fr/merge_requests/7/notes"

    @property
    def item_path(self) -> str:
        return "/repos/o/r/issues/comments/" if self.kind == "github" else f"{self.list_path}/"


def _number(author: str) -> int:
    return sum(author.encode())


@contextmanager
def serving(kind: str) -> Iterator[FakeForge]:
    """The forge on a loopback socket."""
    forge = FakeForge(kind)
    handler = type("Handler", (_Handler,), {"forge": forge})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    forge: FakeForge
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base has it
        """Say nothing."""

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PATCH(self) -> None:
        self._handle("PATCH")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def _handle(self, method: str) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"null")
        parts = urlsplit(self.path)
        self.forge.asked.append(f"{method} {parts.path}")
        refusals = self.forge.refusals.get(method, [])
        refusal = refusals.pop(0) if refusals else None
        if refusal and not refusal.after:
            self._send(refusal.status, refusal.body, refusal.headers)
            return
        status, answer, headers = self._answer(method, parts.path, parse_qs(parts.query), body)
        if refusal:
            self.close_connection = True
            return
        self._send(status, answer, headers)

    def _answer(
        self,
        method: str,
        path: str,
        query: dict[str, list[str]],
        body: Any,  # noqa: ANN401 - any JSON
    ) -> tuple[int, Any, dict[str, str]]:
        forge = self.forge
        if not self._knows_token():
            return 401, {"message": "Bad credentials"}, {}
        if (method, path) == ("GET", "/user"):
            return self._user()
        if (method, path) == ("GET", forge.list_path):
            return self._page(int(query["page"][0]))
        if (method, path) == ("POST", forge.list_path):
            forge.add(body["body"], "github-actions[bot]" if forge.app else "us")
            return 201, self._with_address(forge.comments[-1]), {}
        if method == ("PATCH" if forge.kind == "github" else "PUT") and path.startswith(forge.item_path):
            number = int(path.removeprefix(forge.item_path))
            forge.comments[number - 1]["body"] = body["body"]
            return 200, self._with_address(forge.comments[number - 1]), {}
        return 404, {"message": "Not Found"}, {}

    def _user(self) -> tuple[int, Any, dict[str, str]]:
        if self.forge.app:
            return 403, {"message": "Resource not accessible by integration"}, {}
        return 200, {"login": "us", "id": _number("us")}, {}

    def _knows_token(self) -> bool:
        if self.forge.kind == "github":
            return self.headers.get("authorization") == f"Bearer {TOKEN}"
        return self.headers.get("private-token") == TOKEN

    def _page(self, number: int) -> tuple[int, Any, dict[str, str]]:
        comments = self.forge.comments
        more = number * PAGE < len(comments)
        links = {"Link": f'<{self.forge.url}{self.forge.list_path}?page={number + 1}>; rel="next"'} if more else {}
        return 200, comments[(number - 1) * PAGE : number * PAGE], links

    def _with_address(self, comment: dict[str, Any]) -> dict[str, Any]:
        address = {"html_url": f"https://example.org/c/{comment['id']}"} if self.forge.kind == "github" else {}
        return {**comment, **address}

    def _send(self, status: int, answer: Any, headers: dict[str, str]) -> None:  # noqa: ANN401 - any JSON
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
