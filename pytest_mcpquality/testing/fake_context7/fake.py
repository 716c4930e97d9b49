"""`FakeContext7`: for tests of whatever asks Context7."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, urlsplit

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.testing.fake_context7 import scenarios
from pytest_mcpquality.testing.fake_context7.library import FakeLibrary, usual
from pytest_mcpquality.testing.fake_context7.scenarios import JSON_TYPE, FakeAnswer, error
from pytest_mcpquality.testing.fake_context7.server import Server

if TYPE_CHECKING:
    from email.message import Message

_ID = re.compile(r"/[^/]+/[^/]+([/@][^/]+)?")
_LONGEST = 500
_CALLS = ("search", "context")
_OLD_SEARCHES = frozenset({"/api/v1/search", "/api/v2/search"})
_OLD_CONTEXT = re.compile(r"/api/(?:v1|v2/docs/(?:code|info))(?=/)")
"""What older clients ask; the library stands in the path."""


@dataclass(frozen=True, slots=True)
class FakeRequest:
    """A request as it came in: path without query, parameters, headers with names in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def call(self) -> str:
        """`search`, `context`, or the path of anything else."""
        if self.path in {"/api/v2/libs/search", *_OLD_SEARCHES}:
            return "search"
        return "context" if self.path == "/api/v2/context" or _OLD_CONTEXT.match(self.path) else self.path

    @property
    def key(self) -> str:
        """The key that came with it; empty when none did."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(slots=True)
class _Play:
    name: str
    answer: FakeAnswer | None
    left: int | None
    call: str
    key: str


class FakeContext7:
    """The REST interface of Context7 at a loopback port; a context manager.

    Without a scenario it answers as the service does: searches, documentation as JSON or text, 202, 301, 400, 401
    and 404 where they belong. Clients take `url`; the npm package takes it as `CONTEXT7_API_URL`.

    Args:
        libraries: What it has documentation of; None: a few with what was seen in the real service.
        quota: Requests that it answers before it says 429; None: any number.

    Attributes:
        requests: Every request, in order.
    """

    def __init__(self, libraries: Iterable[FakeLibrary] | None = None, *, quota: int | None = None) -> None:
        self._libraries = {one.id: one for one in (usual() if libraries is None else libraries)}
        self._quota = self._left = quota
        self._plays: list[_Play] = []
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._port = 0
        self.requests: list[FakeRequest] = []

    def __repr__(self) -> str:
        state = f"at {self.url}" if self._server else "not open"
        return f"<FakeContext7 {state}, {len(self._libraries)} libraries, {len(self.requests)} requests>"

    @property
    def url(self) -> str:
        """The base of its interface, for `CONTEXT7_API_URL`."""
        return f"http://127.0.0.1:{self._port}/api"

    def open(self) -> Self:
        """Listen, at the port it had before if it had one."""
        if self._server is None:
            self._server = Server(self._answer, self._port)
            self._port = self._server.server_address[1]
        return self

    def close(self) -> None:
        """Cut every connection and listen no more: who connects now is refused. `open` again at will."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, library: FakeLibrary) -> None:
        """Have documentation of one more library, or other documentation of one."""
        self._libraries[library.id] = library

    def play(self, scenario: str, *, times: int | None = None, call: str = "", key: str = "") -> None:
        """From now on, answer as a scenario says.

        Args:
            scenario: Its name; see `scenarios.NAMES`.
            times: So many requests, then as before; None: all.
            call: Only searches (`search`) or requests for documentation (`context`).
            key: Only requests with this key.

        Raises:
            UsageError: There is no such scenario, or no such call.
        """
        if call and call not in _CALLS:
            raise UsageError(f"a fake Context7 has no call {call!r}: there are {', '.join(_CALLS)}")
        made = scenarios.scenario(scenario)
        with self._lock:
            self._plays.append(_Play(scenario, made, times, call, key))

    def stop(self) -> None:
        """Forget all scenarios."""
        with self._lock:
            self._plays.clear()

    def asked(self, call: str = "") -> list[FakeRequest]:
        """The requests of one call; of all."""
        return [one for one in self.requests if not call or one.call == call]

    def _answer(self, target: str, headers: Message) -> FakeAnswer:
        split = urlsplit(target)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        request = FakeRequest(split.path, query, {name.lower(): value for name, value in headers.items()})
        with self._lock:
            self.requests.append(request)
            play = self._next(request)
            usual_answer = None if play and play.answer else self._usual(request)
        if play is None:
            return usual_answer or error(500)
        return replace(play.answer or usual_answer or error(500), delay=scenarios.delay(play.name))

    def _next(self, request: FakeRequest) -> _Play | None:
        for play in self._plays:
            if play.left != 0 and play.call in {"", request.call} and play.key in {"", request.key}:
                play.left = None if play.left is None else play.left - 1
                return play
        return None

    def _usual(self, request: FakeRequest) -> FakeAnswer:
        if request.key and not request.key.startswith("ctx7sk"):
            return error(401)
        if self._left is not None:
            if self._left <= 0:
                return scenarios.throttled(499415, "Quota Exceeded")
            self._left -= 1
        answer = self._routed(request)
        if self._left is None:
            return answer
        quota = {"RateLimit-Limit": str(self._quota), "RateLimit-Remaining": str(self._left), "RateLimit-Reset": "3600"}
        return replace(answer, headers={**answer.headers, **quota})

    def _routed(self, request: FakeRequest) -> FakeAnswer:
        query = request.query
        match request.path:
            case "/api/v2/libs/search":
                wrong = _missing(query, "libraryName", "query")
                return wrong or self._search(query["libraryName"])
            case path if path in _OLD_SEARCHES:
                return _missing(query, "query") or self._search(query["query"])
            case "/api/v2/context":
                wrong = _missing(query, "libraryId", "query")
                return wrong or self._context(query["libraryId"], query.get("type", "txt"))
            case path if old := _OLD_CONTEXT.match(path):
                return self._context(path[old.end() :], query.get("type", "txt"))
            case _:
                return error(404, "not_found", "There is nothing here.")

    def _search(self, name: str) -> FakeAnswer:
        wanted = name.casefold()
        found = [one.as_result() for one in self._libraries.values() if _matches(one, wanted)]
        body = {"results": found, "searchFilterApplied": False}
        return FakeAnswer(200, json.dumps(body).encode(), JSON_TYPE)

    def _context(self, library_id: str, kind: str) -> FakeAnswer:
        if not _ID.fullmatch(library_id):
            return error(400, "invalid_library_id")
        owner, name, *tag = library_id.replace("@", "/").strip("/").split("/")
        library = self._libraries.get(f"/{owner}/{name}")
        if library is None:
            return error(404)
        if tag and tag[0] not in library.versions:
            tags = ", ".join(library.versions)
            return error(404, "tag_not_found", f"Tag {tag[0]} is not there. Available tags: {tags}")
        return _documentation(library, kind)


def _documentation(library: FakeLibrary, kind: str) -> FakeAnswer:
    if library.redirect:
        return scenarios.redirected(library.redirect)
    if library.state != "finalized":
        return error(202)
    if not library.snippets and not library.info:
        return error(404, "no_snippets_found")
    if kind == "json":
        return FakeAnswer(200, json.dumps(library.as_json()).encode(), JSON_TYPE)
    return FakeAnswer(200, library.as_text().encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _matches(library: FakeLibrary, wanted: str) -> bool:
    return wanted in library.title.casefold() or wanted in library.id.casefold()


def _missing(query: Mapping[str, str], *names: str) -> FakeAnswer | None:
    for name in names:
        if not 1 <= len(query.get(name, "")) <= _LONGEST:
            return error(400, "validation_error", f"{name} must have 1 to {_LONGEST} characters.")
    return None
