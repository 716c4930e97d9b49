from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from mcpquality_scanners.advisories import QUERY as BELOW
from mcpquality_scanners.advisories import Index, parse_record, serving
from mcpquality_scanners.advisories.records import pack

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
            writer.write(request.replace(b"PATH", (path or parts.path + BELOW).encode()))
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


def talk(*requests: bytes) -> list[tuple[int, Any]]:
    """Send requests over one connection; `ROOT` stands for the endpoint's address."""

    async def all_of_them() -> list[tuple[int, Any]]:
        async with serving(INDEX) as url:
            parts = urlsplit(url)
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            answers: list[tuple[int, Any]] = []
            for request in requests:
                writer.write(request.replace(b"ROOT", parts.path.encode()))
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().partition("content-length:")[2].split()[0])
                answers.append((int(head.split()[1]), json.loads(await reader.readexactly(length))))
            writer.close()
            await writer.wait_closed()
            return answers

    return asyncio.run(all_of_them())


def posted(path: str, document: object) -> bytes:
    body = json.dumps(document).encode()
    return b"POST ROOT%s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (path.encode(), len(body), body)


def test_a_batch_is_answered_in_its_order_with_ids_alone() -> None:
    queries = [QUERY, {**QUERY, "version": "2"}, {"package": {"name": "other", "ecosystem": "PyPI"}, "version": "1"}]
    brief = {"vulns": [{"id": "A-1", "modified": ""}]}
    assert talk(posted("/v1/querybatch", {"queries": queries})) == [(200, {"results": [brief, {}, brief]})]


@pytest.mark.parametrize("document", [[], {}, {"queries": 1}, {"queries": [{}]}, {"queries": [QUERY] * 1001}])
def test_what_is_no_batch_is_refused(document: object) -> None:
    assert talk(posted("/v1/querybatch", document))[0][0] == 400


def test_one_connection_serves_many_requests_and_records_by_their_ids() -> None:
    answers = talk(
        posted("/v1/query", QUERY),
        b"GET ROOT/v1/vulns/A-1 HTTP/1.1\r\n\r\n",
        b"GET ROOT/v1/vulns/B HTTP/1.1\r\n\r\n",
    )
    assert [status for status, _ in answers] == [200, 200, 404]
    assert answers[1][1]["id"] == "A-1"
    assert talk(posted("/v1/vulns/A-1", {}))[0][0] == 405
    assert talk(posted("/v1/other", {}))[0][0] == 404


def test_a_whole_record_is_served_as_it_is() -> None:
    document = {"id": "R", "affected": [], "database_specific": {"any": "thing"}}
    index = Index([replace(parse_record(document), raw=pack(document))])

    async def get() -> bytes:
        async with serving(index) as url:
            parts = urlsplit(url)
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(f"GET {parts.path}/v1/vulns/R HTTP/1.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            body = await reader.read(1000)
            writer.close()
            await writer.wait_closed()
            return body

    assert json.loads(asyncio.run(get())) == document


def test_a_client_that_stays_does_not_hold_up_the_end() -> None:
    async def stay() -> bool:
        async with serving(INDEX) as url:
            parts = urlsplit(url)
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            await asyncio.sleep(0)
        gone = await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        return gone

    assert asyncio.run(stay())
