"""Documentation as Markdown: whole pieces, within bounds, with where they are from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mcpquality_reports.digest import RuleGroup
from mcpquality_scanners.findings import Finding, Severity
from mcpquality_scanners.remediation import Remediation, RemediationSource
from pytest_mcpquality.remediation.rendering import ROOM, markdown, remediation
from pytest_mcpquality.remediation.values import Documentation, Snippet

WHEN = datetime(2026, 11, 20, 13, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
FINDING = Finding("bandit", "B602", Severity.HIGH, "message", title="shell")
GROUP = RuleGroup("bandit", "B602", (FINDING,))
SNIPPET = Snippet("Run a program", "Pass a *list*.", 'subprocess.run(["ls"])', "python", "https://docs.python.org/3/")


def documentation(*snippets: Snippet, stale: bool = False) -> Documentation:
    return Documentation("/python/cpython", "q", snippets or (SNIPPET,), WHEN, stale=stale)


def test_a_piece_has_its_title_words_code_and_source() -> None:
    assert markdown(documentation()) == (
        '#### Run a program\n\nPass a *list*.\n\n```python\nsubprocess.run(["ls"])\n```\n\nSource: <https://docs.python.org/3/>'
    )


def test_the_remediation_says_which_library_and_as_of_when() -> None:
    assert remediation(GROUP, documentation()) == Remediation(
        "bandit",
        "B602",
        "shell",
        markdown(documentation()),
        RemediationSource.CONTEXT7,
        "/python/cpython",
        "https://docs.python.org/3/",
        "2026-11-20T12:00:00Z",
    )
    assert remediation(GROUP, documentation(stale=True)).source is RemediationSource.STALE


def test_where_no_piece_says_where_it_is_from_the_librarys_page_does() -> None:
    assert remediation(GROUP, documentation(Snippet("t", "x"))).url == "https://context7.com/python/cpython"
    evil = Snippet("t", "x", url="javascript:alert(1)")
    assert remediation(GROUP, documentation(evil)).url == "https://context7.com/python/cpython"
    assert "javascript" not in markdown(documentation(evil))


def test_only_the_best_pieces_that_fit_are_taken_whole() -> None:
    big = Snippet("big", "word\n" * 300, "")
    made = markdown(documentation(SNIPPET, big, big, SNIPPET))
    assert made.count("#### ") == 3
    assert markdown(documentation(big, Snippet("huge", "x\n" * 900, "y\n" * 900))).count("#### ") == 1


def test_what_is_too_long_by_itself_is_cut_at_a_line_and_says_so() -> None:
    made = markdown(documentation(Snippet("t", "a line of prose\n" * 1000, "a line of code\n" * 1000, "python")))
    assert len(made) <= ROOM + 100
    assert made.count("\n...") == 2
    assert made.endswith("```")


def test_a_fence_that_is_cut_open_is_closed() -> None:
    made = markdown(documentation(Snippet("t", "```\n" + "code\n" * 1000, "")))
    assert made.endswith("```\n...")


def test_a_language_that_is_none_is_left_out() -> None:
    assert "```\nx\n```" in markdown(documentation(Snippet("t", "", "x", 'py"><script>')))


@given(st.text(max_size=200), st.text(st.sampled_from("`~a\n"), min_size=1, max_size=60))
def test_nothing_in_the_code_closes_its_fence(title: str, code: str) -> None:
    made = markdown(Documentation("/a/b", "q", (Snippet(title, "", f"x{code}x", "python"),), datetime.now(UTC)))
    blocks = [token for token in MarkdownIt("commonmark").parse(made) if token.type == "fence"]
    assert [block.content for block in blocks] == [f"x{code}x\n"]
