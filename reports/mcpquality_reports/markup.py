"""Foreign words inside Markdown that a forge renders: they show as they are, and nothing in them comes to life.

A back-slash does not do: forges look for mentions (`@team`), references (`#1`, `!2`) and addresses in what was
rendered. They leave `<code>` alone, so that a word with anything suspicious in it is shown as code, each of its
characters with a meaning as a numeric entity, which no parser of Markdown takes for markup, in tables neither.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from mcpquality_reports.text import LINE_LIMIT, TEXT_LIMIT, one_line, safe_url, visible

_SUSPICIOUS = re.compile(r"[&<>*_{}\[\]#!|~^$@:\\%`]|www\.", re.IGNORECASE)
_ENTITIES = re.compile(r"[&<>'\"*_{}\[\]#!|~^$@:\\`]|(?<=www)\.", re.IGNORECASE)
# A colon or per cent sign with space behind it says what it means and nothing else.
_PLAIN = re.compile(r"[a-z0-9.;'()\"-]*[:%][.,;)]{0,3}", re.IGNORECASE)
_WORD = re.compile(r"(?P<before>[(\"']*)(?P<core>\S*?)(?P<after>[.,;:)\"']*)(?=\s|$)")
_CODE = re.compile(r"`([^`\n]{1,200})`")
_INDENTED = re.compile(r"^((?:[ ]{2,}\S[^\n]*(?:\n|\Z))+)", re.MULTILINE)
_FENCE = re.compile(r"^[ ]{0,3}```[^\n`]*\n(.*?)^[ ]{0,3}```[ \t]*$", re.DOTALL | re.MULTILINE)


def code(text: str, limit: int = LINE_LIMIT) -> str:
    """A name, id or place, as code on one line."""
    return f"<code>{_entities(one_line(_cut(text, limit), 2 * limit))}</code>" if text else ""


def words(text: str, limit: int = LINE_LIMIT) -> str:
    """A sentence on one line; what stands between back-ticks in it is code."""
    flat = " ".join(visible(_cut(text, limit)).split())
    parts = _CODE.split(flat)
    return "".join(code(part, limit) if number % 2 else _prose(part) for number, part in enumerate(parts))


def block(text: str, limit: int = TEXT_LIMIT) -> str:
    """An advice: sentences, and code between fences as blocks of code; ends with a line end when it is not empty."""
    return "".join(_blocks(visible(_cut(text, limit))))


def link(url: str) -> str:
    """An address as a link that shows it, if it is one that can be offered; else nothing."""
    safe = safe_url(url)
    return f'<a href="{_entities(safe)}">{_entities(safe)}</a>' if safe else ""


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]} ... {len(text) - limit:,} more characters"


def _blocks(text: str) -> Iterator[str]:
    for number, part in enumerate(_FENCE.split(text)):
        if number % 2:
            yield _preformatted(part)
        else:
            yield from _paragraphs(part)


def _paragraphs(text: str) -> Iterator[str]:
    """Sentences; lines that are indented, as in `before:` and `after:`, keep their lines as a block of code."""
    for number, part in enumerate(_INDENTED.split(text)):
        if number % 2:
            yield _preformatted(textwrap.dedent(part))
        else:
            yield from (f"{_start(words(line, TEXT_LIMIT))}\n\n" for line in part.split("\n\n") if line.strip())


def _preformatted(text: str) -> str:
    # Line ends as entities: an empty line would end the HTML, and Markdown would begin.
    return f"<pre><code>{_entities(text.rstrip()).replace(chr(10), '&#10;')}</code></pre>\n\n"


def _start(line: str) -> str:
    """A line whose first characters make no list or heading out of it."""
    return re.sub(r"^(\d{0,9})([-+=.)])", lambda match: f"{match[1]}&#{ord(match[2])};", line)


def _prose(text: str) -> str:
    return re.sub(r"\S+", _word, text)


def _word(match: re.Match[str]) -> str:
    word = match[0]
    if not _SUSPICIOUS.search(word) or _PLAIN.fullmatch(word):
        return word
    parts = _WORD.fullmatch(word)
    before, core, after = parts.group("before", "core", "after") if parts else ("", word, "")
    return f"{before}<code>{_entities(core)}</code>{after}" if core else _entities(word)


def _entities(text: str) -> str:
    return _ENTITIES.sub(lambda match: f"&#{ord(match[0])};", text)
