"""Snyk: its exit codes, projects that failed among others, and an account that is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Package, ScanStatus, Severity
from tests.support.foreign import calls, scan, stand_in, write

FILES = {"package.json": {"dependencies": {"lodash": "4.17.15"}}, "requirements.txt": "flask==0.5\n"}


def vulnerability(**changes: object) -> dict[str, Any]:
    found = {
        "id": "SNYK-JS-LODASH-567746", "title": "Prototype Pollution", "severity": "medium", "cvssScore": 6.3,
        "CVSSv3": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:L", "packageName": "lodash", "version": "4.17.15",
        "identifiers": {"CVE": ["CVE-2020-8203"], "CWE": ["CWE-400"], "GHSA": ["GHSA-p6mc-m468-83gw"]},
        "from": ["app@1.0.0", "a@1.0.0", "lodash@4.17.15"], "upgradePath": [False, "a@1.1.0", "lodash@4.17.16"],
        "fixedIn": ["4.17.16"], "references": [{"title": "advisory", "url": "https://example.com/a"}],
    }  # fmt: skip
    return found | changes


def project(*vulnerabilities: object, path: str = "package.json", **changes: object) -> dict[str, Any]:
    found = {
        "vulnerabilities": list(vulnerabilities), "ok": not vulnerabilities, "dependencyCount": 3,
        "packageManager": "npm", "displayTargetFile": path, "projectName": "app",
    }  # fmt: skip
    return found | changes


def snyk(answer: object, code: int, words: str = "") -> str:
    text = json.dumps(json.dumps(answer))
    return f"out(json.loads({text}))\nprint({words!r}, file=sys.stderr)\nsys.exit({code})\n"


def test_a_clean_run_is_complete(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "snyk", snyk([project(), project(path="requirements.txt")], 0))
    result = scan("snyk", write(root, FILES), tmp_path / "s")
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, ("package.json", "requirements.txt"))
    ((_, given),) = calls(bare_path, "snyk")
    assert given == ["test", "--json", "--all-projects", "--dev", "--ignore-policy"]


def test_a_vulnerability_is_told_once_for_all_the_ways_to_it(root: Path, tmp_path: Path, bare_path: Path) -> None:
    other = vulnerability(**{"from": ["app@1.0.0", "lodash@4.17.15"]})
    stand_in(bare_path, "snyk", snyk(project(vulnerability(), other), 1))
    result = scan("snyk", write(root, FILES), tmp_path / "s")
    (finding,) = result.findings
    assert (finding.rule, finding.severity, finding.cwe) == ("SNYK-JS-LODASH-567746", Severity.MEDIUM, (400,))
    assert finding.aliases == ("CVE-2020-8203", "GHSA-p6mc-m468-83gw")
    assert finding.package == Package("lodash", "4.17.15", ("4.17.16",))
    assert (finding.native_severity, finding.fix) == ("CVSS 6.3", "Update to a@1.1.0.")
    assert "(through a@1.0.0 > lodash@4.17.15)" in finding.message


@pytest.mark.parametrize(
    ("score", "word", "severity"),
    [(3.9, "high", Severity.LOW), (6.9, "", Severity.MEDIUM), (8.9, "", Severity.HIGH), (9.0, "low", Severity.CRITICAL),
     (None, "high", Severity.HIGH), (None, "", Severity.UNKNOWN)],
)  # fmt: skip
def test_severity_is_by_score_or_else_its_own_label(
    score: float | None, word: str, severity: Severity, root: Path, tmp_path: Path
) -> None:
    found = vulnerability(cvssScore=score, severity=word, upgradePath=[], fixedIn=[])
    write(root, FILES | {"snyk.json": project(found)})
    (finding,) = scan("snyk", root, tmp_path / "s", report="snyk.json").findings
    assert (finding.severity, finding.fix) == (severity, "There is no fixed version yet.")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (snyk({"ok": False, "error": "Could not reach the API"}, 2), "snyk failed: Could not reach the API"),
        (snyk({}, 3, "No supported files found"), "no project that it can look at: No supported files found"),
        (snyk(project(), 1), "its report is empty"),
        (snyk({"ok": True}, 0), "is no report of"),
        (snyk(project(vulnerability(id="")), 1), "has no id"),
    ],
)
def test_not_looking_is_never_clean(body: str, words: str, root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "snyk", body)
    with pytest.raises(ToolError, match=words):
        scan("snyk", write(root, FILES), tmp_path / "s")


def test_without_an_account_it_is_not_applicable_unless_asked_for(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "snyk", snyk({"ok": False, "error": "`snyk` requires an authenticated account."}, 2))
    write(root, FILES)
    result = scan("snyk", root, tmp_path / "s")
    assert result.status is ScanStatus.NOT_APPLICABLE
    assert "snyk auth" in result.notes[0]
    with pytest.raises(ToolError, match="authenticated account"):
        scan("snyk", root, tmp_path / "t", asked=True)


@pytest.mark.parametrize(
    ("answer", "stderr", "problem"),
    [
        ([project(), {"ok": False, "error": "no lock", "path": "x"}], "", "snyk did not look at a project: no lock"),
        ([project(dependencyCount=0)], "", "package.json: it has no dependencies"),
        (project(), "✗ 1/3 potential projects failed to get dependencies.", "could not look at 1 of 3 projects"),
    ],
)
def test_a_project_that_failed_is_named(
    answer: object, stderr: str, problem: str, root: Path, tmp_path: Path, bare_path: Path
) -> None:
    stand_in(bare_path, "snyk", snyk(answer, 0, stderr))
    result = scan("snyk", write(root, FILES), tmp_path / "s")
    assert result.status is ScanStatus.INCOMPLETE
    assert problem in result.problems[0]
