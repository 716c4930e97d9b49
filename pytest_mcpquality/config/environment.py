"""`MCPQUALITY_*`: settings as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.options import Option, OptionKind
from pytest_mcpquality.config.checking import Reading, Vocabulary, nearest
from pytest_mcpquality.config.files import parse_toml
from pytest_mcpquality.config.keys import PREFIX
from pytest_mcpquality.config.settings import Origin, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})


def read_environment(environ: Mapping[str, str], vocabulary: Vocabulary) -> Reading:
    """The settings of all variables that start with `MCPQUALITY_`; one that sets nothing is a problem."""
    keys = {key.variable: key for key in vocabulary.keys.values()}
    reading = Reading()
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        key = keys.get(name)
        if key is None:
            reading.problems.append(f"environment variable {name!r} sets nothing{nearest(name, keys)}")
        elif not environ[name].strip() and key.option.kind is not OptionKind.LIST:
            reading.problems.append(f"{name} is empty: unset it, or give it a value")
        else:
            value = parse_text(key.option, environ[name])
            reading.add(vocabulary, key, value, Origin(Source.ENVIRONMENT, name))
    return reading


def parse_text(option: Option, text: str) -> object:
    """The value that a text stands for; the text itself when it does not fit, for `Option.problem` to refuse.

    Flags are true, yes, 1 or false, no, 0 in any letter case; a limit is switched off by false or no. A list
    is separated by commas, or a TOML array where an item holds a comma; empty text is an empty list.
    """
    word = text.strip().lower()
    match option.kind:
        case OptionKind.FLAG:
            return True if word in _TRUE else False if word in _FALSE else text
        case OptionKind.LIMIT if word in _FALSE - {"0"}:
            return False
        case OptionKind.INTEGER | OptionKind.NUMBER | OptionKind.LIMIT:
            return _number(text)
        case OptionKind.LIST:
            return _list(text)
        case OptionKind.TEXT | OptionKind.CHOICE:
            return text


def _number(text: str) -> int | float | str:
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def _list(text: str) -> object:
    if not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        content = parse_toml(f"value = {text}", "the value")
    except UsageError:
        return text
    return content["value"] if len(content) == 1 else text
