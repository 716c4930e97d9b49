"""The dependency scanner: exact versions out of every manifest, audited by pip-audit."""

from __future__ import annotations

from mcpquality_scanners.pip_audit.scanner import PipAuditScanner

__all__ = ["PipAuditScanner"]
