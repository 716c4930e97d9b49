"""Path patterns, as in `.gitignore`: one meaning wherever the configuration takes a glob."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

_WILDCARDS = {"**/": "(?:[^/]+/)*", "/**": "/.+", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_TOKEN = re.compile(r"(?:(?<=/)|^)\*\*/|/\*\*\Z|\*\*|\*|\?|.", re.DOTALL)


def matches(path: str, pattern: str) -> bool:
    """Whether a relative path with forward slashes is named by a pattern.

    `*` and `?` stay inside a path segment, `**` crosses them; all else means itself, brackets and `!` too. A
    pattern without a slash (but at its end) names files and folders of that name at any depth; one with a slash
    counts from the root. A folder stands for everything in it.

    >>> matches("a/b/c.py", "*.py"), matches("a/b/c.py", "a"), matches("a/b/c.py", "b/c.py")
    (True, True, False)
    """
    return _compiled(pattern).fullmatch(path) is not None


def first_match(path: str, patterns: Iterable[str]) -> str | None:
    """The first of the patterns that names the path."""
    return next((pattern for pattern in patterns if matches(path, pattern)), None)


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    anchored = "/" in pattern.rstrip("/")
    body = pattern.removeprefix("./").strip("/")
    tokens = (token.group() for token in _TOKEN.finditer(body))
    translated = "".join(_WILDCARDS.get(token) or re.escape(token) for token in tokens)
    return re.compile(("" if anchored else "(?:.+/)?") + translated + "(?:/.+)?", re.DOTALL)
