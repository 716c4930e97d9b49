"""The file patterns of coverage.py's own configuration, as its documentation has them.

They differ from ours (`mcpquality_scanners.globs`) in small ways: a trailing `/*` is everything below, a
folder alone is nothing, and a pattern that begins with a wildcard is held against the absolute path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcpquality_scanners.errors import ToolOutputError

_PART = re.compile(
    r"(?P<any_start>^\*+/)|(?P<below>/\*+$)|(?P<folders>\*\*/)|(?P<star>\*)|(?P<one>\?)|(?P<choice>\[[^]/]+\])|(?P<text>.)",
    re.DOTALL,
)
_MEANING = {
    "any_start": "(?:.*/)?",
    "below": "/.*",
    "folders": "(?:.*/)?",
    "star": "[^/]*",
    "one": "[^/]",
}


class Patterns:
    """Patterns of files below `root`; a relative one counts from there."""

    def __init__(self, patterns: Sequence[str], root: str) -> None:
        self._root = root.rstrip("/")
        self._relative = [_regex(pattern) for pattern in patterns]
        self._absolute = [
            regex
            for pattern, regex in zip(patterns, self._relative, strict=True)
            if pattern.startswith(("*", "?", "/"))
        ]

    def match(self, path: str) -> bool:
        """Whether any pattern matches the relative `path`."""
        absolute = f"{self._root}/{path}"
        return any(regex.fullmatch(path) for regex in self._relative) or any(
            regex.fullmatch(absolute) for regex in self._absolute
        )


def _regex(pattern: str) -> re.Pattern[str]:
    normal = pattern.replace("\\", "/").removeprefix("./")
    if "/" not in normal:
        normal = f"**/{normal}"
    try:
        return re.compile("".join(_part(match) for match in _PART.finditer(normal)), re.DOTALL)
    except re.error as error:
        raise ToolOutputError(f"The file pattern {pattern!r} cannot be understood ({error}): correct it.") from None


def _part(match: re.Match[str]) -> str:
    kind = match.lastgroup or "text"
    if kind == "choice":
        return match[0].replace("[!", "[^")
    return _MEANING.get(kind) or re.escape(match[0])
