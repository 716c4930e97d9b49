from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from mcpquality_scanners.advisories import Index, parse_record, serving

INDEX = Index(
    [
        parse_record(
            {
                "id": "A-1",
                "schema_version": "1.0.0",
                "published": "not a date",
                "details": "bad",
                "aliases": ["B"],
                "affected": [
                    {
                        "package": {"name": "Foo", "ecosystem": "PyPI"},
                        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}],
                    },
                    {"package": {"name": "other", "ecosystem": "PyPI"}, "versions": ["1"]},
                ],
            }
        )
    ]
)
QUERY = {"package": {"name": "foo", "ecosystem": "PyPI"}, "version": "1"}


def exchange(request: bytes, *, path: str | None = None) -> tuple[int, Any]:
    """Send raw bytes, with the endpoint's own path for `PATH`; the status and the document that came back."""

    async def talk() -> tuple[int, Any]:
        async with serving(INDEX) as url:
            parts = urlsplit(url)
            assert parts.hostname == "127.0.0.1"
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(request.replace(b"PATH", (path or parts.path).encode()))
            writer.write_eof()
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
            await writer.wait_closed()
            return int(head.split()[1]), json.loads(body)

    return asyncio.run(talk())


def post(document: object, *, path: str | None = None) -> tuple[int, Any]:
    body = json.dumps(document).encode()
    return exchange(b"POST PATH HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body), path=path)


def test_a_query_gets_what_matches_in_the_shape_pip_audit_reads() -> None:
    status, document = post(QUERY)
    events = [{"introduced": "0"}, {"fixed": "2"}]
    affected = {
        "package": {"name": "foo", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    vulnerability = {
        "schema_version": "1.6.0",
        "id": "A-1",
        "aliases": ["B"],
        "summary": "bad",
        "affected": [affected],
    }
    assert (status, document) == (200, {"vulns": [vulnerability]})


def test_nothing_known_is_an_empty_list() -> None:
    assert post({**QUERY, "version": "2"}) == (200, {"vulns": []})


@pytest.mark.parametrize("path", ["/v1/query", "/", "/x/v1/query"])
def test_nobody_is_answered_without_the_path(path: str) -> None:
    assert post(QUERY, path=path)[0] == 404


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"package": 1},
        {**QUERY, "version": "x"},
        {**QUERY, "package": {"name": "a", "ecosystem": "npm"}},
    ],
)
def test_other_queries_are_refused_and_not_answered_with_nothing(document: object) -> None:
    assert post(document)[0] == 400


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET PATH HTTP/1.1\r\n\r\n", 405),
        (b"POST PATH HTTP/1.1\r\n\r\n", 413),
        (b"POST PATH HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST PATH HTTP/1.1\r\nContent-Length: 10\r\n\r\n{}", 400),
        (b"POST PATH HTTP/1.1\r\nContent-Length: 1\r\n\r\n{", 400),
        (b"nonsense", 400),
        (b"x" * 100_000, 400),
    ],
)
def test_other_requests_are_refused(request_: bytes, status: int) -> None:
    assert exchange(request_)[0] == status


def test_each_scan_has_a_path_of_its_own() -> None:
    async def path() -> str:
        async with serving(INDEX) as url:
            return urlsplit(url).path

    assert asyncio.run(path()) != asyncio.run(path())
