from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest

from mcpquality_reports import junit
from mcpquality_reports.base import no_sources
from mcpquality_scanners.findings import Unseen
from mcpquality_scanners.results import Results, Verdict
from tests.reports import hostile, samples


def tree(results: Results) -> ET.Element:
    return ET.fromstring(junit.REPORT.render(results, no_sources))


def case(results: Results, name: str) -> ET.Element:
    (found,) = (one for one in tree(results).iter("testcase") if one.get("name") == name)
    return found


@pytest.mark.parametrize("make", [samples.failing, samples.passing, samples.incomplete, hostile.results])
def test_the_shape_that_readers_expect(make: Callable[[], Results]) -> None:
    root = tree(make())
    assert root.tag == "testsuites"
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in root:
        assert suite.tag == "testsuite"
        assert suite.get("name")
        cases = suite.findall("testcase")
        counted = {
            "tests": len(cases),
            **{
                name: sum(one.find(tag) is not None for one in cases)
                for tag, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped"))
            },
        }
        assert {name: int(suite.get(name, "-1")) for name in counted} == counted
        totals = {name: totals[name] + number for name, number in counted.items()}
        for one in cases:
            assert one.get("name")
            assert one.get("classname")
            assert {child.tag for child in one} <= {"failure", "error", "skipped", "system-out"}
    assert {name: int(root.get(name, "-1")) for name in totals} == totals


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("semgrep", "failure"),
        ("bandit", "system-out"),
        ("npm-audit", "skipped"),
        ("snyk", "skipped"),
        ("coverage: lines", "failure"),
        ("verdict", "failure"),
        ("mcp-command-injection", "failure"),
        ("B101", "system-out"),
    ],
)
def test_outcomes(name: str, outcome: str) -> None:
    assert [child.tag for child in case(samples.failing(), name)] == [outcome]


def test_what_could_not_be_decided_is_an_error_and_never_passes() -> None:
    results = samples.incomplete()
    assert case(results, "verdict").find("error") is not None
    assert case(results, "semgrep").find("error") is not None
    accepted = case(results, "bandit").findtext("system-out") or ""
    assert "accepted as incomplete" in accepted
    assert "not seen: src/old.py: is Python 2" in accepted


def test_an_incomplete_run_without_gates_still_has_an_error() -> None:
    root = tree(replace(samples.passing(), gates=(), verdict=Verdict.INCOMPLETE))
    assert root.get("errors") == "1"


def test_what_was_not_seen_is_told_up_to_a_number() -> None:
    scan = replace(samples.SCANNERS[0], unseen=tuple(Unseen(f"f{n}", "too large") for n in range(300)))
    text = case(replace(samples.failing(), scanners=(scan,)), "semgrep").findtext("failure") or ""
    assert "and 100 more that were not seen" in text


def test_thousands_of_rules_are_cut_off_where_the_verdict_still_says_all() -> None:
    found = tuple(replace(samples.SECRET, rule=f"r{n}") for n in range(junit.MOST_RULES + 5))
    root = tree(replace(samples.failing(), findings=found))
    names = {one.get("name") for one in root.iter("testcase")}
    assert len(names & {f"r{n}" for n in range(len(found))}) == junit.MOST_RULES
    assert "5 more rules" in names


def test_characters_that_xml_forbids_are_replaced() -> None:
    results = replace(samples.passing(), headline="", gates=(replace(samples.GATES[2], name="a\ufffe\x00\ud800b"),))
    assert any("\\x00" in (one.get("name") or "") for one in tree(results).iter("testcase"))


def test_the_start_is_given_where_it_is_one() -> None:
    assert next(iter(tree(samples.failing()))).get("timestamp") == "2026-11-20T12:00:00"
    assert next(iter(tree(replace(samples.failing(), started="?")))).get("timestamp") is None
