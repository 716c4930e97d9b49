"""The coverage gate: reads what the tests left behind, or runs them, and holds it against thresholds."""

from __future__ import annotations

from mcpquality_scanners.coverage_gate.scanner import CoverageScanner

__all__ = ["CoverageScanner"]
