"""Settings as text: values in TOML's notation, and what `mcpquality config` prints."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mcpquality_scanners.options import OptionKind
from pytest_mcpquality.config.docs_keys import DOCS
from pytest_mcpquality.config.keys import SUPPRESS, table_of

if TYPE_CHECKING:
    from mcpquality_scanners.options import Option, Value
    from pytest_mcpquality.config.settings import Setting, Settings
    from pytest_mcpquality.policy import SuppressionRule

_CREDENTIALS = re.compile(r"//[^/@\s]*@")
"""What stands before the host of an address: what is printed here ends up in logs."""

_WIDEST = 60
"""Columns to which origins are aligned at most; longer values push theirs out."""


def toml_value(value: Value) -> str:
    """A value as TOML writes it; None, which a limit has when it is off, as `false`."""
    if value is None or isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(toml_string(item) for item in value)}]"
    return toml_string(value) if isinstance(value, str) else repr(value)


def toml_string(text: str) -> str:
    """A string as TOML writes it, on one line; bytes of a file name that are no text show as escapes."""
    printable = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(printable, ensure_ascii=False).replace("\x7f", "\\u007f")


def is_unset(option: Option, value: Value) -> bool:
    """Whether the value says that nothing is set, which TOML has no notation for."""
    return value is None and option.kind is not OptionKind.LIMIT


def render_settings(settings: Settings) -> str:
    """Every key with the value that holds and where it comes from, one on a line, to be read and searched.

    The text is itself a valid `mcpquality.toml` with dotted keys; what is not set is a comment.
    """
    rows = [_row(settings, setting) for setting in settings.values]
    rows += _suppression_rows(settings)
    width = min(_WIDEST, max(len(text) for text, _ in rows))
    lines = [f"{text:<{width}}  # {origin}" if origin else text for text, origin in rows]
    file = f"read from {toml_string(str(settings.file))}" if settings.file else "no configuration file"
    return "\n".join([f"# {file}, for {toml_string(str(settings.root))}", *lines]) + "\n"


def _row(settings: Settings, setting: Setting) -> tuple[str, str]:
    key, value, origin = setting.key, setting.value, str(setting.origin)
    if key.path[-1] == "enabled" and key.path[0] != DOCS:
        # What holds for a scanner is decided by `select` and `skip` too.
        scanner = next(one for one in settings.scanners.values() if table_of(one.name) == key.path[:-1])
        value, origin = not scanner.off, str(scanner.decided_by.origin)
    if key.path == (DOCS, "cache") and isinstance(value, str):
        value = _CREDENTIALS.sub("//[hidden]@", value)
    if is_unset(key.option, value):
        return f"# {key.name} is not set", origin
    return f"{'' if key.in_file else '# '}{key.name} = {toml_value(value)}", origin


def _suppression_rows(settings: Settings) -> list[tuple[str, str]]:
    if not settings.suppressed:
        return [(f"{SUPPRESS} = []", "default")]
    entries = [(f"    {_entry(one.rule)},", str(one.origin)) for one in settings.suppressed]
    return [(f"{SUPPRESS} = [", ""), *entries, ("]", "")]


def _entry(rule: SuppressionRule) -> str:
    fields = {"rule": rule.rule, "reason": rule.reason, "path": rule.path, "scanner": rule.scanner}
    parts = [f"{name} = {toml_string(text)}" for name, text in fields.items() if text]
    parts += [f"expires = {rule.expires.isoformat()}"] if rule.expires else []
    return f"{{ {', '.join(parts)} }}"
