from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_reports.redaction import redacted, shortened
from tests.reports import samples

SECRETS = (
    samples.KEY,
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 9,
    "glpat-" + "a1B2" * 5,
    "xoxb-123456789012-abc",
    "sk_live_" + "a1B2" * 6,
    "AIza" + "a1B2" * 8,
    "pypi-" + "a1B2" * 8,
    "npm_" + "a1B2" * 8,
    "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("text", ["{}", "found {} here", "key={},", "('{}')", "Ü{} 漢"])
def test_what_looks_like_a_secret_goes_from_any_text(secret: str, text: str) -> None:
    assert secret[:5] not in redacted(text.format(f" {secret}"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Possible hardcoded password: 'hunter22'", "Possible hardcoded password: '[hidden]'"),
        ('{"access_token": "hunter22"}', '{"access_token": "[hidden]"}'),
        ("GET https://a.example/?q=1&api_key=hunter22&x=2", "GET https://a.example/?q=1&api_key=[hidden]&x=2"),
        ("postgres://joe:hunter22@db/x", "postgres://[hidden]@db/x"),
        ("redis://:hunter22@db/x", "redis://[hidden]@db/x"),
        ("Authorization: Bearer abcdefghijklmnop.qrs", "Authorization: Bearer [hidden]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END x", "-----BEGIN RSA PRIVATE KEY [hidden] -----END x"),
        ("the argument `token` reaches a shell", "the argument `token` reaches a shell"),
        ("password = get_password()", "password = get_password()"),
        ("a basic example", "a basic example"),
        ("", ""),
    ],
)
def test_what_stands_around_a_secret_stays(text: str, shown: str) -> None:
    assert redacted(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DB_PASSWORD=hunter22", "DB_PASSWORD=[hidden]"),
        ("secret: hunter22 # why", "secret: [hidden] # why"),
        ("token = 'hunter22'", "token = '[hidden]'"),
        ("name: value", "name: value"),
    ],
)
def test_values_without_quotes_where_the_language_has_them(text: str, shown: str) -> None:
    assert redacted(text, unquoted=True) == shown


def test_a_secret_at_the_cut_is_hidden_whole() -> None:
    assert shortened("x" * 96 + " " + samples.KEY, 100) == "x" * 96 + " [hi [5 more characters: see the JSON report]"
    long = "y " * 12_000
    assert shortened(long, 10) == "y y y y y  [23,990 more characters: see the JSON report]"
    assert shortened("short", 10) == "short"


@given(st.text(), st.sampled_from(SECRETS), st.text())
def test_no_neighbour_brings_a_secret_back(before: str, secret: str, after: str) -> None:
    assert secret[:12] not in redacted(f"{before} {secret} {after}")


@pytest.mark.parametrize(
    "text", ["x" * 10**6, "token" * 10**5, "password: " * 10**5, "://" * 10**5, "?token=" * 10**5, "eyJ" * 10**5]
)
def test_a_million_characters_take_no_time(text: str) -> None:
    begun = time.monotonic()
    redacted(text, unquoted=True)
    assert time.monotonic() - begun < 5
