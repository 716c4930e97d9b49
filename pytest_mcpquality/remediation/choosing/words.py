"""What may become part of a question: ids, names and digits of public things, checked one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mcpquality_reports.ecosystems import ecosystem
from mcpquality_reports.redaction import redacted
from mcpquality_scanners.findings import Category, Finding, Package
from mcpquality_scanners.python_code import SUFFIXES
from pytest_mcpquality.remediation.choosing.values import Subject

LONGEST = 500
"""Characters of a query or a library's name: what the service takes."""

_ADVISORY = re.compile(
    r"CVE-\d{4}-\d{4,7}|GHSA(-[2-9cfghjmpqrvwx]{4}){3}|PYSEC-\d{4}-\d{1,6}|SNYK-[A-Z]{2,12}-[A-Z0-9]{1,40}-\d{1,9}"
)
_NAME = re.compile(r"(?:@[a-z0-9][a-z0-9._-]{0,40}/)?[a-z0-9](?:[a-z0-9._-]{0,60}[a-z0-9])?", re.IGNORECASE)
# As registries write them: words in lower case with few digits. What keys, tokens and hosts look like is none.
_WORDS = "[a-z0-9]{1,24}(?:[_-][a-z0-9]{1,24}){0,5}"
_PYPI = re.compile(_WORDS, re.ASCII)
_NPM = re.compile(rf"(?:@[a-z0-9-]{{1,24}}/)?{_WORDS}(?:\.{_WORDS})?", re.ASCII)
_MOST_DIGITS = 6
_LIBRARY_ID = re.compile(r"/[\w.-]{1,100}/[\w.-]{1,100}(?:[/@][\w.-]{1,100})?", re.ASCII)
_VERSION = re.compile(r"(\d{1,4})(?:\.(\d{1,4}))?(?:[.+a-z-].{0,40})?", re.ASCII | re.IGNORECASE | re.DOTALL)
_RULE = re.compile(r"[A-Za-z][\w.-]{0,80}", re.ASCII)


def subject(findings: Iterable[Finding]) -> Subject:
    """What a rule's findings are about, without a word of the code; `findings` are not empty and of one rule."""
    found = tuple(findings)
    head = found[0]
    named = (head.rule, *(alias for one in found for alias in one.aliases))
    ids = tuple(dict.fromkeys(one for one in named if _ADVISORY.fullmatch(one)))
    public = ids and head.category is Category.DEPENDENCY
    return Subject(
        scanner=head.scanner,
        rule=head.rule,
        category=head.category,
        cwe=tuple(sorted({number for one in found for number in one.cwe})),
        ids=ids if public else (),
        package=next((one.package for one in found if one.package), None) if public else None,
        ecosystem=ecosystem(head) if public else "",
        is_python=all(one.location is None or one.location.path.endswith(SUFFIXES) for one in found),
    )


def package_name(package: Package, ecosystem_: str = "") -> str:
    """The name of a package, when it is one that may be sent; else empty."""
    name = package.name
    digits = sum(character.isdigit() for character in name)
    pattern = _NPM if ecosystem_ == "npm" else _PYPI
    return name if pattern.fullmatch(name) and digits <= _MOST_DIGITS and redacted(name) == name else ""


def minor_version(package: Package) -> str:
    """The first two numbers of the version that puts a package right; empty when none does."""
    wanted = package.upgrade or next(iter(package.fixed), "")
    match = _VERSION.fullmatch(wanted)
    return ".".join(number for number in match.groups() if number) if match else ""


def is_library(text: str) -> bool:
    """Whether a text is the id of a library."""
    return _LIBRARY_ID.fullmatch(text) is not None


def is_rule(text: str) -> bool:
    """Whether a text can be a rule's id, or `scanner:rule`, `CWE-78`, the name of a package."""
    return all(_RULE.fullmatch(part) for part in text.split(":", 1))


def problem(libraries: Iterable[str], query: str) -> str:
    """Why something cannot be asked, as the end of a sentence; empty when it can."""
    if isinstance(libraries, str):
        return "names its libraries in one text, not in a tuple"
    named = tuple(libraries)
    if not named:
        return "names no library"
    for library in named:
        if not (_LIBRARY_ID.fullmatch(library) or _NAME.fullmatch(library)):
            return f"names {library[:60]!r}, which is neither a library's id such as /psf/requests nor a name"
    if not query.strip() or len(query) > LONGEST or not query.isprintable():
        return f"needs a query of 1 to {LONGEST} printable characters"
    if redacted(query) != query:
        return "has a query that looks as if it held a secret; queries are sent to a third party"
    return ""
