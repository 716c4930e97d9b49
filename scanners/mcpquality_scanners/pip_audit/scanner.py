"""Known vulnerabilities in what a project depends on, found by pip-audit.

We hand it exact versions and a canary, never a manifest: it drops in silence what it cannot read. Every
version that it did not prove to have looked up is named as not seen.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.findings import Category, ScanResult
from mcpquality_scanners.options import Option, OptionKind, Weaker
from mcpquality_scanners.pip_audit.choices import AUTO, CHOICES, NAME


class PipAuditScanner:
    """Audits the exact versions of every manifest with pip-audit."""

    name = NAME
    title = "Known vulnerabilities in Python dependencies"
    category = Category.DEPENDENCY
    weight = 2
    options = (
        Option("manifests", OptionKind.LIST, (), "globs of the files to audit, instead of those with usual names"),
        Option("groups", OptionKind.LIST, ("*",), "extras and dependency groups of pyproject.toml; * for all"),
        Option("environment", OptionKind.TEXT, "", "an interpreter or virtual environment to audit as well"),
        Option(
            "resolve",
            OptionKind.CHOICE,
            "unpinned",
            "which requirements files to resolve: those that leave versions open, or always",
            choices=("unpinned", "always"),
        ),
        Option(
            "build",
            OptionKind.FLAG,
            False,
            "let the resolver build source distributions, which runs their code",
        ),
        Option(
            "service",
            OptionKind.CHOICE,
            AUTO,
            "where advisories come from; auto asks osv, then pypi, then the local store",
            choices=CHOICES,
            # Which of them is asked is no weakness: each proves that it knows what is vulnerable.
            weaker=Weaker.NEVER,
        ),
        Option(
            "advisories",
            OptionKind.TEXT,
            "",
            "a folder of OSV records, or a store, to use instead of a service and of the default store",
            caution="what is not recorded there is not known, and nobody checks that a folder of records is complete",
        ),
        Option(
            "max-age",
            OptionKind.LIMIT,
            7,
            "days after which local advisories are too old to be relied on; false for any age",
            minimum=0,
            weaker=Weaker.MORE,
        ),
        Option(
            "epss",
            OptionKind.TEXT,
            "",
            "the EPSS scores (CSV, or gzip of it), a file or a URL, to show how likely exploitation is",
            weaker=Weaker.NEVER,
        ),
        Option(
            "kev",
            OptionKind.TEXT,
            "",
            "CISA's catalogue of known exploited vulnerabilities (JSON), a file or a URL",
            weaker=Weaker.NEVER,
        ),
    )

    def __init__(self, *, clock: Clock | None = None, osv_url: str = "", store: Path | None = None) -> None:
        """Create the scanner.

        Args:
            clock: Tells time and date.
            osv_url: Query address of a service that answers as OSV does; empty for OSV itself.
            store: The store of advisories; None for the one in the platform's folder for data.
        """
        self._clock = clock or SystemClock()
        self._osv_url = osv_url
        self._store = store

    def explain(self, rule: str) -> str | None:
        """Help about an advisory."""
        from mcpquality_scanners.pip_audit.report import explain  # noqa: PLC0415 - only for who asks

        return explain(rule)

    async def scan(self, context: ScanContext) -> ScanResult:
        """Audit every manifest among the files.

        Raises:
            ToolNotInstalledError: pip-audit cannot be had.
        """
        # Much to import: beside the other scanners, which start their tools meanwhile.
        audit = await asyncio.to_thread(import_module, "mcpquality_scanners.pip_audit.run")
        result: ScanResult = await audit.run(context, self._clock, self._store, self._osv_url)
        return result
