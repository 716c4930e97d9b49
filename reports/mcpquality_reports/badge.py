"""The verdict as a badge: an SVG image, and the document that shields.io makes one from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results, Verdict

_LABEL = "mcpquality"
_COLORS = {Verdict.PASSED: "#1a7f37", Verdict.FAILED: "#b3261e", Verdict.INCOMPLETE: "#8a6100"}
"""Dark enough for white letters: a contrast of 4.5 and more."""

_NAMED = {Verdict.PASSED: "brightgreen", Verdict.FAILED: "red", Verdict.INCOMPLETE: "orange"}
_CHARACTER = 7  # pixels of a character of 11 pixels height, about
_MARGIN = 6


@dataclass(frozen=True, slots=True)
class BadgeReport:
    """A badge, made by `make` from the verdict: no word of it comes from elsewhere."""

    make: Callable[[str, Verdict], str]

    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - shows no code
        """See `Report.render`."""
        said = "interrupted" if results.interrupted and results.verdict is not Verdict.FAILED else results.verdict.value
        verdict = Verdict.INCOMPLETE if said == "interrupted" else results.verdict
        return self.make(said, verdict)


def _svg(said: str, verdict: Verdict) -> str:
    left, right = (_CHARACTER * len(word) + 2 * _MARGIN for word in (_LABEL, said))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{_LABEL}: {said}">
  <title>{_LABEL}: {said}</title>
  <rect width="{left + right}" height="20" rx="3" fill="#424a53"/>
  <path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z" fill="{_COLORS[verdict]}"/>
  <g fill="#fff" text-anchor="middle" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">
    <text x="{left / 2}" y="14" textLength="{left - 2 * _MARGIN}">{_LABEL}</text>
    <text x="{left + right / 2}" y="14" textLength="{right - 2 * _MARGIN}">{said}</text>
  </g>
</svg>
"""


def _endpoint(said: str, verdict: Verdict) -> str:
    content = {"schemaVersion": 1, "label": _LABEL, "message": said, "color": _NAMED[verdict]}
    return json.dumps(content | {"isError": verdict is not Verdict.PASSED}, indent=1) + "\n"


SVG = BadgeReport(_svg)
ENDPOINT = BadgeReport(_endpoint)
