r"""Words and figures as reports show them, and foreign text made harmless without hiding that it was not.

File names, rule ids and tools' words come from the code under review. Control characters, invisible and
reordering ones and lone surrogates are spelled out (`\x1b`, `\u202e`): dropping them would make two names
look the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from urllib.parse import urlsplit

from mcpquality_scanners.findings import Finding, Location, Package

LINE_LIMIT = 300
"""Characters of a name or a one-line text before it is cut."""

TEXT_LIMIT = 2000
"""Characters of a message or an advice before it is cut."""


_URL_LIMIT = 2000

_PLAIN_URL = re.compile(r"https://[!#-&(-;=?-\[\]^_a-z{-~]+")
"""Printable ASCII less quotes, angle brackets, back-slashes and back-ticks."""

# `::` at the start of a line, whatever space is before it (GitHub), `##[` anywhere (GitHub; Azure's `##vso[`,
# TeamCity's `##teamcity[`).
_COMMAND = re.compile(r"^\s*::|##(?=\w*\[)", re.MULTILINE)

_SURROGATES = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """`text` with everything spelled out that does not show as itself, but for line ends and tabs."""
    if text.isprintable():
        return text
    return "".join(map(_spelled, text.replace("\r\n", "\n")))


def _spelled(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode("ascii")


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """`text` on one line: line ends and tabs spelled out too, cut after `limit` characters."""
    return visible(shorten(text, limit)).replace("\n", "\\n").replace("\t", "\\t")


def shorten(text: str, limit: int = TEXT_LIMIT) -> str:
    """At most `limit` characters of `text`, with how many were left out behind them."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} [{len(text) - limit:,} more characters: see the JSON report]"


def for_logs(text: str) -> str:
    """`text` without what CI runners take for a command to them when it stands in a log."""
    return _COMMAND.sub(_broken, text)


def _broken(match: re.Match[str]) -> str:
    return f"{match[0][:-1]} {match[0][-1]}"


def without_surrogates(text: str) -> str:
    """`text` with lone surrogates, which no encoding of Unicode may hold, as the replacement character."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def count(number: int, noun: str) -> str:
    """`1 finding`, `2 findings`, `12,000 findings`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def place(location: Location | None, package: Package | None = None) -> str:
    """Where, as editors understand it: `path:line:column`; the package when there is no file."""
    if location is None:
        return one_line(f"{package.name} {package.installed}") if package else "(no file)"
    path, region = one_line(location.path), location.region
    if region is None:
        return path
    column = f":{region.start_column}" if region.start_column else ""
    return f"{path}:{region.start_line}{column}"


def where(finding: Finding) -> str:
    """The finding's place; of one about a running MCP server, what of that server."""
    about = finding.subject
    if finding.location or finding.package or about is None:
        return place(finding.location, finding.package)
    part = f", {about.kind} {about.name}".rstrip() if about.kind or about.name else ""
    return one_line(f"server {about.server}{part}")


def line_ranges(lines: Iterable[int]) -> str:
    """Ascending line numbers as a person reads them: `3-5, 9`."""
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in _runs(lines))


def _runs(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    for _, run in groupby(enumerate(lines), lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        yield numbers[0], numbers[-1]


def safe_url(url: str) -> str | None:
    """`url` when it is an https address that can be offered as a link, else None."""
    if len(url) > _URL_LIMIT or not _PLAIN_URL.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc else None
