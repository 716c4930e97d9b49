from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_reports import text
from mcpquality_scanners.findings import Location, Package, Region

ANYTHING = st.text(st.characters(codec=None, categories=None))


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("plain", "plain"),
        ("é 漢", "é 漢"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x00b\x9bc", "a\\x00b\\x9bc"),
        ("a\udce9b", "a\\udce9b"),
        ("a\u00a0b", "a b"),
        ("a\U000e0041b", "a\\U000e0041b"),
        ("a\r\nb\tc", "a\nb\tc"),
    ],
)
def test_what_does_not_show_as_itself_is_spelled_out(given_text: str, shown: str) -> None:
    assert text.visible(given_text) == shown


@given(ANYTHING)
def test_visible_text_has_no_control_format_or_surrogate_characters(words: str) -> None:
    shown = text.visible(words)
    assert not [
        character
        for character in shown
        if unicodedata.category(character) in ("Cc", "Cf", "Cs") and character not in "\n\t"
    ]
    shown.encode("utf-8")


@given(ANYTHING)
def test_one_line_is_one_line(words: str) -> None:
    assert len(f"[{text.one_line(words)}]".splitlines()) == 1


def test_two_names_that_differ_in_what_does_not_show_stay_different() -> None:
    assert text.one_line("a\nb") != text.one_line("ab")
    assert text.one_line("a\u200bb") != text.one_line("ab")


def test_what_was_cut_says_how_much() -> None:
    assert text.shorten("x" * 1_000_000, 10) == "x" * 10 + " [999,990 more characters: see the JSON report]"
    assert text.shorten("x" * 10, 10) == "x" * 10


@given(ANYTHING)
def test_no_lone_surrogate_is_left(words: str) -> None:
    json.dumps(text.without_surrogates(words), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(("number", "words"), [(0, "0 files"), (1, "1 file"), (12000, "12,000 files")])
def test_count(number: int, words: str) -> None:
    assert text.count(number, "file") == words


@pytest.mark.parametrize(
    ("location", "package", "where"),
    [
        (None, None, "(no file)"),
        (None, Package("requests", "2.19.1"), "requests 2.19.1"),
        (Location("a.py"), None, "a.py"),
        (Location("a.py", Region(3)), None, "a.py:3"),
        (Location("a\n.py", Region(3, 5)), None, "a\\n.py:3:5"),
    ],
)
def test_place(location: Location | None, package: Package | None, where: str) -> None:
    assert text.place(location, package) == where


def test_line_ranges() -> None:
    assert text.line_ranges((1, 3, 4, 5, 9, 10)) == "1, 3-5, 9-10"
    assert text.line_ranges(()) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,<script>",
        "//example.org/",
        "https://",
        "https://user@example.org/",
        "https://example.org/ x",
        'https://example.org/"onclick=',
        "https://ex\u202eample.org/",
        "https://[::1/",
        "https:\\\\example.org",
        "",
    ],
)
def test_only_plain_https_addresses_become_links(url: str) -> None:
    assert text.safe_url(url) is None


def test_https_addresses_become_links() -> None:
    assert text.safe_url("https://osv.dev/vulnerability/PYSEC-2018-28?x=1#a") is not None
