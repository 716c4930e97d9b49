from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mcpquality_reports.registry import load
from mcpquality_scanners.findings import Category, Location, ScanResult, ScanStatus, Severity, Unseen
from mcpquality_scanners.results import Results
from tests.reports import hostile, samples

SCHEMAS = Path(__file__).parents[1] / "data" / "gitlab"
KINDS = ("sast", "dependency", "secret", "codequality")
ALL = [samples.failing, samples.passing, samples.incomplete, samples.compared, hostile.results]


def made(kind: str, results: Results) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(load(f"gl-{kind}").render(results, samples.read_lines))


def names(kind: str) -> list[str]:
    return [entry["identifiers"][0]["value"] for entry in made(kind, samples.failing())["vulnerabilities"]]


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("kind", KINDS)
def test_what_gitlab_demands(kind: str, make: Callable[[], Results]) -> None:
    schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(made(kind, make()))


@pytest.mark.parametrize("kind", KINDS[:3])
def test_ids_are_distinct_even_for_findings_that_say_the_same(kind: str) -> None:
    same = (samples.COMMAND_INJECTION, samples.ADVISORIES[0], samples.SECRET) * 2
    ids = [entry["id"] for entry in made(kind, replace(samples.failing(), findings=same))["vulnerabilities"]]
    assert len(ids) == len(set(ids)) == 2


def test_fingerprints_of_the_quality_report_are_distinct() -> None:
    prints = [entry["fingerprint"] for entry in made("codequality", hostile.results())]
    assert len(prints) == len(set(prints))


def test_each_kind_holds_its_own_findings_worst_first_and_none_that_is_suppressed() -> None:
    assert names("dependency") == ["PYSEC-2018-28", "PYSEC-2023-74"]
    assert names("secret") == ["aws-access-key"]
    assert names("sast") == ["mcp-command-injection", "mcp-path-traversal", *["B101"] * 12]
    assert "B310" not in json.dumps(made("codequality", samples.failing()))


@pytest.mark.parametrize("kind", KINDS[:3])
def test_a_scan_that_did_not_see_everything_has_failed_and_says_why(kind: str) -> None:
    scan = made(kind, samples.failing())["scan"]
    assert scan["status"] == "failure"
    assert "src/weather/legacy.py (does not parse (line 3))" in scan["messages"][0]["value"]
    assert made(kind, samples.passing())["scan"] == {**scan, "status": "success", "messages": []} | {
        "end_time": scan["end_time"]
    }


def test_a_scanner_that_names_something_unseen_is_not_successful_whatever_its_status_says() -> None:
    scan = ScanResult("bandit", ScanStatus.COMPLETE, unseen=(Unseen("a.py", "too large"),))
    assert made("sast", replace(samples.passing(), scanners=(scan,)))["scan"]["status"] == "failure"


def test_an_interrupted_run_has_failed() -> None:
    (message,) = made("sast", replace(samples.passing(), interrupted=True))["scan"]["messages"]
    assert message["level"] == "fatal"


@pytest.mark.parametrize("started", ["", "yesterday", "9999-12-31T23:59:59Z"])
def test_a_start_that_is_no_time_gives_one_all_the_same(started: str) -> None:
    scan = made("sast", replace(samples.passing(), started=started))["scan"]
    assert scan["start_time"] == scan["end_time"] == "1970-01-01T00:00:00"


def test_unknown_severity_stays_unknown() -> None:
    unknown = replace(samples.SECRET, severity=Severity.UNKNOWN)
    (entry,) = made("secret", replace(samples.failing(), findings=(unknown,)))["vulnerabilities"]
    assert entry["severity"] == "Unknown"


def test_a_dependency_without_package_or_file_still_has_a_place() -> None:
    bare = replace(samples.ADVISORIES[0], package=None, location=None)
    (entry,) = made("dependency", replace(samples.failing(), findings=(bare,)))["vulnerabilities"]
    assert entry["location"] == {
        "file": "mcpquality",
        "dependency": {"package": {"name": "unknown"}, "version": "unknown"},
    }


def test_paths_stay_inside_the_repository() -> None:
    planted = replace(samples.SECRET, location=Location("../.././/etc/passwd"))
    (entry,) = made("secret", replace(samples.failing(), findings=(planted,)))["vulnerabilities"]
    assert entry["location"]["file"] == "etc/passwd"


def test_the_package_manager_follows_the_file() -> None:
    npm = replace(samples.ADVISORIES[0], scanner="trivy", location=Location("web/package-lock.json"))
    (file,) = made("dependency", replace(samples.failing(), findings=(npm,)))["dependency_files"]
    assert (file["path"], file["package_manager"]) == ("web/package-lock.json", "npm")


def test_words_of_others_are_harmless_where_gitlab_renders_markdown() -> None:
    planted = replace(samples.SECRET, message="![x](https://example.org/a.png) @all", fix="<img src=x> #1")
    (entry,) = made("secret", replace(samples.failing(), findings=(planted,)))["vulnerabilities"]
    assert "![" not in entry["description"]
    assert "@" not in entry["description"]
    assert "<img" not in entry["solution"]


def test_what_is_not_green_without_a_finding_is_in_the_quality_report() -> None:
    checks = {entry["check_name"] for entry in made("codequality", samples.failing())}
    assert {"mcpquality:coverage: lines", "mcpquality:coverage: branches"} <= checks
    assert "mcpquality:semgrep" not in checks
    assert "mcpquality:semgrep" in {entry["check_name"] for entry in made("codequality", samples.incomplete())}
    assert made("codequality", samples.passing()) == []


def test_coverage_is_no_vulnerability() -> None:
    uncovered = replace(samples.SECRET, category=Category.COVERAGE)
    only = replace(samples.failing(), findings=(uncovered,))
    assert not any(made(kind, only)["vulnerabilities"] for kind in KINDS[:3])
