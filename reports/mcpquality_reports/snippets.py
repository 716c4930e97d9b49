"""The code around a finding, coloured and free of secrets, for reports that show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name  # pyright: ignore[reportUnknownVariableType]

from mcpquality_reports.redaction import redacted
from mcpquality_reports.text import visible
from mcpquality_scanners.findings import Category, Finding
from mcpquality_scanners.fingerprints import ReadLines

BEFORE, AFTER = 2, 3
"""Lines of code shown around the hit."""

MOST_HIT_LINES = 6
"""Lines of a hit that are shown; a finding may span a whole function."""

WIDTH = 200
"""Characters of a line that are shown."""

_MOST_SECRET_LINES = 1000
"""Lines that one finding can hide; no key is longer, but a broken tool may name any line."""

HIDDEN = "[hidden: this line holds a secret]"

# CWE-259, CWE-321, CWE-798: hard-coded password, key, credentials. Tools report them as code, too.
_SECRET_CWES = frozenset({259, 321, 798})

_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY")
_KEY_ENDS = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY")

_LANGUAGES = {
    ".c": "c",
    ".cfg": "ini",
    ".go": "go",
    ".h": "c",
    ".htm": "html",
    ".html": "html",
    ".ini": "ini",
    ".java": "java",
    ".js": "javascript",
    ".json": "json",
    ".jsx": "javascript",
    ".lock": "toml",
    ".mjs": "javascript",
    ".py": "python",
    ".pyi": "python",
    ".rb": "ruby",
    ".rs": "rust",
    ".sh": "bash",
    ".toml": "toml",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".xml": "xml",
    ".yaml": "yaml",
    ".yml": "yaml",
}

# Files whose values need no quotes.
_CONFIGURATION = frozenset({".cfg", ".conf", ".env", ".ini", ".properties", ".sh", ".toml", ".yaml", ".yml"})

_CLASSES = (
    (("Comment",), "c"),
    (("Keyword",), "k"),
    (("Operator", "Word"), "k"),
    (("Literal", "String"), "s"),
    (("Literal", "Number"), "n"),
    (("Name", "Function"), "f"),
    (("Name", "Class"), "f"),
    (("Name", "Decorator"), "f"),
    (("Name", "Tag"), "k"),
    (("Name", "Attribute"), "f"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of code: its number, whether it is part of the hit, and its pieces as (style class, text)."""

    number: int
    hit: bool
    pieces: tuple[tuple[str, str], ...]


class Snippets:
    """Cuts snippets out of the sources, with every line hidden on which any of the findings saw a secret."""

    def __init__(self, findings: Iterable[Finding], sources: ReadLines) -> None:
        self._sources = sources
        self._secret_lines = {place for finding in findings if _about_secret(finding) for place in _lines_of(finding)}
        self._lexers: dict[str, Lexer | None] = {}

    def of(self, finding: Finding) -> tuple[Line, ...]:
        """The lines around a finding; none when it has no region or its file cannot be read.

        For a secret only the line itself is given, and hidden: what stands around a secret often belongs to
        it.
        """
        location = finding.location
        if location is None or location.region is None:
            return ()
        source = self._sources(location.path)
        start = location.region.start_line
        if not source or not 1 <= start <= len(source):
            return ()
        end = min(max(location.region.end_line, start), start + MOST_HIT_LINES - 1, len(source))
        hits = range(start, end + 1)
        if _about_secret(finding):
            return (Line(start, hit=True, pieces=(("x", HIDDEN),)),)
        return tuple(self._cut(location.path, source, hits))

    def _cut(self, path: str, source: Sequence[str], hits: range) -> Iterator[Line]:
        first, last = max(hits.start - BEFORE, 1), min(hits.stop - 1 + AFTER, len(source))
        while last >= hits.stop and not source[last - 1].strip():
            last -= 1
        hidden = _key_lines(source, first, last)
        numbers = range(first, last + 1)
        unquoted = _is_configuration(path)
        code = [_masked(source[number - 1], unquoted=unquoted) for number in numbers]
        for number, pieces in zip(numbers, self._coloured(path, code), strict=True):
            secret = number in hidden or (path, number) in self._secret_lines
            yield Line(number, number in hits, (("x", HIDDEN),) if secret else pieces)

    def _coloured(self, path: str, code: list[str]) -> list[tuple[tuple[str, str], ...]]:
        lexer = self._lexer(PurePosixPath(path).suffix.lower())
        if lexer is None:
            return [(("", line),) for line in code]
        lines: list[list[tuple[str, str]]] = [[]]
        for kind, text in lexer.get_tokens("\n".join(code)):
            head, *rest = text.split("\n")
            lines[-1].append((_style(kind), head))
            lines.extend([(_style(kind), part)] for part in rest)
        return [_joined(line) for line in lines[: len(code)]]

    def _lexer(self, suffix: str) -> Lexer | None:
        if suffix not in self._lexers:
            language = _LANGUAGES.get(suffix)
            self._lexers[suffix] = get_lexer_by_name(language, stripnl=False, ensurenl=True) if language else None
        return self._lexers[suffix]


def _is_configuration(path: str) -> bool:
    """Whether values need no quotes there; `.env` and its kin have a name that begins with a dot, not a suffix."""
    name = PurePosixPath(path)
    return name.suffix.lower() in _CONFIGURATION or name.name.startswith(".env")


def _about_secret(finding: Finding) -> bool:
    return finding.category is Category.SECRET or not _SECRET_CWES.isdisjoint(finding.cwe)


def _lines_of(finding: Finding) -> Iterator[tuple[str, int]]:
    location = finding.location
    if location and location.region:
        start = location.region.start_line
        end = min(max(location.region.end_line, start), start + _MOST_SECRET_LINES)
        for number in range(start, end + 1):
            yield location.path, number


def _key_lines(source: Sequence[str], first: int, last: int) -> set[int]:
    """The lines between `first` and `last` that belong to a private key, which may have begun before them."""
    inside, hidden = False, set[int]()
    for number in range(max(first - 200, 1), last + 1):
        inside = inside or bool(_KEY_BEGINS.search(source[number - 1]))
        if inside:
            hidden.add(number)
        if _KEY_ENDS.search(source[number - 1]):
            inside = False
    return hidden


def _masked(line: str, *, unquoted: bool) -> str:
    """A line as it is shown: cut, made harmless, and with what looks like a secret hidden."""
    shown = redacted(line[: WIDTH * 2], unquoted=unquoted)
    cut = shown if len(shown) <= WIDTH and len(line) <= WIDTH * 2 else f"{shown[:WIDTH]} [...]"
    return visible(cut).replace("\n", " ")


def _style(kind: tuple[str, ...]) -> str:
    """The style class of a Pygments token type, which is the tuple of the names that lead to it."""
    return next((style for names, style in _CLASSES if kind[: len(names)] == names), "")


def _joined(pieces: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Neighbours of one style as one piece: a third of the markup."""
    joined: list[tuple[str, str]] = []
    for style, text in pieces:
        if joined and joined[-1][0] == style:
            joined[-1] = (style, joined[-1][1] + text)
        elif text:
            joined.append((style, text))
    return tuple(joined)
