"""URI templates: the simple ones of RFC 6570, `{name}` for one path segment and `{+name}` for anything."""

from __future__ import annotations

import re
from urllib.parse import unquote

_VARIABLE = re.compile(r"\{(\+?)(\w+)\}")


class UriTemplate:
    """A pattern for URIs, such as `file:///{name}.txt`."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.variables = tuple(match[2] for match in _VARIABLE.finditer(pattern))
        parts: list[str] = []
        end = 0
        for match in _VARIABLE.finditer(pattern):
            parts.append(re.escape(pattern[end : match.start()]))
            parts.append(f"(?P<{match[2]}>{'.+' if match[1] else '[^/]+'})")
            end = match.end()
        self._expression = re.compile("".join([*parts, re.escape(pattern[end:])]))

    def match(self, uri: str) -> dict[str, str] | None:
        """The values of the variables, if the URI has this form."""
        match = self._expression.fullmatch(uri)
        return None if match is None else {name: unquote(value) for name, value in match.groupdict().items()}
