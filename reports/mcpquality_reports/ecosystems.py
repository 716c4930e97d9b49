"""Which world of packages a finding about a dependency belongs to, as far as its file and its scanner tell."""

from __future__ import annotations

from collections.abc import Mapping

from mcpquality_scanners.findings import Finding

UNKNOWN = ""

_SCANNERS: Mapping[str, str] = {"pip-audit": "pypi", "safety": "pypi", "npm-audit": "npm"}
_FILES: Mapping[str, str] = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "package.json": "npm",
    "yarn.lock": "npm",
    "pnpm-lock.yaml": "npm",
    "pyproject.toml": "pypi",
    "setup.py": "pypi",
    "setup.cfg": "pypi",
    "uv.lock": "pypi",
    "poetry.lock": "pypi",
    "pdm.lock": "pypi",
    "pylock.toml": "pypi",
    "Pipfile": "pypi",
    "Pipfile.lock": "pypi",
}


def ecosystem(finding: Finding) -> str:
    """`pypi` or `npm`, as package URLs have it; `UNKNOWN` when nothing tells."""
    if finding.scanner in _SCANNERS:
        return _SCANNERS[finding.scanner]
    name = finding.location.path.rpartition("/")[2] if finding.location else ""
    if name.endswith(".txt") and "require" in name:
        return "pypi"
    return _FILES.get(name, UNKNOWN)
