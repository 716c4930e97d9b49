"""SARIF files of any tool: their findings beside ours."""

from __future__ import annotations

import re

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Category, ScanResult, ScanStatus, Unseen
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.foreign.report_file import doubtful, load_report
from mcpquality_scanners.foreign.sarif import read_sarif
from mcpquality_scanners.options import Option, OptionKind, Weaker

OPTIONS = (Option("reports", OptionKind.LIST, (), "SARIF 2.1.0 files to take in, from the root.", weaker=Weaker.NEVER),)

_SOURCE = re.compile(r"\.(?:py|pyi|js|mjs|ts|tsx|jsx|go|rs|java|kt|c|cc|cpp|h|cs|rb|php|swift|sh|tf|ya?ml)$")


class SarifScanner:
    """Takes in the SARIF files that the configuration names."""

    name = "sarif"
    title = "SARIF: findings of other tools, from their files"
    category = Category.CODE
    options = OPTIONS
    weight = 1

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def scan(self, context: ScanContext) -> ScanResult:
        """See `Scanner.scan`."""
        started = self._clock.monotonic()
        reports = context.options["reports"]
        names = reports if isinstance(reports, tuple) else ()
        if not names:
            return _nothing(context.asked)
        results = [self._one(context, name) for name in names]
        unseen = tuple(unseen for result in results for unseen in result.unseen)
        problems = tuple(problem for result in results for problem in result.problems)
        return ScanResult(
            scanner=self.name,
            status=ScanStatus.INCOMPLETE if unseen or problems else ScanStatus.COMPLETE,
            findings=tuple(finding for result in results for finding in result.findings),
            seen=tuple(sorted({path for result in results for path in result.seen})),
            unseen=unseen,
            problems=problems,
            notes=tuple(dict.fromkeys(note for result in results for note in result.notes)),
            seconds=self._clock.monotonic() - started,
        )

    def _one(self, context: ScanContext, name: str) -> ScanResult:
        places = Places(context.root, frozenset(context.files))
        try:
            document = load_report(context.root / name, name)
            reading = read_sarif(document, places, scanner=self.name, category=self.category, prefix=True)
        except ToolError as error:
            return ScanResult(self.name, ScanStatus.INCOMPLETE, unseen=(Unseen(name, str(error)),))
        findings, note = places.listed(reading.findings)
        sources = (path for path in context.files if _SOURCE.search(path))
        return ScanResult(
            scanner=self.name,
            status=ScanStatus.COMPLETE,
            findings=findings,
            # Few tools tell what they have read: then the file itself is what was looked at.
            seen=tuple(path for path in reading.seen if path not in places.strange) or (name,),
            problems=(*reading.problems, *doubtful(context.root, name, sources, places)),
            notes=note,
        )

    def explain(self, rule: str) -> str | None:  # noqa: ARG002 - other tools' rules
        """Nothing: the rules are other tools'."""
        return None


def _nothing(asked: bool) -> ScanResult:
    advice = 'Name SARIF files: `reports = ["codeql.sarif"]` in [tool.mcpquality.scanners.sarif].'
    if asked:
        return ScanResult("sarif", ScanStatus.NOT_APPLICABLE, problems=(f"No SARIF file was given. {advice}",))
    return ScanResult("sarif", ScanStatus.NOT_APPLICABLE, notes=("No SARIF file was given.",))
