"""A loopback endpoint that answers as OSV's API does, out of records that are at hand.

It lives as long as one scan, listens on 127.0.0.1 only, and answers only who knows its random path.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast
from urllib.parse import unquote

from packaging.version import InvalidVersion

from mcpquality_scanners.advisories.matching import Index, family, fixes
from mcpquality_scanners.advisories.records import ECOSYSTEM, Advisory

QUERY = "/v1/query"
"""Below the address that `serving` gives: what pip-audit's `--osv-url` takes."""

_BATCH = "/v1/querybatch"
_RECORD = "/v1/vulns/"

_BODY_CAP = 1024 * 1024
"""Bytes of a request; a query has about a hundred, and a batch up to a thousand of them."""

_HEAD_CAP = 64 * 1024
_QUERIES_CAP = 1000  # OSV's own limit

_PATIENCE = 30.0
"""Seconds a client may take to send its next request."""

_GRACE = 1.0
"""Seconds a client gets to take what was sent to it last."""

_Reply = tuple[str, Mapping[str, Any] | None]


@contextlib.asynccontextmanager
async def serving(index: Index) -> AsyncGenerator[str]:
    """Answer queries while the block runs; gives the address that stands for `https://api.osv.dev`."""
    token = f"/{secrets.token_urlsafe(32)}"

    talking: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, TimeoutError):
                await _exchanges(index, token, reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await writer.wait_closed()

    def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(talk(reader, writer))
        talking.add(task)
        task.add_done_callback(talking.discard)

    server = await asyncio.start_server(answer, host="127.0.0.1", port=0, limit=_HEAD_CAP)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{token}"
    finally:
        server.close()
        # A client that keeps its connection for another request is not waited for.
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


async def _exchanges(index: Index, token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request after the other, until the client goes away or sends what is none."""
    going_on = True
    while going_on:
        async with asyncio.timeout(_PATIENCE):
            going_on = await _exchange(index, token, reader, writer)


async def _exchange(index: Index, token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Read one request and write its answer; whether the connection can be used again."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        status, document = await _respond(index, token, head.decode("latin-1"), reader)
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return False
        status, document = "400 Bad Request", None
    except asyncio.LimitOverrunError:
        status, document = "400 Bad Request", None
    going_on = document is not None
    body = json.dumps(document or {}).encode()
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {'keep-alive' if going_on else 'close'}\r\n\r\n".encode("ascii")
        + body
    )
    await writer.drain()
    return going_on


async def _respond(index: Index, token: str, head: str, reader: asyncio.StreamReader) -> _Reply:
    request, *headers = head.split("\r\n")
    method, _, rest = request.partition(" ")
    path = rest.partition(" ")[0]
    if not secrets.compare_digest(path[: len(token)].encode(), token.encode()):
        return "404 Not Found", None
    path = path[len(token) :]
    if path.startswith(_RECORD):
        return _record(index, unquote(path[len(_RECORD) :])) if method == "GET" else ("405 Method Not Allowed", None)
    if path not in {QUERY, _BATCH}:
        return "404 Not Found", None
    if method != "POST":
        return "405 Method Not Allowed", None
    length = next((line.split(":", 1)[1].strip() for line in headers if line.lower().startswith("content-length:")), "")
    if not length.isdecimal() or int(length) > _BODY_CAP:
        return "413 Content Too Large", None
    body = await reader.readexactly(int(length))
    reply = reply_to(index, body) if path == QUERY else batch_reply_to(index, body)
    return ("400 Bad Request", None) if reply is None else ("200 OK", reply)


def _record(index: Index, identifier: str) -> _Reply:
    advisory = index.get(identifier)
    if advisory is None:
        return "404 Not Found", None
    # A record of ours has no text of its own; it is made of what it says.
    document = advisory.document
    if document is None:
        document = _served(advisory, min(advisory.packages, default=""), advisory.ids)
    return "200 OK", document


def reply_to(index: Index, query: bytes) -> Mapping[str, Any] | None:
    """The answer to the body of a query for one version of a package; None when it is no such query."""
    try:
        name, found = _found(index, cast("object", json.loads(query)))
    except (ValueError, KeyError, TypeError, InvalidVersion, RecursionError):
        return None
    return {"vulns": [_served(item, name, family(item, found)) for item in found]}


def batch_reply_to(index: Index, body: bytes) -> Mapping[str, Any] | None:
    """The answer to a batch: ids and dates for each query in its order; None when it is no batch of such queries."""
    try:
        asked: object = json.loads(body)["queries"]
        queries = cast("list[object]", asked) if isinstance(asked, list) else [None]
        if len(queries) > _QUERIES_CAP:
            return None
        results = [_found(index, query)[1] for query in queries]
    except (ValueError, KeyError, TypeError, InvalidVersion, RecursionError):
        return None
    return {"results": [_brief(found) for found in results]}


def _brief(found: tuple[Advisory, ...]) -> Mapping[str, Any]:
    return {"vulns": [{"id": item.id, "modified": item.modified} for item in found]} if found else {}


def _found(index: Index, query: object) -> tuple[str, tuple[Advisory, ...]]:
    """The package of a query as it is spelled there, and what is known about the version.

    Raises:
        KeyError: It lacks something.
        TypeError: Something in it has another type.
        ValueError: It is about another ecosystem.
        packaging.version.InvalidVersion: Its version is none.
    """
    asked = cast("dict[str, Any]", query)
    package = cast("dict[str, Any]", asked["package"])
    if package["ecosystem"] != ECOSYSTEM:
        raise ValueError("only packages of PyPI are known here")
    name = str(package["name"])
    return name, index.matching(name, str(asked["version"]))


def _served(advisory: Advisory, package: str, ids: frozenset[str]) -> Mapping[str, Any]:
    """A record reduced to what pip-audit reads.

    It skips other schema versions in silence, stops at dates it cannot read, compares names letter by letter,
    takes fixed versions out of the first range alone, and loses an id when it joins records that share an alias:
    so it gets one range, under the name it asked for, and in each record all ids of the same thing.
    """
    events = [{"fixed": str(version)} for version in fixes(a for a in advisory.affected if a.package == package)]
    return {
        "schema_version": "1.6.0",
        "id": advisory.id,
        "aliases": sorted(ids - {advisory.id}),
        "summary": advisory.summary,
        "affected": [
            {
                "package": {"name": package, "ecosystem": ECOSYSTEM},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *events]}],
            }
        ],
    }
