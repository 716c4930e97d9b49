"""JSON, and JSON with comments and trailing commas as editors keep it; errors name line and column."""

from __future__ import annotations

import json
import re

from mcpquality_scanners.errors import UsageError

_TOKENS = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])', re.DOTALL)
_NOT_A_NEWLINE = re.compile(r"[^\n]")


def parse(text: str, name: str, *, comments: bool) -> object:
    """The value in a text.

    Args:
        text: The text; a byte order mark at its beginning is dropped.
        name: What messages call it.
        comments: Whether comments and trailing commas are allowed.

    Raises:
        UsageError: It is not valid; the message names line and column.
    """
    text = text.removeprefix("\ufeff")
    try:
        return json.loads(_blanked(text) if comments else text)
    except json.JSONDecodeError as error:
        hint = "" if comments or not _has_comments(text) else " (comments and trailing commas are not allowed here)"
        where = f"{name}:{error.lineno}:{error.colno}"
        raise UsageError(f"{where}: not valid JSON: {error.msg}{hint}") from error
    except RecursionError as error:
        raise UsageError(f"{name}: values are nested too deeply") from error


def _blanked(text: str) -> str:
    """The text with spaces for what JSON does not have, so that lines and columns stay what they are."""
    return _TOKENS.sub(lambda found: found[0] if found[0][0] == '"' else _NOT_A_NEWLINE.sub(" ", found[0]), text)


def _has_comments(text: str) -> bool:
    return _blanked(text) != text
