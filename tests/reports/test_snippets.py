from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_reports.snippets import HIDDEN, Line, Snippets
from mcpquality_scanners.findings import Category, Finding, Location, Region
from tests.reports import samples


def cut(finding: Finding, lines: list[str] | None, *others: Finding) -> tuple[Line, ...]:
    return Snippets((finding, *others), lambda _path: lines).of(finding)


def words(line: Line) -> str:
    return "".join(text for _, text in line.pieces)


def at_line(line: int, end: int = 0, path: str = "a.py") -> Finding:
    return replace(samples.PATH_TRAVERSAL, location=Location(path, Region(line, 1, end)))


def shown(source: str, path: str = "a.py") -> str:
    return words(cut(at_line(1, path=path), [source])[0])


def test_the_hit_stands_between_its_neighbours() -> None:
    lines = cut(samples.COMMAND_INJECTION, samples.SERVER)
    assert [(line.number, line.hit) for line in lines] == [(11, False), (12, False), (13, True), (14, False)]
    assert words(lines[2]) == samples.SERVER[12]


def test_code_is_coloured_by_its_language() -> None:
    (line,) = cut(at_line(1), ["def f(): return 'x'  # why"])
    assert ("k", "def") in line.pieces
    assert ("s", "'x'") in line.pieces
    assert ("c", "# why") in line.pieces


def test_an_unknown_language_is_shown_plain() -> None:
    (line,) = cut(at_line(1, path="a.unknown"), ["def f()"])
    assert line.pieces == (("", "def f()"),)


@pytest.mark.parametrize("line", [0, -3, 5])
def test_a_line_that_is_not_there_has_no_snippet(line: int) -> None:
    assert cut(at_line(line), ["a", "b"]) == ()


def test_no_snippet_without_a_place_or_a_source() -> None:
    assert cut(replace(samples.PATH_TRAVERSAL, location=None), ["a"]) == ()
    assert cut(replace(samples.PATH_TRAVERSAL, location=Location("a.py")), ["a"]) == ()
    assert cut(at_line(1), None) == ()
    assert cut(at_line(1), []) == ()


def test_a_long_hit_is_cut() -> None:
    lines = cut(at_line(1, 10**9), ["x"] * 100)
    assert sum(line.hit for line in lines) == 6


@pytest.mark.parametrize("finding", [samples.SECRET, replace(samples.SECRET, category=Category.CODE)])
def test_the_line_of_a_secret_is_hidden_and_stands_alone(finding: Finding) -> None:
    (line,) = cut(finding, samples.SETTINGS)
    assert (line.number, line.hit, words(line)) == (2, True, HIDDEN)


def test_a_secret_beside_another_finding_is_hidden_too() -> None:
    lines = ["x = 1", "y = open_sesame_12345", "z = 3"]
    secret = replace(samples.SECRET, location=Location("a.py", Region(2)))
    assert [words(line) for line in cut(at_line(1), lines, secret)] == ["x = 1", HIDDEN, "z = 3"]


def test_a_broken_region_of_a_secret_costs_nothing() -> None:
    secret = replace(samples.SECRET, location=Location("a.py", Region(1, 0, 10**12)))
    assert words(cut(at_line(1), ["x = 1"], secret)[0]) == HIDDEN


def test_a_private_key_is_hidden_to_its_end() -> None:
    lines = ["k = '''", "-----BEGIN RSA PRIVATE KEY-----", "MIIabc", "-----END RSA PRIVATE KEY-----", "'''"]
    assert [words(line) for line in cut(at_line(1), lines)] == ["k = '''", HIDDEN, HIDDEN, HIDDEN]
    assert [words(line) for line in cut(at_line(5), lines)] == [HIDDEN, HIDDEN, "'''"]


@pytest.mark.parametrize(
    "secret",
    [
        samples.KEY,
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 9,
        "glpat-" + "a1B2" * 5,
        "xoxb-123456789012-abc",
        "sk_live_" + "a1B2" * 6,
        "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_secret_is_masked_anywhere(secret: str) -> None:
    assert secret[:8] not in shown(f"call({secret!r})")


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        ("password = 'hunter22'", "password = '[hidden]'"),
        ('DB_PASSWORD: str = "hunter22"', 'DB_PASSWORD: str = "[hidden]"'),
        ('{"api_key": "hunter22"}', '{"api_key": "[hidden]"}'),
        ("settings['secret'] = b'hunter22'", "settings['secret'] = b'[hidden]'"),
        ("url = 'https://joe:hunter22@example.org/'", "url = 'https://[hidden]@example.org/'"),
        ("token = read()", "token = read()"),
        ("password = ''", "password = ''"),
    ],
)
def test_texts_given_to_a_telling_name_are_masked(source: str, visible: str) -> None:
    assert shown(source) == visible


def test_long_lines_are_cut_and_odd_characters_spelled_out() -> None:
    assert len(shown("x" * 1_000_000)) < 250
    assert shown("a = '\x1b[2J\u202e'", "a.txt") == "a = '\\x1b[2J\\u202e'"


@given(st.lists(st.text(st.characters(codec=None, categories=None), max_size=30), min_size=1, max_size=8))
def test_every_line_keeps_its_own_number_whatever_stands_in_it(lines: list[str]) -> None:
    shown_lines = cut(at_line(1), lines)
    assert [line.number for line in shown_lines] == list(range(1, len(shown_lines) + 1))
    assert not any("\n" in words(line) for line in shown_lines)
