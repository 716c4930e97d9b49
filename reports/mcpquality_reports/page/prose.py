"""Texts of scanners and of documentation services as the page shows them: code set off, nothing else interpreted."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markupsafe import Markup

from mcpquality_reports import text
from mcpquality_reports.redaction import redacted, shortened

DOCUMENT_LIMIT = 8_000
"""Characters of a documentation text that are shown."""

_CODE = re.compile(
    r"\n?```[^\n`]*\n(?P<block>.*?)\n?```\n?|(?<!`)`(?P<code>[^`\n]+)`(?!`)"
    r"|\n?(?P<indented>(?:^[ ]{2,}\S[^\n]*(?:\n|\Z))+)",
    re.DOTALL | re.MULTILINE,
)

_TAGS = {"blockquote", "br", "code", "em", "h4", "li", "ol", "p", "pre", "strong", "ul"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an advice: `text`, `code` (a few words) or `block` (lines of code)."""

    kind: str
    text: str


def line(words: str) -> str:
    """Foreign words on one line, cut and free of secrets."""
    return text.one_line(shortened(words, text.LINE_LIMIT), 2 * text.LINE_LIMIT)


def short(words: str) -> str:
    """Foreign words on several lines, cut and free of secrets."""
    return shortened(words, text.TEXT_LIMIT)


def pieces(words: str) -> tuple[Piece, ...]:
    """A text cut into words and code, by back-ticks as in Markdown and by indented lines; no more is interpreted."""
    shown, end, made = short(words), 0, list[Piece]()
    for match in _CODE.finditer(shown):
        made += [Piece("text", shown[end : match.start()]), _code(match)]
        end = match.end()
    made.append(Piece("text", shown[end:]))
    return tuple(piece for piece in made if piece.text)


def _code(match: re.Match[str]) -> Piece:
    if match["indented"] is not None:
        return Piece("block", textwrap.dedent(match["indented"]).rstrip("\n"))
    return Piece("block", match["block"]) if match["block"] is not None else Piece("code", match["code"])


def markdown(words: str) -> Markup:
    """The Markdown of a documentation service as markup that can do nothing but be read.

    Raw HTML in it is shown as text; of what the parser makes, only tags of text are kept, and https links.
    """
    harmless = text.visible(text.without_surrogates(redacted(text.shorten(words, DOCUMENT_LIMIT))))
    made = nh3.clean(
        _parser().render(harmless),
        tags=_TAGS | {"a"},
        attributes={"a": {"href"}},
        attribute_filter=lambda _tag, _name, value: text.safe_url(value),
        link_rel="noreferrer",
        url_schemes={"https"},
    )
    return Markup(made)  # noqa: S704 - just cleaned


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).disable("image")

    def flatten_headings(state: StateCore) -> None:
        for token in state.tokens:
            if token.type in {"heading_open", "heading_close"}:
                # The page's own headings end with the third level.
                token.tag = "h4"

    parser.core.ruler.push("flatten_headings", flatten_headings)
    return parser
