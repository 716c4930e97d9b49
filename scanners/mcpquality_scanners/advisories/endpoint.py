"""A loopback endpoint that answers as OSV's `/v1/query` does, out of records that are at hand.

It lives as long as one scan, listens on 127.0.0.1 only, and answers only who knows its random path.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast

from packaging.version import InvalidVersion

from mcpquality_scanners.advisories.matching import Index, family, fixes
from mcpquality_scanners.advisories.records import ECOSYSTEM, Advisory

_BODY_CAP = 64 * 1024
"""Bytes of a query; a real one has about a hundred."""

_PATIENCE = 30.0
"""Seconds a client may take to send its query."""


@contextlib.asynccontextmanager
async def serving(index: Index) -> AsyncGenerator[str]:
    """Answer queries while the block runs; gives the URL for `--osv-url`."""
    path = f"/{secrets.token_urlsafe(32)}/v1/query"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await _exchange(index, path, reader, writer)
        writer.close()

    server = await asyncio.start_server(answer, host="127.0.0.1", port=0, limit=_BODY_CAP)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}"
    finally:
        server.close()


async def _exchange(index: Index, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read one request and write its answer; the connection is not used again."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, document = await _respond(index, path, head, reader)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        status, document = "400 Bad Request", None
    body = json.dumps(document or {}).encode()
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode("ascii")
        + body
    )
    await writer.drain()


async def _respond(
    index: Index, path: str, head: str, reader: asyncio.StreamReader
) -> tuple[str, Mapping[str, Any] | None]:
    request, *headers = head.split("\r\n")
    method, _, rest = request.partition(" ")
    if not secrets.compare_digest(rest.partition(" ")[0].encode(), path.encode()):
        return "404 Not Found", None
    if method != "POST":
        return "405 Method Not Allowed", None
    length = next((line.split(":", 1)[1].strip() for line in headers if line.lower().startswith("content-length:")), "")
    if not length.isdecimal() or int(length) > _BODY_CAP:
        return "413 Content Too Large", None
    reply = reply_to(index, await reader.readexactly(int(length)))
    return ("400 Bad Request", None) if reply is None else ("200 OK", reply)


def reply_to(index: Index, query: bytes) -> Mapping[str, Any] | None:
    """The answer to the body of a query for one version of a package; None when it is no such query."""
    try:
        document = cast("dict[str, Any]", json.loads(query))
        package = cast("dict[str, Any]", document["package"])
        if package["ecosystem"] != ECOSYSTEM:
            return None
        found = index.matching(str(package["name"]), str(document["version"]))
    except (ValueError, KeyError, TypeError, InvalidVersion):
        return None
    return {"vulns": [_served(item, str(package["name"]), family(item, found)) for item in found]}


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
