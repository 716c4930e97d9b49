"""What is asked, and what it is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mcpquality_scanners.findings import Category, Package

MOST_LIBRARIES = 3
"""Libraries that are tried for one rule; as many as the calls that it may take."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a rule, once.

    Attributes:
        libraries: Ids (`/psf/requests`) or names of libraries, the best first; the first that answers is taken.
        query: One concept in the words of a template.
        topic: One of `resilience.cache.ttl.TTL_BY_TOPIC`, which says how long an answer stays fresh; empty: a week.
    """

    libraries: tuple[str, ...]
    query: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question may be chosen by: of all that a scanner said, what holds no words of the code under review.

    Attributes:
        scanner: Name of the scanner.
        rule: The tool's rule id.
        category: What kind of thing is wrong.
        cwe: CWE numbers, ascending.
        ids: Ids of an advisory that is public, such as CVE-2018-18074; empty for everything else.
        package: The dependency that the advisory is about.
        ecosystem: `pypi` or `npm`, where the package is from; empty when nothing tells.
        is_python: Whether what was found is in Python code, or in none.
    """

    scanner: str
    rule: str
    category: Category = Category.CODE
    cwe: tuple[int, ...] = ()
    ids: tuple[str, ...] = ()
    package: Package | None = None
    ecosystem: str = ""
    is_python: bool = True


class Surroundings(Protocol):
    """What a project is built with, as far as it bears on the advice."""

    @property
    def python(self) -> str:
        """The minor version of Python, such as `12`."""
        ...

    def used(self) -> tuple[str, ...]:
        """Packages (PEP 503 names) that the code in question imports or the project asks for, the nearest first."""
        ...
