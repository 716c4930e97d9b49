"""`[[tool.mcpquality.suppress]]`: findings that do not count, each entry with its reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from mcpquality_scanners.options import shown
from pytest_mcpquality.config.checking import Vocabulary, nearest, pattern_problems
from pytest_mcpquality.config.files import as_table
from pytest_mcpquality.config.keys import SUPPRESS, SUPPRESS_FIELDS
from pytest_mcpquality.config.settings import Origin, Source, Suppressed
from pytest_mcpquality.policy import SuppressionRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_mcpquality.config.files import Document

_FIELDS = {field.name: field for field in SUPPRESS_FIELDS}
_REQUIRED = ("rule", "reason")


def read_suppressions(document: Document, vocabulary: Vocabulary) -> tuple[tuple[Suppressed, ...], list[str]]:
    """The entries that are right, and what is wrong with the others."""
    entries = _entries(document.table.get(SUPPRESS, []))
    if entries is None:
        place = Origin(Source.FILE, document.name, document.line((SUPPRESS,)))
        table = ".".join((*document.prefix, SUPPRESS))
        return (), [f"{place}: {SUPPRESS} must be an array of tables: write [[{table}]]"]
    found: list[Suppressed] = []
    problems: list[str] = []
    for number, entry in enumerate(entries):
        wrong = _entry_problems(document, number, entry, vocabulary)
        problems += wrong
        if not wrong:
            found.append(Suppressed(_rule(entry), _origin(document, number)))
    return tuple(found), problems


def _entries(value: object) -> list[dict[str, object]] | None:
    if not isinstance(value, list):
        return None
    tables = [as_table(entry) for entry in cast("list[object]", value)]
    entries = [table for table in tables if table is not None]
    return entries if len(entries) == len(tables) else None


def _origin(document: Document, number: int, field: str = "") -> Origin:
    path = (SUPPRESS, str(number), field) if field else (SUPPRESS, str(number))
    return Origin(Source.FILE, document.name, document.line(path))


def _rule(entry: Mapping[str, object]) -> SuppressionRule:
    texts = {name: str(_text(value)) for name, value in entry.items()}
    expires = texts.pop("expires", "")
    return SuppressionRule(**texts, expires=date.fromisoformat(expires) if expires else None)


def _entry_problems(
    document: Document, number: int, entry: Mapping[str, object], vocabulary: Vocabulary
) -> Iterable[str]:
    missing = [name for name in _REQUIRED if name not in entry]
    place = _origin(document, number)
    problems = [f"{place}: {SUPPRESS} has no {name}, which every entry needs" for name in missing]
    for name, value in entry.items():
        problem = _field_problem(name, _text(value), vocabulary)
        if problem:
            problems.append(f"{_origin(document, number, name)}: {SUPPRESS}.{problem}")
    return problems


def _text(value: object) -> object:
    """A TOML date as the text of it; a date with a time is not one."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _field_problem(name: str, value: object, vocabulary: Vocabulary) -> str | None:
    if name not in _FIELDS:
        return f"{name} is not known{nearest(name, _FIELDS)}"
    if name == "expires" and not is_date(value):
        return f"{name} must be a date such as 2030-12-31, not {shown(value)}"
    problem = _FIELDS[name].problem(value) or _text_problem(name, str(value), vocabulary)
    return f"{name} {problem}" if problem else None


def _text_problem(name: str, text: str, vocabulary: Vocabulary) -> str | None:
    if not text.strip():
        return "must not be empty"
    match name:
        case "scanner" if text not in vocabulary.scanners:
            return f"names {shown(text)}, which is no scanner{nearest(text, vocabulary.scanners)}"
        case "path":
            return next(iter(pattern_problems([text])), None)
        case _:
            return None


def is_date(value: object) -> bool:
    """Whether a value is the text of a date, as 2026-12-31."""
    try:
        date.fromisoformat(cast("str", value))
    except (TypeError, ValueError):
        return False
    return True
