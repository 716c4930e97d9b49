"""Trivy: its report, and lock files of which it lists no package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Category, Package, Region, ScanStatus, Severity
from tests.support.foreign import calls, scan, stand_in, write

FILES = {"a.py": "x\ny\n", "poetry.lock": "", "Dockerfile": "FROM x\n"}
VULNERABILITY = {
    "VulnerabilityID": "CVE-2023-30861", "VendorIDs": ["GHSA-m2qf-hxjv-5gpq"], "PkgName": "flask",
    "InstalledVersion": "2.2.2", "FixedVersion": "2.3.2, 2.2.5", "Severity": "HIGH", "SeveritySource": "ghsa",
    "CVSS": {"ghsa": {"V3Score": 7.5}, "nvd": {"V3Score": 9.8}}, "CweIDs": ["CWE-488"], "Title": "cookie header",
    "PrimaryURL": "https://avd.aquasec.com/nvd/cve-2023-30861",
}  # fmt: skip
SECRET = {"RuleID": "aws-access-key-id", "Title": "AWS Access Key ID", "Severity": "CRITICAL", "StartLine": 2,
          "EndLine": 2, "Match": "x = '********************'"}  # fmt: skip
MISCONFIGURATION = {"ID": "DS002", "Title": "root user", "Message": "Specify a USER", "Severity": "MEDIUM",
                    "Status": "FAIL", "Resolution": "Add USER", "CauseMetadata": {"StartLine": 1}}  # fmt: skip


def report(*results: object, **changes: object) -> dict[str, Any]:
    return {"SchemaVersion": 2, "ArtifactName": ".", "ArtifactType": "filesystem", "Results": list(results)} | changes


LISTED = {"Target": "poetry.lock", "Class": "lang-pkgs", "Type": "poetry", "Packages": [{"Name": "flask"}]}


def tool(answer: object) -> str:
    text = json.dumps(json.dumps(answer))
    return f"pathlib.Path(after('--output')).write_text(json.loads({json.dumps(text)}))\n"


def test_a_clean_run_is_complete(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "trivy", tool(report(LISTED)))
    result = scan("trivy", write(root, FILES), tmp_path / "s", offline=True)
    assert (result.status, len(result.seen)) == (ScanStatus.COMPLETE, 3)
    ((_, given),) = calls(bare_path, "trivy")
    assert given[given.index("--scanners") + 1] == "vuln,secret"
    assert {"--skip-db-update", "--offline-scan", "--list-all-pkgs", "--ignorefile", "--config"} <= set(given)


def test_a_lock_file_without_packages_is_unseen(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "trivy", tool(report()))
    result = scan("trivy", write(root, FILES), tmp_path / "s")
    assert [one.name for one in result.unseen] == ["poetry.lock"]
    assert scan("trivy", root, tmp_path / "t", scanners=("secret",)).status is ScanStatus.COMPLETE


def test_vulnerabilities_secrets_and_misconfigurations(root: Path, tmp_path: Path) -> None:
    found = report(
        LISTED | {"Vulnerabilities": [VULNERABILITY]},
        {"Target": "a.py", "Class": "secret", "Secrets": [SECRET]},
        {"Target": "Dockerfile", "Misconfigurations": [MISCONFIGURATION, MISCONFIGURATION | {"Status": "PASS"}]},
    )
    write(root, FILES | {"trivy.json": found})
    first, second, third = scan("trivy", root, tmp_path / "s", report="trivy.json").findings
    assert (first.rule, first.severity, first.cwe) == ("CVE-2023-30861", Severity.HIGH, (488,))
    assert first.package == Package("flask", "2.2.2", ("2.3.2", "2.2.5"))
    assert first.aliases == ("GHSA-m2qf-hxjv-5gpq",)
    assert (second.category, second.message) == (Category.SECRET, "AWS Access Key ID in clear text")
    assert second.location is not None
    assert second.location.region == Region(2, 0, 2)
    assert (third.rule, third.severity, third.fix) == ("DS002", Severity.MEDIUM, "Add USER")


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"SeveritySource": "none"}, Severity.CRITICAL),
        ({"CVSS": {}}, Severity.HIGH),
        ({"CVSS": {}, "Severity": "UNKNOWN"}, Severity.UNKNOWN),
        ({"CVSS": {"ghsa": {"V40Score": 4.0, "V3Score": 9.0}}}, Severity.MEDIUM),
    ],
)
def test_severity(changes: dict[str, object], severity: Severity, root: Path, tmp_path: Path) -> None:
    write(root, FILES | {"t.json": report(LISTED | {"Vulnerabilities": [VULNERABILITY | changes]})})
    (finding,) = scan("trivy", root, tmp_path / "s", report="t.json").findings
    assert finding.severity is severity


def test_a_report_about_an_image_is_not_about_this_folder(root: Path, tmp_path: Path) -> None:
    write(root, FILES | {"t.json": report(ArtifactType="container_image")})
    assert "is about a container_image" in scan("trivy", root, tmp_path / "s", report="t.json").problems[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [(report(SchemaVersion=1), "another schema"), (report(LISTED | {"Vulnerabilities": [{}]}), "has no id")],
)
def test_another_shape_is_an_error(answer: object, words: str, root: Path, tmp_path: Path) -> None:
    write(root, FILES | {"t.json": answer})
    with pytest.raises(ToolError, match=words):
        scan("trivy", root, tmp_path / "s", report="t.json")


def test_a_place_without_a_file_or_line_is_kept(root: Path, tmp_path: Path) -> None:
    nowhere = {"Secrets": [SECRET], "Misconfigurations": [MISCONFIGURATION | {"CauseMetadata": {}}]}
    write(root, FILES | {"t.json": report(nowhere, nowhere | {"Target": "a.py"})})
    findings = scan("trivy", root, tmp_path / "s", report="t.json").findings
    assert sum(finding.location is None for finding in findings) == 2
