from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from mcpquality_reports import vex
from mcpquality_reports.base import no_sources
from mcpquality_scanners.findings import Finding, Location, Package, Severity, Suppression, SuppressionKind
from mcpquality_scanners.results import Results
from tests.reports import hostile, samples

ACCEPTED = replace(
    samples.ADVISORIES[1], suppression=Suppression(SuppressionKind.CONFIG, "the code path is never reached")
)


def document(results: Results) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(vex.REPORT.render(results, no_sources))
    return made


def of(*findings: Finding) -> dict[str, Any]:
    return document(replace(samples.failing(), findings=findings, suppressed=()))


@pytest.mark.parametrize("make", [samples.failing, samples.passing, samples.incomplete, hostile.results])
def test_it_is_valid_cyclonedx(make: Callable[[], Results]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(vex.REPORT.render(make(), no_sources)) is None


def test_what_counts_is_in_triage_and_what_is_suppressed_is_not_affected() -> None:
    results = replace(samples.failing(), findings=samples.ADVISORIES[:1], suppressed=(ACCEPTED,))
    first, second = document(results)["vulnerabilities"]
    assert (first["id"], first["analysis"]) == ("PYSEC-2018-28", {"state": "in_triage"})
    assert second["analysis"] == {"state": "not_affected", "detail": "the code path is never reached"}


def test_a_rating_has_the_advisorys_own_score() -> None:
    (first, _) = of(*samples.ADVISORIES)["vulnerabilities"]
    assert first["ratings"] == [
        {"method": "CVSSv3", "score": 9.8, "severity": "critical", "vector": "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
    ]


def test_without_a_vector_there_is_only_the_severity() -> None:
    bare = replace(samples.ADVISORIES[0], native_severity="", severity=Severity.UNKNOWN)
    assert of(bare)["vulnerabilities"][0]["ratings"] == [{"severity": "unknown"}]


@pytest.mark.parametrize(
    ("scanner", "path", "name", "purl"),
    [
        ("pip-audit", "requirements.txt", "Zope.Interface", "pkg:pypi/zope-interface@1.0"),
        ("trivy", "web/package-lock.json", "@scope/thing", "pkg:npm/%40scope/thing@1.0"),
        ("trivy", "dev-requirements.txt", "a", "pkg:pypi/a@1.0"),
        ("trivy", "go.sum", "a", None),
    ],
)
def test_packages_by_their_world(scanner: str, path: str, name: str, purl: str | None) -> None:
    finding = replace(samples.ADVISORIES[0], scanner=scanner, location=Location(path), package=Package(name, "1.0"))
    (component,) = of(finding)["components"]
    assert component.get("purl") == purl


def test_one_advisory_of_one_package_is_told_once_and_refers_to_the_package() -> None:
    elsewhere = replace(samples.ADVISORIES[0], location=Location("other/requirements.txt"))
    made = of(samples.ADVISORIES[0], elsewhere)
    (vulnerability,) = made["vulnerabilities"]
    (component,) = made["components"]
    assert vulnerability["affects"] == [{"ref": component["bom-ref"]}]


def test_a_dependency_finding_without_a_package_is_not_lost() -> None:
    assert len(of(replace(samples.ADVISORIES[0], package=None))["vulnerabilities"]) == 1


def test_other_findings_stay_out() -> None:
    assert "vulnerabilities" not in of(samples.SECRET, samples.COMMAND_INJECTION)


def test_what_was_not_seen_is_said() -> None:
    told = {one["name"]: one["value"] for one in document(samples.incomplete())["metadata"]["properties"]}
    assert told["mcpquality:verdict"] == "incomplete"
    assert "mcpquality:not-seen" in told


def test_times_and_numbers_come_from_the_results() -> None:
    made = document(samples.failing())
    assert made["metadata"]["timestamp"].startswith("2026-11-20T12:00:00")
    assert made == document(samples.failing())
    assert made["serialNumber"] != document(replace(samples.failing(), started="?"))["serialNumber"]
