"""Answers from anywhere: what is no documentation is never taken for some, and nothing breaks the parser."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcpquality.remediation.cache_records import (
    documentation_from,
    documentation_record,
    libraries_from,
    libraries_record,
)
from pytest_mcpquality.remediation.errors import NoDocumentationError, RemediationError, UnusableAnswerError
from pytest_mcpquality.remediation.rest_parsing import (
    json_object,
    libraries_of,
    object_or_nothing,
    snippets_of,
    text_of,
    url_of,
)
from pytest_mcpquality.remediation.values import Documentation, Library, Snippet, TransportKind

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
FIELDS = (
    "id",
    "title",
    "codeList",
    "code",
    "codeTitle",
    "codeDescription",
    "content",
    "pageId",
    "versions",
    "trustScore",
)
ENTRY = st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON
ANSWER = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(ENTRY, max_size=5) | JSON for name in ("codeSnippets", "infoSnippets", "results", "rules")
    },
)


@given(ANSWER)
def test_no_answer_breaks_the_parser(answer: dict[str, Any]) -> None:
    try:
        found = snippets_of(answer)
    except RemediationError:
        found = ()
    for snippet in found:
        assert snippet.text or snippet.code
        json.dumps(documentation_record(Documentation("/a/b", "q", (snippet,), NOW))).encode("utf-8")
        str(snippet).encode("utf-8")
    try:
        listed = libraries_of(answer)
    except RemediationError:
        listed = ()
    assert libraries_from(json.loads(json.dumps(libraries_record(listed)))) == listed


@given(st.binary())
def test_no_bytes_break_it(body: bytes) -> None:
    assert isinstance(object_or_nothing(body), dict)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"\xff", b"[" * 200_000, b"1" * 10_000, b"{'a': 1}"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(UnusableAnswerError, match=r"no JSON|no object"):
        json_object(body)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"results": []},
        {"error": "internal_error", "message": "x"},
        {"codeSnippets": [], "error": "x"},
        {"codeSnippets": "### title\n\nSource: x"},
        {"codeSnippets": None, "infoSnippets": {}},
    ],
)
def test_a_success_that_holds_no_documentation_is_none(answer: dict[str, Any]) -> None:
    with pytest.raises(UnusableAnswerError):
        snippets_of(answer)


@pytest.mark.parametrize(
    "answer", [{"codeSnippets": []}, {"infoSnippets": [{"content": " "}]}, {"codeSnippets": [1, {"codeTitle": "x"}]}]
)
def test_documentation_of_nothing_is_none(answer: dict[str, Any]) -> None:
    with pytest.raises(NoDocumentationError):
        snippets_of(answer)


def test_figures_that_were_not_measured_are_unknown() -> None:
    odd = {"id": "/a/b", "trustScore": -1, "benchmarkScore": True, "totalSnippets": 10**400, "versions": [1, "v1", ""]}
    assert libraries_of({"results": [odd, {"title": "no id"}, {"id": "/a"}, 7]}) == (Library("/a/b", versions=("v1",)),)
    with pytest.raises(UnusableAnswerError, match="without results: internal_error"):
        libraries_of({"error": "internal_error"})


@pytest.mark.parametrize("url", ["https://example.org/a?b#c", "http://example.org"])
def test_addresses_on_the_web(url: str) -> None:
    assert url_of(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.org", "/a/b",
        "https://user:word@example.org", "https://a b.org", "https://", "https://[::x", "https://e.org/" + "x" * 500,
        "https://e.org/\u202egpj",
    ],
)  # fmt: skip
def test_what_is_none(url: str | None) -> None:
    assert url_of(url) == ""


def test_texts_can_be_written_anywhere() -> None:
    assert text_of(" a\0b\ud800 ") == "ab?"
    assert text_of(7) == text_of(None) == ""
    assert text_of("x" * 10, 3) == "xxx"


# What is kept.


def test_documentation_comes_back_as_it_was() -> None:
    snippet = Snippet("t", "x", "c", "python", "https://e.org")
    kept = Documentation("/a/b", "q", (snippet,), NOW, TransportKind.MCP)
    assert documentation_from(json.loads(json.dumps(documentation_record(kept))), "q") == kept
    assert kept.url == "https://e.org"
    assert Documentation("/a/b", "q", (Snippet("t", "x"),), NOW).url == ""


GOOD: dict[str, Any] = {
    "library": "/a/b",
    "snippets": [{"title": "t", "text": "x", "code": "", "language": "", "url": ""}],
    "fetched_at": 1.0,
    "transport": "rest",
}


@pytest.mark.parametrize(
    "changes",
    [
        {"library": "/a"},
        {"library": None},
        {"snippets": []},
        {"snippets": None},
        {"snippets": [7]},
        {"snippets": [{"title": 7}]},
        {"fetched_at": "now"},
        {"fetched_at": 1e300},
        {"fetched_at": float("inf")},
        {"transport": "pigeon"},
    ],
)
def test_a_record_that_is_none_of_ours_is_refused(changes: dict[str, Any]) -> None:
    documentation_from(GOOD, "q")
    with pytest.raises(ValueError, match=r".+"):
        documentation_from({**GOOD, **changes}, "q")


@given(JSON)
def test_no_record_breaks_it(record: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        documentation_from(record, "q")
    with pytest.raises(ValueError, match=r".+"):
        libraries_from({"not": record})
