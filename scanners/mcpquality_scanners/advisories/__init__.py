"""Known vulnerabilities out of OSV records at hand: reading, matching, and an endpoint that tools can ask."""

from __future__ import annotations

from mcpquality_scanners.advisories.endpoint import QUERY, serving
from mcpquality_scanners.advisories.errors import AdvisoriesError
from mcpquality_scanners.advisories.folder import Flaw, Records, load_folder
from mcpquality_scanners.advisories.matching import Index, affects
from mcpquality_scanners.advisories.records import (
    Advisory,
    Affected,
    BadRecordError,
    Event,
    parse_record,
    severity_of,
)

__all__ = [
    "QUERY",
    "AdvisoriesError",
    "Advisory",
    "Affected",
    "BadRecordError",
    "Event",
    "Flaw",
    "Index",
    "Records",
    "affects",
    "load_folder",
    "parse_record",
    "serving",
    "severity_of",
]
