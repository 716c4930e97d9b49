"""Ruff's S rules: flaws in Python code, by Bandit's numbers and in a hundredth of its time.

It is handed explicit files without any configuration, and a file of ours with known flaws among them. Its own
comments (`# noqa`) are read by us, so that what they hide still shows; so are Bandit's, since the rules are.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.batches import batches
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.findings import Category, Finding, Location, Region, Severity, Unseen
from mcpquality_scanners.foreign.interface import Look, Reading
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.foreign.ruff_rules import RATINGS, SEEMS_SAFE, UNRATED
from mcpquality_scanners.foreign.shapes import an_object
from mcpquality_scanners.options import Option, OptionKind
from mcpquality_scanners.outputs import json_value, mapping, member
from mcpquality_scanners.pragmas import NO_REASON, NOSEC, Note, Notes, Pragma, apply_pragmas
from mcpquality_scanners.python_code import CANARY, python_files
from mcpquality_scanners.roles import is_test
from mcpquality_scanners.text import one_line

_EXPECTED = frozenset({"S101", "S102", "S105", "S307", "S324", "S602"})
_PASSWORDS = frozenset({"S105", "S106", "S107"})
_SYNTAX = "invalid-syntax"
_FAILED_TO_LINT = re.compile(r"Failed to (?:lint|read) (.+?): (.+)")

_NOQA = re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))?(?P<rest>[^#]*)", re.IGNORECASE)
_NOQA_FILE = re.compile(
    r"^\s*#\s*(?:ruff|flake8)\s*:\s*noqa(?::\s*(?P<codes>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))?", re.IGNORECASE
)


def _noqa(_path: str, text: str) -> Notes:
    lines = text.split("\n")
    found = {number: note for number, line in enumerate(lines, start=1) if (note := _note(number, _NOQA.search(line)))}
    files = [note for number, line in enumerate(lines, start=1) if (note := _note(number, _NOQA_FILE.search(line)))]
    numbers = range(1, len(lines) + 1) if files else found
    return {number: (*files, *([found[number]] if number in found else [])) for number in numbers}


def _note(number: int, match: re.Match[str] | None) -> Note | None:
    if match is None:
        return None
    codes = frozenset(code.upper() for code in re.findall(r"[A-Z]+\d+", match["codes"] or "", re.IGNORECASE))
    rest = one_line(match.groupdict().get("rest", "").strip(" \t-:"), 200)
    return Note(number, codes, rest or NO_REASON)


NOQA = Pragma("noqa", _noqa)
"""Ruff: `# noqa`, `# noqa: S602 why`, and `# ruff: noqa: S602` for the whole file."""


class Ruff:
    """See the module."""

    name = "ruff"
    title = "Ruff's S rules: flaws in Python code"
    category = Category.CODE
    weight = 3
    command = "ruff"
    locked = True
    needs_network = False
    subject = "Python code"
    options = (Option("asserts-in-tests", OptionKind.FLAG, False, "List assertions (S101) in test files, too."),)
    link = "https://docs.astral.sh/ruff/rules/#flake8-bandit-s"

    def concerns(self, context: ScanContext) -> tuple[str, ...]:
        """Python files, as Bandit has them."""
        return tuple(python_files(context.root, context.files))

    async def look(self, look: Look) -> Reading:
        """See `ForeignTool.look`."""
        weights = python_files(look.context.root, look.files)
        findings: list[Finding] = []
        unseen: list[Unseen] = []
        for batch in batches(weights, 1):
            found, missed = await _batch(look, batch)
            findings += found
            unseen += missed
        listed = _without_asserts(findings, listed=bool(look.context.options["asserts-in-tests"]))
        gone = {one.name for one in unseen}
        seen = tuple(path for path in look.files if path not in gone)
        count = len(findings) - len(listed)
        what = f"{count} assertions in test files (S101) are not listed: they are what tests are made of."
        return Reading(_allowed(listed, look.context.root), seen, tuple(unseen), notes=(what,) if count else ())

    def read(self, document: object, places: Places) -> Reading:
        """See `ForeignTool.read`."""
        findings, unseen = _parsed(document, places)
        security = [finding for finding in findings if re.fullmatch(r"S\d+", finding.rule)]
        listed = _without_asserts(security, listed=False)
        return Reading(_allowed(listed, places.root), unseen=tuple(unseen))

    def explain(self, rule: str) -> str | None:
        """The test of Bandit that a rule is a port of."""
        if rule not in RATINGS:
            return None
        what = f"Ruff's port of Bandit's B{rule[1:]}: `mcpquality explain B{rule[1:]}` tells more."
        return f"# {rule}\n\n{what}\n\n[Ruff's own documentation]({self.link})\n"


async def _batch(look: Look, files: tuple[str, ...]) -> tuple[list[Finding], list[Unseen]]:
    canary = look.scratch("mcpquality_canary_for_ruff.py", CANARY)
    completed = await look.run(
        "check", "--isolated", "--select", "S", "--ignore-noqa", "--no-fix", "--no-cache", "--output-format", "json",
        "--target-version", "py313",
        targets=(str(canary), *(f"./{path}" for path in files)),
        exits={0, 1},
    )  # fmt: skip
    document = json_value(completed.stdout, "ruff", completed.stderr)
    findings, unseen = _parsed(document, look.places)
    ours = look.places.resolve(str(canary))
    look.places.strange.discard(ours)
    missing = _EXPECTED - {finding.rule for finding in findings if finding.location and finding.location.path == ours}
    if missing:
        raise ToolError(f"ruff does not find known flaws ({', '.join(sorted(missing))}): reinstall it")
    words = completed.stderr.decode("utf-8", "replace")
    unseen += [Unseen(look.places.resolve(name), one_line(why)) for name, why in _FAILED_TO_LINT.findall(words)]
    return [one for one in findings if one.location and one.location.path != ours], unseen


def _parsed(document: object, places: Places) -> tuple[list[Finding], list[Unseen]]:
    if not isinstance(document, list):
        raise ToolOutputError("what ruff printed is not of the expected shape")
    findings: list[Finding] = []
    unparsed: dict[str, Unseen] = {}
    for entry in cast("list[object]", document):
        path = places.resolve(member(entry, "filename", str, "ruff"))
        code = an_object(entry).get("code")
        if code is None or code == _SYNTAX or str(code).startswith("E9"):
            # Of a file that does not parse it checks what it can read; not all of it is looked at.
            reason = f"does not parse: {one_line(member(entry, 'message', str, 'ruff'), 160)}"
            unparsed.setdefault(path, Unseen(path, reason))
        else:
            findings.append(_finding(entry, str(code), path))
    return findings, list(unparsed.values())


def _finding(entry: object, code: str, path: str) -> Finding:
    rule = one_line(code, 20)
    words = one_line(member(entry, "message", str, "ruff"))
    severity, cwe = RATINGS.get(rule, UNRATED)
    url = an_object(entry).get("url")
    return Finding(
        scanner="ruff",
        rule=rule,
        severity=Severity.LOW if SEEMS_SAFE in words else severity,
        # It quotes the name that a password is assigned to, not the password; older ones quote both.
        message=words.partition(":")[0] if rule in _PASSWORDS else words,
        location=Location(path, _region(entry)),
        title=one_line(str(an_object(entry).get("name") or rule), 80),
        category=Category.SECRET if rule in _PASSWORDS else Category.CODE,
        cwe=(cwe,) if cwe else (),
        references=(url,) if isinstance(url, str) and url.startswith("https://") else (),
    )


def _region(entry: object) -> Region:
    start, end = mapping(entry, "location", "ruff"), mapping(entry, "end_location", "ruff")
    numbers = (member(place, key, int, "ruff") for place in (start, end) for key in ("row", "column"))
    return Region(*numbers)


def _without_asserts(findings: Iterable[Finding], *, listed: bool) -> list[Finding]:
    return [
        one for one in findings if listed or one.rule != "S101" or not (one.location and is_test(one.location.path))
    ]


def _allowed(findings: Sequence[Finding], root: Path) -> tuple[Finding, ...]:
    """The findings, those suppressed that a comment for Ruff or for Bandit allows."""
    ours = apply_pragmas(findings, root, NOQA)
    as_bandit = [dataclasses.replace(finding, rule=f"B{finding.rule[1:]}") for finding in ours]
    return tuple(_renamed(apply_pragmas(as_bandit, root, NOSEC), ours))


def _renamed(marked: Iterable[Finding], original: Iterable[Finding]) -> Iterator[Finding]:
    for one, other in zip(marked, original, strict=True):
        yield dataclasses.replace(other, suppression=one.suppression)
