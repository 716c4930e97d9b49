from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mcpquality_reports import markup
from mcpquality_reports.text import visible

PAGE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TROUBLE = st.text(st.sampled_from(list("ab1 .:/\\`*_{}[]()<>#+-!|~^$@&'\"=%;,\n\x1b\u202e")), max_size=40)


def shown(markdown: str) -> str:
    """The words that a reader sees."""
    return html.unescape(re.sub(r"<[^>]*>", "", PAGE.render(markdown)))


def elements(markdown: str) -> set[str]:
    return set(re.findall(r"<([a-z0-9]+)", PAGE.render(markdown)))


@pytest.mark.parametrize(
    ("words", "markdown"),
    [
        ("Plain words, (with) 'marks'; 73.1 % of them.", "Plain words, (with) 'marks'; 73.1 % of them."),
        ("a gate: 5%), here", "a gate: 5%), here"),
        ("ask @team now", "ask <code>&#64;team</code> now"),
        ("see #1 and !2.", "see <code>&#35;1</code> and <code>&#33;2</code>."),
        ("(snake_case)", "(<code>snake&#95;case</code>)"),
        ("call `run(x)` first", "call <code>run(x)</code> first"),
        ("www.example.org", "<code>www&#46;example.org</code>"),
        ("two\n\nlines", "two lines"),
        ("", ""),
    ],
)
def test_words(words: str, markdown: str) -> None:
    assert markup.words(words) == markdown


def test_indented_lines_of_an_advice_keep_their_lines() -> None:
    made = markup.block("Do this:\n  before: run(f'{x}')\n  after:  run(\n              [x])\nThen *that*.\n")
    assert made == (
        "Do this:\n\n"
        "<pre><code>before&#58; run(f&#39;&#123;x&#125;&#39;)&#10;after&#58;  run(&#10;            &#91;x&#93;)"
        "</code></pre>\n\n"
        "Then <code>&#42;that&#42;</code>.\n\n"
    )


@given(TROUBLE)
def test_words_of_others_show_as_they_are_and_do_nothing(text: str) -> None:
    made = f"Said: {markup.words(text)} end"
    assert elements(made) <= {"p", "code"}
    wanted = " ".join(re.sub(r"`([^`\n]{1,200})`", r"\1", " ".join(visible(text).split())).split())
    assert " ".join(shown(made).split()) == " ".join(f"Said: {wanted} end".split())


@given(TROUBLE, TROUBLE)
def test_cells_stay_in_their_row(first: str, second: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {markup.words(first) or '-'} | {markup.words(second) or '-'} |\n"
    page = PAGE.render(table)
    assert page.count("<td>") == 2
    assert elements(table) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@given(TROUBLE)
def test_names_show_as_they_are(name: str) -> None:
    made = f"- {markup.code(name)}"
    assert elements(made) <= {"ul", "li", "code"}


@given(TROUBLE)
def test_advice_holds_nothing_but_paragraphs_and_code(text: str) -> None:
    assert elements(f"<details><summary>x</summary>\n\n{markup.block(text)}\n</details>") <= {
        "details",
        "summary",
        "p",
        "code",
        "pre",
    }


def test_fenced_code_is_a_block_of_code_with_its_empty_lines() -> None:
    made = markup.block("First:\n```python\nif a:\n\n    b = `c`\n```\nLast.")
    assert shown(made).split("\n")[:4] == ["First:", "if a:", "", "    b = `c`"]
    assert "Last." in shown(made)


@pytest.mark.parametrize("text", ["- item", "+ item", "1. item", "12) item", "= item", "---"])
def test_a_line_of_advice_is_no_list_and_no_heading(text: str) -> None:
    assert elements(markup.block(text)) == {"p"}
    assert shown(markup.block(text)).strip() == text


def test_only_safe_addresses_are_links() -> None:
    assert markup.link("javascript:alert(1)") == ""
    assert shown(markup.link("https://osv.dev/a_b")) == "<p>https://osv.dev/a_b</p>\n".replace("<p>", "").replace(
        "</p>", ""
    )
    assert 'href="https:' in PAGE.render(markup.link("https://osv.dev/a_b")).replace("&#58;", ":")


def test_long_words_are_cut_and_say_so() -> None:
    assert markup.words("x" * 400, 10) == "xxxxxxxxxx ... 390 more characters"
    assert len(markup.block("x " * 100_000)) < 2100
