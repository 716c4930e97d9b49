"""All foreign tools."""

from __future__ import annotations

from mcpquality_scanners.base import Scanner
from mcpquality_scanners.clock import Clock
from mcpquality_scanners.foreign.dependency_check import DependencyCheck
from mcpquality_scanners.foreign.gitleaks import Gitleaks
from mcpquality_scanners.foreign.npm_audit import NpmAudit
from mcpquality_scanners.foreign.osv_scanner import OsvScanner
from mcpquality_scanners.foreign.ruff import Ruff
from mcpquality_scanners.foreign.sarif_scanner import SarifScanner
from mcpquality_scanners.foreign.scanner import ForeignScanner
from mcpquality_scanners.foreign.snyk import Snyk
from mcpquality_scanners.foreign.trivy import Trivy
from mcpquality_scanners.foreign.zizmor import Zizmor


def foreign_scanners(clock: Clock | None = None) -> tuple[Scanner, ...]:
    """A scanner for each tool, and the one that takes in SARIF files."""
    tools = (NpmAudit(), Gitleaks(), Snyk(), DependencyCheck(), OsvScanner(), Trivy(), Ruff(), Zizmor())
    return (*(ForeignScanner(tool, clock) for tool in tools), SarifScanner(clock))
