"""Questions that the configuration chooses: `RULE | LIBRARY | QUERY`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.remediation.choosing.values import Subject
from pytest_mcpquality.remediation.choosing.words import is_rule, problem

_EXAMPLE = '"B602 | /python/cpython | subprocess without a shell"'


@dataclass(frozen=True, slots=True)
class Entry:
    """One of them; an empty query stands for the one of the table."""

    library: str
    query: str


def parse(entries: Iterable[str], origin: str = "docs.rules") -> Mapping[str, Entry]:
    """The entries by rule, `scanner:rule`, `CWE-78` or package, in lower case.

    Raises:
        UsageError: One of them is not as it should be; the message names `origin` and the entry.
    """
    return dict(_parsed(entry, origin) for entry in entries)


def _parsed(entry: str, origin: str) -> tuple[str, Entry]:
    rule, *rest = (part.strip() for part in entry.split("|"))
    if not is_rule(rule) or len(rest) not in {1, 2}:
        raise UsageError(f"{origin}: {entry[:80]!r} is not RULE | LIBRARY or RULE | LIBRARY | QUERY, as in {_EXAMPLE}")
    library, query = rest[0], rest[1] if len(rest) > 1 else ""
    if wrong := problem((library,), query or "-"):
        raise UsageError(f"{origin}: {entry[:80]!r} {wrong}")
    return rule.lower(), Entry(library, query)


def entry_for(subject: Subject, entries: Mapping[str, Entry]) -> Entry | None:
    """The entry for a rule: by scanner and rule, by rule, by advisory, by package, by weakness."""
    names = [f"{subject.scanner}:{subject.rule}", subject.rule, *subject.ids]
    names += [subject.package.name] if subject.package else []
    names += [f"CWE-{number}" for number in subject.cwe]
    return next((entries[name] for name in map(str.lower, names) if name in entries), None)
