"""`[[tool.mcpquality.health.allow]]`: findings on servers that do not count, each with a reason and its last day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from fnmatch import filter as matching
from typing import cast

from mcpquality_scanners.options import shown
from pytest_mcpquality.config.checking import nearest
from pytest_mcpquality.config.files import Document, as_table
from pytest_mcpquality.config.health_keys import ALLOW, ALLOW_FIELDS, HEALTH
from pytest_mcpquality.config.settings import Origin, Source
from pytest_mcpquality.config.suppressions import is_date
from pytest_mcpquality.health.settings import Allowed

_FIELDS = {field.name: field for field in ALLOW_FIELDS}
_REQUIRED = ("rule", "reason", "expires")


def read_allowed(document: Document, rules: Collection[str]) -> tuple[tuple[Allowed, ...], list[str]]:
    """The entries that are right, and what is wrong with the others."""
    health = as_table(document.table.get(HEALTH)) or {}
    value = health.get(ALLOW, [])
    entries = [as_table(one) for one in cast("list[object]", value)] if isinstance(value, list) else [None]
    found: list[Allowed] = []
    problems: list[str] = []
    for number, entry in enumerate(entries):
        if entry is None:
            table = ".".join((*document.prefix, HEALTH, ALLOW))
            problems.append(f"{_place(document)}: {HEALTH}.{ALLOW} must be an array of tables: write [[{table}]]")
            continue
        wrong = [f"{_place(document, number, name)}: {text}" for name, text in _problems(entry, rules)]
        problems += wrong
        if not wrong:
            found.append(_allowed(entry))
    return tuple(found), problems


def _place(document: Document, number: int | None = None, name: str = "") -> Origin:
    path = (HEALTH, ALLOW, *(() if number is None else (str(number),)), *((name,) if name else ()))
    return Origin(Source.FILE, document.name, document.line(path))


def _allowed(entry: Mapping[str, object]) -> Allowed:
    texts = {name: str(_text(value)) for name, value in entry.items()}
    expires = date.fromisoformat(texts.pop("expires"))
    return Allowed(**texts, expires=expires)


def _problems(entry: Mapping[str, object], rules: Collection[str]) -> Iterator[tuple[str, str]]:
    """The field and a sentence, for each thing that is wrong."""
    for name in _REQUIRED:
        if name not in entry:
            yield "", f"{HEALTH}.{ALLOW} has no {name}, which every entry needs"
    for name, value in entry.items():
        if problem := _problem(name, _text(value), rules):
            yield name, f"{HEALTH}.{ALLOW}.{name} {problem}"


def _problem(name: str, value: object, rules: Collection[str]) -> str | None:
    if name not in _FIELDS:
        return f"is not known{nearest(name, _FIELDS)}"
    if name == "expires" and not is_date(value):
        return f"must be a date such as 2030-12-31, not {shown(value)}"
    if problem := _FIELDS[name].problem(value):
        return problem
    text = str(value)
    if not text.strip():
        return "must not be empty"
    return unknown_rule(text, rules) if name == "rule" else None


def unknown_rule(pattern: str, rules: Collection[str]) -> str | None:
    """What is wrong with a pattern of rules, as the end of a sentence; None when there is such a rule."""
    if matching(rules, pattern):
        return None
    return f"names {shown(pattern)}, which is no rule{nearest(pattern, rules)}"


def _text(value: object) -> object:
    """A TOML date as the text of it; a date with a time is not one."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value
