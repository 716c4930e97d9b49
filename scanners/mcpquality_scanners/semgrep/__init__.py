"""Semgrep: flaws in code, by our rules for MCP servers or the user's own."""

from __future__ import annotations

from mcpquality_scanners.semgrep.scanner import SemgrepScanner

__all__ = ["SemgrepScanner"]
