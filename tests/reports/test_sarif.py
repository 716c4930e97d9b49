from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from mcpquality_reports import sarif
from mcpquality_reports.base import no_sources
from mcpquality_scanners.findings import (
    Category,
    Finding,
    Location,
    Region,
    ScanResult,
    ScanStatus,
    Severity,
    Unseen,
)
from mcpquality_scanners.results import Results, Verdict
from tests.reports import hostile, samples

ALL = [samples.failing, samples.passing, samples.incomplete, hostile.results]


def log(results: Results) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sarif.REPORT.render(results, samples.read_lines))
    return document


def run(results: Results, scanner: str) -> dict[str, Any]:
    return next(one for one in log(results)["runs"] if one["tool"]["driver"]["name"] == scanner)


def notifications(one: dict[str, Any]) -> list[str]:
    return [item["message"]["text"] for item in one["invocations"][0]["toolExecutionNotifications"]]


def with_finding(finding: Finding) -> dict[str, Any]:
    results = replace(samples.failing(), findings=(finding,), suppressed=())
    return run(results, finding.scanner)


def region_of(one: dict[str, Any]) -> dict[str, int]:
    region: dict[str, int] = one["results"][0]["locations"][0]["physicalLocation"]["region"]
    return region


def uri_of(one: dict[str, Any]) -> str:
    return str(one["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


@pytest.mark.parametrize("make", ALL)
def test_what_github_demands_of_runs_and_rules(make: Callable[[], Results]) -> None:
    document = log(make())
    assert document["version"] == "2.1.0"
    for one in document["runs"]:
        assert one["automationDetails"]["id"].startswith("mcpquality/")
        assert one["automationDetails"]["id"].endswith("/")
        assert one["tool"]["driver"]["name"]
        for rule in one["tool"]["driver"]["rules"]:
            assert rule["id"]
            assert 0 < len(rule["shortDescription"]["text"]) <= 1024
            assert 0 < len(rule["fullDescription"]["text"]) <= 1024
            assert rule["help"]["text"].strip()
            assert rule["help"]["markdown"].strip()
            assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
            assert len(rule["properties"]["tags"]) <= 20
            assert isinstance(rule["properties"]["security-severity"], str)
            assert 0 < float(rule["properties"]["security-severity"]) <= 10


@pytest.mark.parametrize("make", ALL)
def test_what_github_demands_of_results(make: Callable[[], Results]) -> None:
    for one in log(make())["runs"]:
        rules = one["tool"]["driver"]["rules"]
        for result in one["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["message"]["text"].strip()
            assert result["level"] in ("error", "warning", "note")
            assert result["partialFingerprints"]["primaryLocationLineHash"]
            (location,) = result["locations"]
            region = location["physicalLocation"]["region"]
            assert min(region.values()) >= 1
            assert (region["endLine"], region["endColumn"]) > (region["startLine"], region["startColumn"])
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert uri
            assert not uri.startswith("/")
            assert ":" not in uri
            assert uri.isascii()


def test_one_run_a_scanner_with_its_own_results_and_none_for_what_is_off() -> None:
    document = log(samples.failing())
    counts = {one["tool"]["driver"]["name"]: len(one["results"]) for one in document["runs"]}
    assert counts == {
        "semgrep": 2,
        "pip-audit": 2,
        "bandit": 13,
        "detect-secrets": 2,
        "coverage": 0,
        "npm-audit": 0,
    }
    assert document["properties"]["mcpquality"]["off"] == ["snyk"]


def test_an_incomplete_scanner_names_all_it_did_not_see() -> None:
    one = run(samples.failing(), "semgrep")
    assert one["invocations"][0]["executionSuccessful"] is False
    told = notifications(one)
    assert "semgrep did not see everything: incomplete." in told
    assert sum(words.startswith("Not seen: ") for words in told) == 12
    assert "Not seen: src/weather/legacy.py: does not parse (line 3)" in told


def test_a_scanner_that_saw_everything_was_successful() -> None:
    assert run(samples.failing(), "bandit")["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize("change", [{"problems": ("It fell over.",)}, {"unseen": (Unseen("a.py", "too large"),)}])
def test_what_contradicts_a_complete_status_wins(change: dict[str, Any]) -> None:
    scan = replace(ScanResult("bandit", ScanStatus.COMPLETE), **change)
    one = run(replace(samples.passing(), scanners=(scan,)), "bandit")
    assert one["invocations"][0]["executionSuccessful"] is False
    assert notifications(one)


def test_an_interrupted_run_is_not_successful_anywhere() -> None:
    document = log(replace(samples.failing(), interrupted=True))
    assert not any(one["invocations"][0]["executionSuccessful"] for one in document["runs"])


def test_a_failed_gate_without_findings_shows() -> None:
    assert "Gate coverage: lines: failed: 73.1 %, limit: at least 80 %" in notifications(
        run(samples.failing(), "coverage")
    )


def test_a_gate_without_a_result_has_a_run_that_failed() -> None:
    one = run(samples.incomplete(), "detect-secrets")
    assert one["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize(("verdict", "successful"), [(Verdict.INCOMPLETE, False), (Verdict.PASSED, True)])
def test_a_verdict_without_any_scanner_still_has_a_run(verdict: Verdict, *, successful: bool) -> None:
    (one,) = log(replace(samples.passing(), scanners=(), gates=(), verdict=verdict))["runs"]
    assert one["invocations"][0]["executionSuccessful"] is successful


def test_findings_of_a_scanner_without_a_result_are_not_lost() -> None:
    results = replace(samples.passing(), findings=(samples.SECRET,))
    assert len(run(results, "detect-secrets")["results"]) == 1


def test_suppressed_findings_say_who_and_why() -> None:
    kinds = [
        result["suppressions"]
        for one in log(samples.failing())["runs"]
        for result in one["results"]
        if "suppressions" in result
    ]
    assert kinds == [
        [{"kind": "inSource", "status": "accepted", "justification": "the address is a constant"}],
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "fixtures of the tests hold no real secrets",
            }
        ],
    ]


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [
        (Severity.CRITICAL, "error", "9.5"),
        (Severity.HIGH, "error", "8.0"),
        (Severity.UNKNOWN, "error", "8.0"),
        (Severity.MEDIUM, "warning", "5.5"),
        (Severity.LOW, "note", "2.0"),
        (Severity.INFO, "note", "0.1"),
    ],
)
def test_severities(severity: Severity, level: str, score: str) -> None:
    one = with_finding(replace(samples.SECRET, severity=severity))
    assert one["results"][0]["level"] == level
    assert one["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == score


@pytest.mark.parametrize(
    ("vector", "severity", "score"),
    [
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Severity.CRITICAL, "9.8"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:N", Severity.CRITICAL, "9.3"),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:H/I:H/A:H", Severity.CRITICAL, "9.1"),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Severity.LOW, "2.0"),
    ],
)
def test_an_own_score_counts_where_it_says_the_same_as_the_severity(
    vector: str, severity: Severity, score: str
) -> None:
    one = with_finding(replace(samples.ADVISORIES[0], native_severity=vector, severity=severity))
    assert one["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == score


def test_coverage_is_no_security_matter() -> None:
    (rule,) = with_finding(replace(samples.SECRET, category=Category.COVERAGE))["tool"]["driver"]["rules"]
    assert "security-severity" not in rule["properties"]
    assert "security" not in rule["properties"]["tags"]


@pytest.mark.parametrize(
    ("location", "region"),
    [
        (Location("a.py"), (1, 1, 1, 2)),
        (Location("a.py", Region(0, -1)), (1, 1, 1, 2)),
        (Location("a.py", Region(7)), (7, 1, 7, 2)),
        (Location("a.py", Region(7, 3, 7, 3)), (7, 3, 7, 4)),
        (Location("a.py", Region(7, 3, 6, 9)), (7, 3, 7, 9)),
        (Location("a.py", Region(7, 3, 9)), (7, 3, 9, 1)),
        (Location("src/weather/settings.py", Region(2)), (2, 1, 2, 40)),
        (Location("src/weather/settings.py", Region(99)), (99, 1, 99, 2)),
    ],
)
def test_regions_have_four_coordinates(location: Location, region: tuple[int, int, int, int]) -> None:
    one = region_of(with_finding(replace(samples.SECRET, location=location)))
    assert (one["startLine"], one["startColumn"], one["endLine"], one["endColumn"]) == region


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/c#d?.py", "a%20b/c%23d%3F.py"),
        ("C:/x.py", "C%3A/x.py"),
        ("/etc//./passwd", "etc/passwd"),
        ("caf\udce9.py", "caf%E9.py"),
        ("x\ud800.py", "x%EF%BF%BD.py"),
        ("a\nb.py", "a%0Ab.py"),
        ("", "."),
    ],
)
def test_paths_are_relative_and_percent_encoded(path: str, uri: str) -> None:
    assert uri_of(with_finding(replace(samples.SECRET, location=Location(path)))) == uri


def test_a_name_that_is_not_utf_8_keeps_its_bytes() -> None:
    one = with_finding(replace(samples.SECRET, location=Location("caf\udce9.py")))
    assert unquote_to_bytes(uri_of(one)) == b"caf\xe9.py"


def test_a_finding_without_a_file_says_what_it_is_about() -> None:
    assert uri_of(with_finding(replace(samples.ADVISORIES[0], location=None))) == "pip-audit/requests"
    assert uri_of(with_finding(replace(samples.SECRET, location=None))) == "detect-secrets/run"


def test_a_finding_without_a_fingerprint_gets_one_by_what_it_says() -> None:
    def made(finding: Finding) -> str:
        result = with_finding(replace(finding, fingerprint=""))["results"][0]
        return str(result["partialFingerprints"]["primaryLocationLineHash"])

    moved = replace(samples.SECRET, location=Location("src/weather/settings.py", Region(9)))
    assert made(samples.SECRET) == made(moved)
    assert made(samples.SECRET) != made(replace(samples.SECRET, message="Another."))


def test_help_in_markdown_shows_exactly_the_words() -> None:
    planted = replace(samples.SECRET, fix="![x](https://example.org) <b>`y`</b>", references=())
    (rule,) = with_finding(planted)["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"] == r"\!\[x\]\(https\://example\.org\) \<b\>\`y\`\</b\>"


def test_only_safe_links_are_given() -> None:
    links = ("javascript:alert(1)", "http://example.org/", "https://osv.dev/a")
    (rule,) = with_finding(replace(samples.SECRET, references=links))["tool"]["driver"]["rules"]
    assert rule["helpUri"] == "https://osv.dev/a"
    assert "javascript" not in json.dumps(rule)


def test_no_code_is_in_it() -> None:
    assert samples.KEY not in sarif.REPORT.render(samples.failing(), samples.read_lines)


def test_hostile_words_leave_ascii_json_without_lone_surrogates() -> None:
    document = sarif.REPORT.render(hostile.results(), hostile.read_lines)
    document.encode("ascii")
    json.dumps(json.loads(document), ensure_ascii=False).encode("utf-8")
    assert len(document) < 2_000_000


def test_the_same_results_give_the_same_bytes() -> None:
    assert len({sarif.REPORT.render(samples.failing(), no_sources) for _ in range(2)}) == 1
