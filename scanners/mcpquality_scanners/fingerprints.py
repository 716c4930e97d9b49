"""An identity for a finding that survives when its line moves."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from mcpquality_scanners.findings import Category, Finding

ReadLines = Callable[[str], Sequence[str] | None]
"""The lines of a file of the list by its path, or None when it cannot be read as text."""

_LENGTH = 32  # hexadecimal digits: 128 bits

# What a secret is assigned to, at the start of its line. Two `=` are a comparison, or the end of Base64.
_KEY = re.compile(r"""\s*["']?([A-Za-z_][\w.-]*)["']?\s*(?::|=(?!=))\s*\S""")


def with_fingerprints(findings: Iterable[Finding], read_lines: ReadLines) -> tuple[Finding, ...]:
    """The findings in their one order, each with its fingerprint.

    Made of scanner, rule, path, package, the subject and the text of the line, white space folded; findings that agree
    in all of these are told apart by counting from the top of the file. Of a line with a secret only the name goes in
    that it is assigned to: a hash of a short secret could be searched for.
    """
    counted: Counter[str] = Counter()
    done: list[Finding] = []
    for finding in sorted(findings, key=_by_place):
        stem = _stem(finding, read_lines)
        counted[stem] += 1
        digest = hashlib.sha256(f"{stem}\0{counted[stem]}".encode("utf-8", "surrogatepass")).hexdigest()
        done.append(replace(finding, fingerprint=digest[:_LENGTH]))
    return tuple(sorted(done, key=lambda finding: finding.sort_key))


def _by_place(finding: Finding) -> tuple[object, ...]:
    region = finding.location.region if finding.location else None
    path = finding.location.path if finding.location else ""
    # Two that agree in all that orders them may still differ: the order they came in must not decide.
    return (path, region is not None, region, finding.sort_key, repr(finding))


def _stem(finding: Finding, read_lines: ReadLines) -> str:
    package = finding.package.name if finding.package else ""
    path = finding.location.path if finding.location else ""
    parts = [finding.scanner, finding.rule, path, package, _line_text(finding, read_lines)]
    if finding.subject:
        parts += [finding.subject.server, finding.subject.kind, finding.subject.name]
    return "\0".join(parts)


def _line_text(finding: Finding, read_lines: ReadLines) -> str:
    if finding.location is None or finding.location.region is None or finding.package is not None:
        return ""
    lines = read_lines(finding.location.path) or ()
    number = finding.location.region.start_line
    text = lines[number - 1] if 0 < number <= len(lines) else ""
    if finding.category is Category.SECRET:
        key = _KEY.match(text)
        return key.group(1) if key else ""
    return " ".join(text.split())
