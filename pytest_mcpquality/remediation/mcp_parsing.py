"""From the text that a tool returns to values.

Failures come in the shape of successes: only what has the marks of documentation is taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

from mcpquality_scanners.text import one_line
from pytest_mcpquality.remediation.errors import (
    KeyRefusedError,
    NoDocumentationError,
    QuotaExceededError,
    RemediationError,
    UnreachableError,
    UnusableAnswerError,
)
from pytest_mcpquality.remediation.policy import is_library_id, refusal, status_of
from pytest_mcpquality.remediation.rest_parsing import object_or_nothing, text_of, url_of
from pytest_mcpquality.remediation.values import Library, Snippet

_MOST_SNIPPETS: Final = 20
_RULE: Final = re.compile(r"^-{10,}[ \t]*$", re.MULTILINE)
_FENCE: Final = re.compile(r"^```[^\n]*$", re.MULTILINE)
_FIELD: Final = re.compile(r"^[ \t]*(?:- )?([A-Z][\w -]{2,40}):[ \t]*(.*)$", re.MULTILINE)
_OLD_FIELD: Final = re.compile(r"^(TITLE|DESCRIPTION|SOURCE|LANGUAGE|CODE):[ \t]*", re.MULTILINE)
_REPUTATIONS: Final = {"high": 7.0, "medium": 4.0, "low": 0.0}

_WORDS: Final[tuple[tuple[Callable[[str], RemediationError], tuple[str, ...]], ...]] = (
    (QuotaExceededError, ("rate limit", "quota", "too many requests")),
    (partial(KeyRefusedError, lasting=True), ("api key", "unauthorized", "spending limit", "authentication required")),
    (partial(KeyRefusedError, lasting=False), ("access denied", "forbidden")),
    # Before "not finalized": what an empty answer is worded as names both.
    (NoDocumentationError, ("not found or not finalized",)),
    (partial(NoDocumentationError, pending=True), ("not finalized", "being processed")),
    (NoDocumentationError, ("does not exist", "not found", "no libraries", "no documentation", "no finalized")),
    (NoDocumentationError, ("no snippets", "no code", "no info", "too large")),
    (UnreachableError, ("error fetching", "error searching", "request failed", "try again later")),
    (UnreachableError, ("internal error", "search failed", "failed to retrieve")),
)
"""What is said when something is wrong, and what it means: the first that fits."""


def libraries_in(text: str, now: datetime) -> tuple[Library, ...]:
    """The libraries that a search lists.

    Raises:
        RemediationError: It lists none; which, says why.
    """
    found = tuple(library for block in _blocks(text) if is_library_id((library := _library(block)).id))
    if not found:
        raise failure_in(text, now)
    return found


def snippets_in(text: str, now: datetime) -> tuple[Snippet, ...]:
    """The pieces of documentation in an answer.

    Raises:
        RemediationError: It is none; which, says why.
    """
    old = "TITLE:" in text and "SOURCE:" in text
    new = "### " in text and "Source: " in text
    if not (old or new):
        raise failure_in(text, now)
    parts = _RULE.split(text)
    found = [snippet for part in parts if (snippet := (_new if new else _old)(part)) is not None]
    if not found:
        raise UnusableAnswerError("the MCP server answered with what only looks like documentation")
    return tuple(found[:_MOST_SNIPPETS])


def failure_in(text: str, now: datetime) -> RemediationError:
    """What a text that is no documentation says, as far as it can be told."""
    said = f"the MCP server answered: {one_line(text, 200) or 'nothing'}"
    document = object_or_nothing(text.encode("utf-8", "replace"))
    status = status_of(document.get("error"))
    if status:
        return refusal(status, document, {}, now)
    plain = text[:2000].casefold().replace("_", " ")
    means = (make for make, words in _WORDS if any(word in plain for word in words))
    return next(means, UnusableAnswerError)(said)


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The fields of each library that is listed; a title begins the next one."""
    block: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        if name == "Title" and block:
            yield block
            block = {}
        block.setdefault(name, value)
    if block:
        yield block


def _library(block: dict[str, str]) -> Library:
    name = block.get("Library name", "").strip()
    return Library(
        id=text_of(block.get("Context7-compatible library ID") or (name and f"/{name.strip('/')}"), 500),
        title=text_of(block.get("Title"), 300),
        description=text_of(block.get("Description"), 300),
        # What is listed here is not said to be ready, nor the opposite.
        trust_score=_figure(block.get("Trust Score"), _REPUTATIONS.get(block.get("Source Reputation", "").casefold())),
        benchmark_score=_figure(block.get("Benchmark Score"), None),
        snippets=int(_figure(block.get("Code Snippets"), 0.0) or 0),
        versions=tuple(tag for tag in (part.strip() for part in block.get("Versions", "").split(",")) if tag)[:200],
    )


def _figure(text: str | None, otherwise: float | None) -> float | None:
    fits = text is not None and re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text.strip(), re.ASCII)
    return float(fits[0]) if fits else otherwise


def _new(part: str) -> Snippet | None:
    """`### title`, `Source: url`, prose, and perhaps code in a fence, in which there may be fences."""
    match = re.search(r"^### (.+)\n+Source: (\S*)[ \t]*\n?", part, re.MULTILINE)
    if match is None:
        return None
    prose, language, code = _split(part[match.end() :])
    return Snippet(text_of(match[1], 300), prose, code, language, url_of(match[2]))


def _old(part: str) -> Snippet | None:
    """The same in capital letters, as version 1 has it."""
    pieces = _OLD_FIELD.split(part)
    named = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    if "TITLE" not in named:
        return None
    _, _, code = _split(named.get("CODE", ""))
    language = text_of(named.get("LANGUAGE"), 40).lower()
    return Snippet(
        text_of(named["TITLE"], 300), text_of(named.get("DESCRIPTION")), code, language, url_of(named.get("SOURCE"))
    )


def _split(text: str) -> tuple[str, str, str]:
    """Prose, the code's language, and the code: from the first fence to the last."""
    fences = list(_FENCE.finditer(text))
    if len(fences) < 2:  # noqa: PLR2004 - one that opens and one that closes
        return text_of(text), "", ""
    first, last = fences[0], fences[-1]
    prose = text[: first.start()] + text[last.end() :]
    return text_of(prose), text_of(first[0].strip("`").strip(), 40).lower(), text_of(text[first.end() : last.start()])
