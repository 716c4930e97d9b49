"""The comments in which pip-compile and uv say why a version is there: `# via requests, -r requirements.in`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

_PINNED = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:==|@)")
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")
_VIA = "# via"


@dataclass(frozen=True, slots=True)
class Annotations:
    """Which packages need which others, and which the project itself asks for; both empty without comments."""

    edges: Mapping[str, frozenset[str]]
    roots: frozenset[str]


def read_annotations(text: str) -> Annotations:
    """What the comments of a compiled requirements file say, in either style: behind the line or below it."""
    edges: dict[str, set[str]] = {}
    roots: set[str] = set()
    for name, reason in _reasons(text):
        parent = _NAME.fullmatch(reason)
        if parent:
            edges.setdefault(canonicalize_name(reason), set()).add(name)
        elif reason and not reason.startswith(("-c", "--")):
            # `-r requirements.in`, or `project (pyproject.toml)`
            roots.add(name)
    return Annotations({name: frozenset(needs) for name, needs in edges.items()}, frozenset(roots))


def _reasons(text: str) -> Iterator[tuple[str, str]]:
    """Each package with each reason for it."""
    name, inside = "", False
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped.startswith("#"):
            match = _PINNED.match(stripped)
            name = canonicalize_name(match[1]) if match else name
            inside = False
        said = ""
        if _VIA in stripped:
            inside, said = True, stripped.partition(_VIA)[2]
        elif inside:
            said = stripped.removeprefix("#")
        if name:
            yield from ((name, part.strip()) for part in said.split(",") if part.strip())
