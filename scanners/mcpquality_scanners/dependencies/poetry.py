"""Poetry's own notation of requirements, as far as an upgrade may be held against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from mcpquality_scanners.dependencies.model import Origin, Wanted, as_table, mention

_RELEASE = re.compile(r"\d+(?:\.\d+)*")


def declared(manifest: str, text: str, poetry: dict[str, Any]) -> Iterator[Wanted]:
    """The requirements in the tables of `[tool.poetry]`; those on something else than versions are left out.

    They are not audited: poetry.lock is. What cannot be said in the notation of PEP 440 allows everything here.
    """
    lines = text.splitlines()
    for table in tables(poetry):
        for name, value in table.items():
            entry = as_table(value)
            constraint = entry.get("version", "*") if entry is not None else value
            if name == "python" or not isinstance(constraint, str):
                continue
            requirement = _requirement(name, specifier(constraint)) or _requirement(name, "")
            if requirement is not None:
                yield Wanted(requirement, Origin(manifest, mention(name, lines)))


def _requirement(name: str, versions: str) -> Requirement | None:
    try:
        return Requirement(f"{name}{versions}")
    except InvalidRequirement:
        return None


def tables(poetry: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The tables of dependencies, those of groups among them."""
    found = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    found += [(as_table(group) or {}).get("dependencies") for group in (as_table(poetry.get("group")) or {}).values()]
    return [table for value in found if (table := as_table(value))]


def specifier(constraint: str) -> str:
    """A constraint of Poetry's in the notation of PEP 440; empty for one that allows everything or has alternatives.

    >>> specifier("^1.2.3"), specifier("~1.2"), specifier(">=1, <2"), specifier("1.4"), specifier("*")
    ('>=1.2.3,<2', '>=1.2,<1.3', '>=1,<2', '==1.4', '')
    """
    if "|" in constraint:
        return ""
    parts = [part.strip() for part in re.split(r"\s*,\s*|(?<=[\w*])\s+(?=[\^~<>=!\d*])", constraint.strip())]
    return ",".join(filter(None, map(_part, parts)))


def _part(text: str) -> str:
    if text in {"", "*"}:
        return ""
    if text.startswith("^"):
        return _up_to(text[1:].strip(), caret=True)
    if text.startswith("~") and not text.startswith("~="):
        return _up_to(text[1:].strip(), caret=False)
    return f"=={text}" if text[0].isdigit() else text.replace(" ", "")


def _up_to(version: str, *, caret: bool) -> str:
    match = _RELEASE.match(version)
    if not match:
        return ""
    numbers = [int(number) for number in match.group().split(".")]
    if caret:
        # The leftmost number that is not 0 stays.
        place = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    else:
        place = min(1, len(numbers) - 1)
    end = [*numbers[:place], numbers[place] + 1]
    return f">={version},<{'.'.join(map(str, end))}"
