"""What answers mean, and which library is the right one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.remediation.errors import NoDocumentationError, QuotaExceededError
from pytest_mcpquality.remediation.policy import (
    LONGEST_HOLD,
    best,
    checked,
    docs_ttl,
    is_library_id,
    quota,
    ranked,
    refusal,
    status_of,
)
from pytest_mcpquality.remediation.statistics import Quota
from pytest_mcpquality.remediation.values import Library

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WEEK = 7 * 24 * 3600


@pytest.mark.parametrize(
    "text",
    ["/psf/requests", "/vercel/next.js/v14.3.0-canary.87", "/websites/python_3_13", "/a/b@1.2", "/a/b/__branch__3.12"],
)
def test_ids(text: str) -> None:
    assert is_library_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "/a", "a/b", "/a/b/", "/a//b", "//a/b", "/a/b/c/d", "/../b", "/a/..", "/a/./b", "/a/b/..", "/a/b@..",
        "/a b/c", "/a/b?c=d", "/a/b#c", "/a/b\n", "/a/b%2f..", "/a\\b/c", "/ä/b", "/a/b/" + "c" * 500,
        "https://attacker.example/a/b", "//attacker.example/../x?y=1",
    ],
)  # fmt: skip
def test_what_is_no_id(text: str) -> None:
    assert not is_library_id(text)


@given(st.text())
def test_no_text_is_taken_for_an_id_that_leaves_its_place(text: str) -> None:
    if is_library_id(text):
        assert ".." not in text.replace("@", "/").split("/")
        assert not set(text) & set(" ?#%\\\n\r\0")


def test_the_best_library_is_ready_called_so_trusted_described_large() -> None:
    fields = {"trust_score": 9.0, "benchmark_score": 50.0, "snippets": 10}
    ready = {"state": "finalized", **fields}
    order = [
        Library("/a/flask", "Flask", **{**ready, "benchmark_score": 90.0}),  # type: ignore[arg-type]
        Library("/b/flask", "Other", **{**ready, "snippets": 99}),  # type: ignore[arg-type]
        Library("/c/flask", "Flask", **ready),  # type: ignore[arg-type]
        Library("/d/flask", "Flask", **{**ready, "trust_score": 6.9, "benchmark_score": 99.0}),  # type: ignore[arg-type]
        Library("/e/flask-login", "Flask Login", **{**ready, "benchmark_score": 99.0}),  # type: ignore[arg-type]
        Library("/f/flask", "Flask", **fields),  # type: ignore[arg-type]
        Library("/g/flask", "Flask", state="processing", **fields),  # type: ignore[arg-type]
    ]
    assert ranked(reversed(order), "flask") == order
    assert best(order[1:], "FLASK") == order[1]


def test_a_library_that_is_not_ready_is_none() -> None:
    with pytest.raises(NoDocumentationError, match="no library 'flask'"):
        best([], "flask")
    with pytest.raises(NoDocumentationError, match="/g/flask is not ready yet") as told:
        best([Library("/g/flask", "Flask", state="processing")], "flask")
    assert told.value.pending


def test_how_long_documentation_is_fresh() -> None:
    assert docs_ttl("") == docs_ttl("anything") == WEEK
    assert docs_ttl("Troubleshooting") == 2 * 3600


@pytest.mark.parametrize(
    ("headers", "retry_after", "hold"),
    [
        ({}, None, 0),
        ({"retry-after": "1"}, 1, 1),
        ({"retry-after": "499415"}, 499_415, 499_415),
        ({"retry-after": "99999999"}, LONGEST_HOLD, LONGEST_HOLD),
        ({"retry-after": "Fri, 01 May 2026 12:01:00 GMT"}, 60, 60),
        ({"retry-after": "Fri, 01 May 2020 12:01:00 GMT"}, 0, 0),
        ({"retry-after": "soon"}, None, 0),
        ({"retry-after": "-5"}, None, 0),
        ({"retry-after": "nan"}, None, 0),
        ({"retry-after": "1", "ratelimit-remaining": "0", "ratelimit-reset": "3600"}, 1, 3600),
        ({"retry-after": "1", "ratelimit-remaining": "5", "ratelimit-reset": "3600"}, 1, 1),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "3600"}, 3600, 3600),
        ({"ratelimit-remaining": "0"}, None, 0),
    ],
)
def test_how_long_the_service_wants_to_be_left_alone(
    headers: dict[str, str], retry_after: float | None, hold: float
) -> None:
    error = refusal(429, {}, headers, NOW)
    assert isinstance(error, QuotaExceededError)
    assert (error.retry_after, error.hold) == (retry_after, hold)


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("60", 60),
        (str(int(NOW.timestamp()) + 60), 60),
        (str((int(NOW.timestamp()) + 60) * 1000), 60),
        ("1000000001", 0),
    ],
)
def test_what_is_left_of_the_quota(reset: str, seconds: int) -> None:
    headers = {"ratelimit-limit": "200", "ratelimit-remaining": "17", "ratelimit-reset": reset}
    assert quota(headers, NOW) == Quota(200, 17, NOW + timedelta(seconds=seconds))


def test_a_quota_that_is_not_spoken_of_is_not_known() -> None:
    assert quota({}, NOW) is None
    assert quota({"ratelimit-limit": "many"}, NOW) is None
    assert quota({"ratelimit-limit": "200"}, NOW) == Quota(200)


@given(st.dictionaries(st.sampled_from(["retry-after", "ratelimit-reset", "ratelimit-remaining"]), st.text()))
def test_no_header_breaks_anything(headers: dict[str, str]) -> None:
    error = refusal(429, {}, headers, NOW)
    assert isinstance(error, QuotaExceededError)
    assert 0 <= error.hold <= LONGEST_HOLD
    quota(headers, NOW)


@given(
    st.integers(100, 999), st.dictionaries(st.sampled_from(["error", "message", "redirectUrl"]), st.text() | st.none())
)
def test_every_answer_means_something_in_one_line(status: int, body: dict[str, str | None]) -> None:
    text = str(refusal(status, body, {}, NOW))
    assert "\n" not in text
    assert "\x1b" not in text
    assert str(status) in text


def test_a_parameter_is_one_line() -> None:
    assert checked("query", "  a\n b\tc ") == "a b c"
    with pytest.raises(UsageError, match="docs: query must have 1 to 500 characters"):
        checked("query", "")


def test_codes() -> None:
    assert status_of("tag_not_found") == 404
    assert status_of("nothing") == status_of(None) == 0
