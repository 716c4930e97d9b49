"""How long answers about a topic stay fresh, in seconds: the more a topic changes, the shorter."""

from __future__ import annotations

from typing import Final

_HOUR = 3600.0

TTL_BY_TOPIC: Final = {
    "best practices": 24 * _HOUR,
    "patterns": 24 * _HOUR,
    "api": 12 * _HOUR,
    "reference": 12 * _HOUR,
    "components": 6 * _HOUR,
    "examples": 6 * _HOUR,
    "troubleshooting": 2 * _HOUR,
    "errors": 2 * _HOUR,
}
DEFAULT_TTL: Final = 4 * _HOUR
NEGATIVE_TTL: Final = 1 * _HOUR


def ttl_of(topic: str) -> float:
    """Seconds that an answer about `topic` stays fresh."""
    return TTL_BY_TOPIC.get(topic.casefold(), DEFAULT_TTL)
