"""OWASP dependency-check: its report, and analysers that failed inside of a run that ended with 0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Package, ScanStatus, Severity
from tests.support.foreign import calls, scan, stand_in, write


def vulnerability(**changes: object) -> dict[str, Any]:
    found = {
        "source": "NVD", "name": "CVE-2021-44228", "severity": "CRITICAL", "description": "Apache Log4j2 JNDI",
        "cvssv3": {"baseScore": 10.0, "baseSeverity": "CRITICAL"}, "cwes": ["CWE-20", "CWE-502"],
        "references": [{"source": "x", "url": "https://example.com/log4j", "name": "x"}],
    }  # fmt: skip
    return found | changes


def report(*vulnerabilities: object, **changes: object) -> dict[str, Any]:
    found = {
        "reportSchema": "1.1", "scanInfo": {"engineVersion": "12.0.0"}, "projectInfo": {"name": "x"},
        "dependencies": [
            {"fileName": "quiet.jar", "filePath": "/src/lib/quiet.jar"},
            {
                "fileName": "log4j-core-2.14.1.jar", "filePath": "/src/lib/log4j-core-2.14.1.jar",
                "packages": [{"id": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "confidence": "HIGH"}],
                "vulnerabilities": list(vulnerabilities),
            },
        ],
    }  # fmt: skip
    return found | changes


FILES = {"lib/log4j-core-2.14.1.jar": b"PK", "lib/quiet.jar": b"PK"}


def tool(answer: object, code: int = 0) -> str:
    text = json.dumps(json.dumps(answer))
    return f"pathlib.Path(after('--out')).write_text(json.loads({json.dumps(text)}))\nsys.exit({code})\n"


def test_a_finding_names_library_version_and_weakness(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "dependency-check", tool(report(vulnerability())))
    result = scan("dependency-check", write(root, FILES), tmp_path / "s", offline=True)
    (finding,) = result.findings
    assert (finding.rule, finding.severity, finding.cwe) == ("CVE-2021-44228", Severity.CRITICAL, (20, 502))
    assert finding.package == Package("org.apache.logging.log4j/log4j-core", "2.14.1")
    assert finding.location is not None
    assert finding.location.path == "lib/log4j-core-2.14.1.jar"
    assert (result.status, len(result.seen)) == (ScanStatus.COMPLETE, 2)
    ((_, given),) = calls(bare_path, "dependency-check")
    assert "--noupdate" in given


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"cvssv3": None, "severity": "MODERATE"}, Severity.MEDIUM),
        ({"cvssv3": None, "severity": "medium"}, Severity.MEDIUM),
        ({"cvssv3": None, "severity": "?"}, Severity.UNKNOWN),
        ({"cvssv4": {"baseScore": 5.0}}, Severity.MEDIUM),
    ],
)
def test_severity(changes: dict[str, object], severity: Severity, root: Path, tmp_path: Path) -> None:
    write(root, FILES | {"dc.json": report(vulnerability(**changes))})
    (finding,) = scan("dependency-check", root, tmp_path / "s", report="dc.json").findings
    assert finding.severity is severity


def test_an_analyser_that_failed_makes_it_incomplete(root: Path, tmp_path: Path) -> None:
    failed = {"exception": {"message": "analysis failed", "cause": {"message": "NVD: 403"}}}
    write(root, FILES | {"dc.json": report(scanInfo={"analysisExceptions": [failed, {}]})})
    result = scan("dependency-check", root, tmp_path / "s", report="dc.json")
    assert result.status is ScanStatus.INCOMPLETE
    assert result.problems[0] == "An analyser of dependency-check failed: NVD: 403"


def test_a_report_without_a_library_is_incomplete(root: Path, tmp_path: Path) -> None:
    write(root, FILES | {"dc.json": report(dependencies=[])})
    assert scan("dependency-check", root, tmp_path / "s", report="dc.json").problems


def test_libraries_without_a_package_url_and_hidden_vulnerabilities(root: Path, tmp_path: Path) -> None:
    inner = {
        "fileName": "app.war: inner.jar:1.0", "filePath": "lib/app.war: inner.jar",
        "vulnerabilities": [vulnerability()], "suppressedVulnerabilities": [vulnerability()],
    }  # fmt: skip
    write(root, {"lib/app.war": b"PK", "dc.json": report(dependencies=[inner])})
    result = scan("dependency-check", root, tmp_path / "s", report="dc.json")
    (finding,) = result.findings
    assert finding.location is not None
    assert finding.location.path == "lib/app.war"
    assert "hide 1 vulnerabilities" in result.notes[1]


def test_a_vulnerability_without_a_name_is_no_report(root: Path, tmp_path: Path) -> None:
    write(root, FILES | {"dc.json": report(vulnerability(name=""))})
    with pytest.raises(ToolError, match="has no name"):
        scan("dependency-check", root, tmp_path / "s", report="dc.json")
