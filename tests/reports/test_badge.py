from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from mcpquality_reports.badge import ENDPOINT, SVG
from mcpquality_reports.base import no_sources
from mcpquality_scanners.results import Verdict
from tests.reports import samples


@pytest.mark.parametrize(
    ("verdict", "interrupted", "said", "color"),
    [
        (Verdict.PASSED, False, "passed", "brightgreen"),
        (Verdict.FAILED, False, "failed", "red"),
        (Verdict.FAILED, True, "failed", "red"),
        (Verdict.INCOMPLETE, False, "incomplete", "orange"),
        (Verdict.PASSED, True, "interrupted", "orange"),
    ],
)
def test_the_verdict_in_word_and_colour(verdict: Verdict, *, interrupted: bool, said: str, color: str) -> None:
    results = replace(samples.passing(), verdict=verdict, interrupted=interrupted)
    assert json.loads(ENDPOINT.render(results, no_sources)) == {
        "schemaVersion": 1,
        "label": "mcpquality",
        "message": said,
        "color": color,
        "isError": color != "brightgreen",
    }
    image = ET.fromstring(SVG.render(results, no_sources))
    assert image.get("aria-label") == f"mcpquality: {said}"
    assert [text.text for text in image.iter("{http://www.w3.org/2000/svg}text")] == ["mcpquality", said]


def test_only_a_pass_is_green() -> None:
    green = "#1a7f37"
    assert green in SVG.render(samples.passing(), no_sources)
    assert green not in SVG.render(samples.incomplete(), no_sources)
    assert green not in SVG.render(replace(samples.passing(), interrupted=True), no_sources)
