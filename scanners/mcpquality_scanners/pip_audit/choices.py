"""The scanner's name, and the services that may be asked: what its options need to know."""

from __future__ import annotations

NAME = "pip-audit"

AUTO, BY_OSV, BY_PYPI, BY_STORE = "auto", "osv", "pypi", "local"
CHOICES = (AUTO, BY_OSV, BY_PYPI, BY_STORE)
