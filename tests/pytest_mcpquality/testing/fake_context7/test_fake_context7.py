"""The fake says and does what the real service was seen to; asked with a plain HTTP client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.testing import FakeContext7, FakeLibrary, FakeSnippet
from pytest_mcpquality.testing.fake_context7.library import LINE
from pytest_mcpquality.testing.fake_context7.scenarios import CODES, NAMES, scenario

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def http(fake_context7: FakeContext7) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=fake_context7.url, timeout=10, trust_env=False) as client:
        yield client


def search(http: httpx2.Client, name: str, **headers: str) -> httpx2.Response:
    return http.get("/v2/libs/search", params={"libraryName": name, "query": "how to"}, headers=headers)


def context(http: httpx2.Client, library: str, **params: str) -> httpx2.Response:
    return http.get("/v2/context", params={"libraryId": library, "query": "how to", **params})


def refused(response: httpx2.Response) -> tuple[int, str]:
    body = response.json()
    assert body.keys() >= {"error", "message"}
    return response.status_code, body["error"]


def test_a_search(http: httpx2.Client) -> None:
    answer = search(http, "requests")
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert body.keys() == {"results", "searchFilterApplied"}
    by_id: dict[str, Any] = {one["id"]: one for one in body["results"]}
    assert by_id.keys() == {"/psf/requests", "/kennethreitz/requests"}
    # As seen live: a field that nobody knows, one that is missing, a tag that is none.
    assert "newField" in by_id["/psf/requests"]
    assert "lastUpdateDate" not in by_id["/psf/requests"]
    assert "__branch__x" in by_id["/psf/requests"]["versions"]
    (python,) = search(http, "CPYTHON").json()["results"]
    assert (python["trustScore"], python["stars"]) == (9.8, -1)
    assert search(http, "nothing like it").json()["results"] == []


def test_documentation_as_json(http: httpx2.Client) -> None:
    body = context(http, "/psf/requests", type="json").json()
    (snippet,) = body["codeSnippets"]
    fields = {"codeTitle", "codeDescription", "codeLanguage", "codeTokens", "codeId", "pageTitle", "codeList"}
    assert snippet.keys() == fields
    assert snippet["codeList"][0].keys() == {"language", "code"}
    assert "rules" in body
    (info,) = context(http, "/python/cpython", type="json").json()["infoSnippets"]
    assert info.keys() == {"pageId", "breadcrumb", "content", "contentTokens"}


def test_documentation_as_text(http: httpx2.Client) -> None:
    answer = context(http, "/python/cpython")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.count(f"\n{LINE}\n") == 2
    assert answer.text.startswith("### Run a program without a shell\n\nSource: https://github.com/")
    assert context(http, "/pallets/flask").text.count("```") == 4


def test_what_cannot_be_asked_for(http: httpx2.Client) -> None:
    assert refused(http.get("/v2/libs/search", params={"query": "x"})) == (400, "validation_error")
    assert refused(search(http, "x" * 501)) == (400, "validation_error")
    assert refused(http.get("/v2/context", params={"libraryId": "/a/b"})) == (400, "validation_error")
    for wrong in ("requests", "/a", "/a/b/c/d"):
        assert refused(context(http, wrong)) == (400, "invalid_library_id")
    assert refused(http.get("/v3/anything")) == (404, "not_found")


def test_what_there_is_not(http: httpx2.Client) -> None:
    assert refused(context(http, "/no/body")) == (404, "library_not_found")
    assert refused(context(http, "/empty/library")) == (404, "no_snippets_found")
    assert refused(context(http, "/websites/python_3")) == (202, "library_not_finalized")
    missing = context(http, "/psf/requests/v0.1")
    assert refused(missing) == (404, "tag_not_found")
    assert "v2.32.4" in missing.json()["message"]
    for tag in ("/psf/requests/v2.32.4", "/psf/requests@v2.32.4"):
        assert context(http, tag).status_code == 200


def test_what_has_moved(http: httpx2.Client) -> None:
    answer = context(http, "/kennethreitz/requests")
    assert refused(answer) == (301, "library_redirected")
    assert answer.json()["redirectUrl"] == "/psf/requests"
    assert "location" not in answer.headers


def test_keys(http: httpx2.Client, fake_context7: FakeContext7) -> None:
    assert refused(search(http, "requests", authorization="Bearer wrong")) == (401, "invalid_api_key")
    assert search(http, "requests", authorization="Bearer ctx7sk-1").status_code == 200
    assert [request.key for request in fake_context7.requests] == ["wrong", "ctx7sk-1"]


def test_a_quota() -> None:
    with FakeContext7(quota=1) as fake, httpx2.Client(base_url=fake.url, trust_env=False) as http:
        first = search(http, "requests")
        assert (first.headers["ratelimit-limit"], first.headers["ratelimit-remaining"]) == ("1", "0")
        second = search(http, "requests")
        assert refused(second) == (429, "rate_limit_exceeded")
        assert second.headers["retry-after"] == "499415"


def test_older_generations(http: httpx2.Client, fake_context7: FakeContext7) -> None:
    for path in ("/v1/search", "/v2/search"):
        assert http.get(path, params={"query": "requests"}).json()["results"]
        assert refused(http.get(path)) == (400, "validation_error")
    for path in ("/v1/psf/requests", "/v2/docs/code/psf/requests", "/v2/docs/info/psf/requests/v2.32.4"):
        assert http.get(path, params={"topic": "TLS"}).text.startswith("### Verify TLS")
    assert len(fake_context7.asked("search")) == 4
    assert len(fake_context7.asked("context")) == 3


def test_the_log(http: httpx2.Client, fake_context7: FakeContext7) -> None:
    search(http, "requests")
    context(http, "/psf/requests")
    http.get("/other")
    asked, got, other = fake_context7.requests
    assert (asked.path, asked.query) == ("/api/v2/libs/search", {"libraryName": "requests", "query": "how to"})
    assert got.headers["host"].startswith("127.0.0.1:")
    assert fake_context7.asked("search") == [asked]
    assert fake_context7.asked("context") == [got]
    assert fake_context7.asked() == [asked, got, other]
    assert other.call == "/api/other"
    assert repr(fake_context7) == f"<FakeContext7 at {fake_context7.url}, 6 libraries, 3 requests>"


def test_ones_own_libraries() -> None:
    library = FakeLibrary(
        "/acme/rockets", "Rockets", (FakeSnippet("Launch", "launch()"),), (("Safety", "Stand back."),)
    )
    with FakeContext7([library]) as fake, httpx2.Client(base_url=fake.url, trust_env=False) as http:
        assert [one["id"] for one in search(http, "rockets").json()["results"]] == ["/acme/rockets"]
        assert search(http, "requests").json()["results"] == []
        fake.add(FakeLibrary("/psf/requests", "Requests"))
        assert len(search(http, "requests").json()["results"]) == 1


# Scenarios.


@pytest.mark.parametrize("code", CODES)
def test_every_error_by_name(code: str, http: httpx2.Client, fake_context7: FakeContext7) -> None:
    fake_context7.play(f"error-{code}")
    assert refused(search(http, "requests")) == (CODES[code], code)


def test_a_scenario_for_some_requests_only(http: httpx2.Client, fake_context7: FakeContext7) -> None:
    fake_context7.play("status-500", times=2, call="search")
    fake_context7.play("status-402", key="ctx7sk-poor")
    statuses = [search(http, "requests").status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert context(http, "/psf/requests").status_code == 200
    assert search(http, "requests", authorization="Bearer ctx7sk-poor").status_code == 402
    fake_context7.stop()
    assert search(http, "requests", authorization="Bearer ctx7sk-poor").status_code == 200


def test_both_kinds_of_429(http: httpx2.Client, fake_context7: FakeContext7) -> None:
    for name, seconds, message in (("throttle-1", "1", "Too many requests."), ("quota", "499415", "Quota Exceeded")):
        fake_context7.stop()
        fake_context7.play(name)
        answer = search(http, "requests")
        assert refused(answer) == (429, "rate_limit_exceeded")
        assert (answer.headers["retry-after"], answer.headers["ratelimit-remaining"]) == (seconds, "0")
        assert answer.json()["message"] == message


@pytest.mark.parametrize(
    ("name", "location"),
    [
        ("redirect", ""),
        ("redirect-location", "/api/v2/context?libraryId=/psf/requests&query=moved"),
        ("redirect-loop", "/api/v2/context?libraryId=/kennethreitz/requests"),
        ("redirect-hostile-id", ""),
        ("redirect-hostile-host", "http://attacker.example/api/v2/context"),
        ("redirect-hostile-scheme", "file:///etc/passwd"),
    ],
)
def test_redirects(name: str, location: str, http: httpx2.Client, fake_context7: FakeContext7) -> None:
    fake_context7.play(name)
    answer = context(http, "/psf/requests")
    assert answer.status_code == 301
    assert answer.headers.get("location", "") == location


def test_slow(http: httpx2.Client, fake_context7: FakeContext7) -> None:
    fake_context7.play("slow-0.2")
    began = time.monotonic()
    assert search(http, "requests").status_code == 200
    assert time.monotonic() - began >= 0.2


def test_reset_in_the_middle(http: httpx2.Client, fake_context7: FakeContext7) -> None:
    fake_context7.play("reset")
    with pytest.raises(httpx2.TransportError):
        context(http, "/psf/requests")


def test_a_byte_a_second(http: httpx2.Client, fake_context7: FakeContext7) -> None:
    fake_context7.play("drip")
    with pytest.raises(httpx2.ReadTimeout):
        http.get("/v2/context", params={"libraryId": "/a/b", "query": "x"}, timeout=0.2)


def test_ten_gigabytes(http: httpx2.Client, fake_context7: FakeContext7) -> None:
    fake_context7.play("huge")
    with http.stream("GET", "/v2/context", params={"libraryId": "/a/b", "query": "x"}) as answer:
        assert int(answer.headers["content-length"]) == 10 * 2**30
        read = 0
        for piece in answer.iter_raw():
            read += len(piece)
            if read > 2**20:
                break


@pytest.mark.parametrize("name", [name for name in NAMES if "-" not in name])
def test_every_other_scenario_can_be_made(name: str) -> None:
    made = scenario(name)
    assert made is not None
    assert made.status in {200, 301, 429}


@pytest.mark.parametrize("name", ["nothing", "status-", "status-x", "slow", "error-nothing", "status-500-x"])
def test_there_are_no_others(name: str, fake_context7: FakeContext7) -> None:
    with pytest.raises(UsageError, match=f"has no scenario '{name}': there are empty, "):
        fake_context7.play(name)
    with pytest.raises(UsageError, match="has no call 'nothing': there are search, context"):
        fake_context7.play("empty", call="nothing")


# Opening and closing.


def test_closed_it_refuses_and_opened_again_it_is_where_it_was(
    http: httpx2.Client, fake_context7: FakeContext7
) -> None:
    url = fake_context7.url
    fake_context7.close()
    assert "not open" in repr(fake_context7)
    with pytest.raises(httpx2.ConnectError):
        search(http, "requests")
    assert fake_context7.open().url == url
    assert fake_context7.open().url == url
    assert search(http, "requests").status_code == 200


def test_closing_does_not_wait_for_who_waits(fake_context7: FakeContext7) -> None:
    fake_context7.play("slow-60", call="search")
    fake_context7.play("drip", call="context")
    with ThreadPoolExecutor(2) as threads:
        options: dict[str, Any] = {"timeout": 30, "trust_env": False}
        calls = [
            threads.submit(httpx2.get, f"{fake_context7.url}{path}", **options)
            for path in ("/v2/libs/search?libraryName=a&query=b", "/v2/context?libraryId=/a/b&query=c")
        ]
        deadline = time.monotonic() + 10
        while len(fake_context7.requests) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        began = time.monotonic()
        fake_context7.close()
        assert time.monotonic() - began < 5
        for call in calls:
            with pytest.raises(httpx2.TransportError):
                call.result(10)


def test_many_at_once(http: httpx2.Client) -> None:
    with ThreadPoolExecutor(20) as threads:
        statuses = list(threads.map(lambda _: search(http, "requests").status_code, range(200)))
    assert set(statuses) == {200}
