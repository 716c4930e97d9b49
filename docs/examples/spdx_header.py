"""A scanner of your own: every Python file has to say under which licence it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from mcpquality_scanners.base import ScanContext, Scanner
from mcpquality_scanners.findings import (
    Category,
    Finding,
    Location,
    Region,
    ScanResult,
    ScanStatus,
    Severity,
    Unseen,
)
from mcpquality_scanners.hookspecs import hookimpl
from mcpquality_scanners.options import Option, OptionKind, Weaker

RULE = "SPDX001"


class SpdxHeader:
    """Looks for `SPDX-License-Identifier:` in the first lines of each Python file."""

    name = "spdx-header"
    title = "licence identifiers in Python files"
    category = Category.CODE
    weight = 1
    options = (
        Option("first-lines", OptionKind.INTEGER, 5, "How many lines are searched.", minimum=1, weaker=Weaker.MORE),
    )

    async def scan(self, context: ScanContext) -> ScanResult:
        """Name each file without the line, and each that could not be read."""
        wanted = [path for path in context.files if path.endswith(".py")]
        if not wanted:
            return _nothing(asked=context.asked)
        # In a thread: reading waits for the disk, and the other scanners are not to wait with us.
        return await asyncio.to_thread(_looked, context.root, wanted, int(str(context.options["first-lines"])))

    def explain(self, rule: str) -> str | None:
        """Help for our one rule."""
        return f"# {RULE}\n\nAdd a line with `SPDX-License-Identifier:`." if rule == RULE else None


def _nothing(*, asked: bool) -> ScanResult:
    words = "There is no Python file."
    if asked:
        return ScanResult(SpdxHeader.name, ScanStatus.INCOMPLETE, problems=(words,))
    return ScanResult(SpdxHeader.name, ScanStatus.NOT_APPLICABLE, notes=(words,))


def _looked(root: Path, wanted: Sequence[str], first_lines: int) -> ScanResult:
    findings: list[Finding] = []
    seen: list[str] = []
    unseen: list[Unseen] = []
    for path in wanted:
        try:
            text = (root / path).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            unseen.append(Unseen(path, f"cannot be read: {error}"))
            continue
        seen.append(path)
        if not any("SPDX-License-Identifier:" in line for line in text.splitlines()[:first_lines]):
            findings.append(_finding(path))
    return ScanResult(
        SpdxHeader.name,
        ScanStatus.INCOMPLETE if unseen else ScanStatus.COMPLETE,
        findings=tuple(findings),
        seen=tuple(seen),
        unseen=tuple(unseen),
        version="1",
    )


def _finding(path: str) -> Finding:
    return Finding(
        scanner=SpdxHeader.name,
        rule=RULE,
        severity=Severity.LOW,
        message="The file does not say under which licence it stands.",
        location=Location(path, Region(1)),
        fix="Add `# SPDX-License-Identifier: MIT` (or your licence) as its first line.",
    )


@hookimpl
def mcpquality_scanners() -> Sequence[Scanner]:
    """The scanners that this module brings."""
    return (SpdxHeader(),)
