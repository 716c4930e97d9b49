"""Documentation as the Markdown of a report: the best pieces, each whole, with where they are from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC

from mcpquality_reports.digest import RuleGroup
from mcpquality_reports.text import one_line, safe_url
from mcpquality_scanners.remediation import Remediation, RemediationSource
from pytest_mcpquality.remediation.values import Documentation, Snippet

MOST_PIECES = 3
"""Pieces of documentation that are shown of one answer."""

ROOM = 4_000
"""Characters of all pieces together; of one that is longer by itself, this much."""

_TITLE = 200  # characters
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")
_TICKS = re.compile(r"`+")


def remediation(group: RuleGroup, documentation: Documentation) -> Remediation:
    """What the documentation says about a rule."""
    stale = documentation.stale
    return Remediation(
        scanner=group.scanner,
        rule=group.rule,
        title=group.title,
        text=markdown(documentation),
        source=RemediationSource.STALE if stale else RemediationSource.CONTEXT7,
        library=documentation.library,
        url=safe_url(documentation.url) or safe_url(f"https://context7.com{documentation.library}") or "",
        retrieved=documentation.fetched_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )


def markdown(documentation: Documentation) -> str:
    """The best pieces, as many as there is room for and at least one."""
    chosen, room = list[str](), ROOM
    for snippet in documentation.snippets[:MOST_PIECES]:
        piece = _piece(snippet, ROOM)
        if chosen and len(piece) > room:
            break
        chosen.append(piece)
        room -= len(piece)
    return "\n\n".join(chosen)


def _piece(snippet: Snippet, room: int) -> str:
    return "\n\n".join(_parts(snippet, room))


def _parts(snippet: Snippet, room: int) -> Iterator[str]:
    if title := one_line(snippet.title, _TITLE).strip():
        yield f"#### {title}"
    text = _cut(snippet.text.strip(), room // 2)
    if text:
        yield text
    if snippet.code.strip():
        yield _fenced(_cut(snippet.code.strip("\n"), room // 2), snippet.language)
    if url := safe_url(snippet.url):
        yield f"Source: <{url}>"


def _fenced(code: str, language: str) -> str:
    """Code between fences that nothing in it can close."""
    longest = max((len(ticks) for ticks in _TICKS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language if _LANGUAGE.fullmatch(language) else ''}\n{code}\n{fence}"


def _cut(text: str, room: int) -> str:
    """The text up to a line's end, and a word on what is missing; a fence that was left open is closed."""
    if len(text) <= room:
        return text
    kept = text[:room].rpartition("\n")[0] or text[:room]
    opened = "" if kept.count("```") % 2 == 0 else "\n```"
    return f"{kept}{opened}\n..."
