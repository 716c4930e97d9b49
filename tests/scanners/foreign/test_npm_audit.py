"""npm audit: its report, and every way in which a clean one means that nobody looked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Category, ScanStatus, Severity
from tests.support.foreign import calls, scan, stand_in, write

LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"lodash": "^4.0.0"}},
        "node_modules/lodash": {"version": "4.17.15"},
        "node_modules/a/node_modules/lodash": {"version": "3.0.0"},
        "node_modules/linked": {"resolved": "packages/linked", "link": True},
    },
}
ADVISORY = {
    "source": 1106913, "name": "lodash", "dependency": "lodash", "title": "Command Injection in lodash",
    "url": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm", "severity": "high", "cwe": ["CWE-77", "CWE-94"],
    "cvss": {"score": 7.2, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"}, "range": "<4.17.21",
}  # fmt: skip


def entry(**changes: object) -> dict[str, Any]:
    found = {
        "name": "lodash", "severity": "high", "isDirect": True, "via": [ADVISORY], "effects": [], "range": "<4.17.21",
        "nodes": ["node_modules/lodash"], "fixAvailable": True,
    }  # fmt: skip
    return found | changes


def report(vulnerabilities: Mapping[str, object] | None = None, total: int = 2) -> dict[str, object]:
    return {
        "auditReportVersion": 2,
        "vulnerabilities": vulnerabilities or {},
        "metadata": {"vulnerabilities": {}, "dependencies": {"prod": total, "total": total}},
    }


CANARY = report({"minimist": entry(name="minimist")})


def npm(answer: object, code: int = 0, canary: object = CANARY) -> str:
    """A stand-in's code: answers for the canary's folder, and for any other one."""
    return (
        f"canary, answer = json.loads({json.dumps(json.dumps(canary))}), json.loads({json.dumps(json.dumps(answer))})\n"
        "is_canary = pathlib.Path.cwd().name == 'canary'\n"
        f"out(canary if is_canary else answer)\nsys.exit(1 if is_canary else {code})\n"
    )


def test_a_clean_report_of_a_registry_that_knows_advisories(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "npm", npm(report()))
    result = scan("npm-audit", write(root, {"package-lock.json": LOCK, ".npmrc": "audit=false\n"}), tmp_path / "s")
    assert (result.status, result.seen, result.version) == (ScanStatus.COMPLETE, ("package-lock.json",), "9.8.7")
    (canary, _), (where, given) = calls(bare_path, "npm")
    assert (Path(canary) / ".npmrc").read_text(encoding="utf-8") == "audit=false\n"
    assert Path(where) == root
    assert {"--json", "--package-lock-only", "--offline=false", "--audit=true", "--include=dev"} <= set(given)


def test_findings_name_advisory_version_severity_and_fix(root: Path, tmp_path: Path, bare_path: Path) -> None:
    found = {
        "lodash": entry(nodes=["node_modules/lodash", "node_modules/a/node_modules/lodash"]),
        "a": entry(via=["lodash"]),
    }
    stand_in(bare_path, "npm", npm(report(found), 1))
    result = scan("npm-audit", write(root, {"package-lock.json": LOCK}), tmp_path / "s")
    assert [one.package and one.package.installed for one in result.findings] == ["3.0.0", "4.17.15"]
    first = result.findings[0]
    assert (first.rule, first.severity, first.cwe) == ("GHSA-35jh-r3h4-6jhm", Severity.HIGH, (77, 94))
    assert first.category is Category.DEPENDENCY
    assert first.location is not None
    assert first.location.path == "package-lock.json"
    assert "affected: <4.17.21" in first.message
    assert "npm audit fix" in first.fix


@pytest.mark.parametrize(
    ("advisory", "severity"),
    [
        ({"cvss": {"score": 0, "vectorString": None}, "severity": "moderate"}, Severity.MEDIUM),
        ({"cvss": {"score": 9.8}, "severity": "low"}, Severity.CRITICAL),
        ({"cvss": None, "severity": "info"}, Severity.INFO),
        ({"cvss": None, "severity": "dire"}, Severity.UNKNOWN),
    ],
)
def test_severity_is_by_score_or_else_by_word(
    advisory: dict[str, object], severity: Severity, root: Path, tmp_path: Path
) -> None:
    found = report({"lodash": entry(via=[ADVISORY | advisory])})
    write(root, {"package-lock.json": LOCK, "npm.json": found})
    (finding,) = scan("npm-audit", root, tmp_path / "s", report="npm.json").findings
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("fix", "words"),
    [
        ({"name": "a", "version": "2.0.0", "isSemVerMajor": True}, "Update to a 2.0.0, a new major version"),
        (False, "no fixed version"),
    ],
)
def test_the_fix_is_told(fix: object, words: str, root: Path, tmp_path: Path) -> None:
    write(root, {"package-lock.json": LOCK, "npm.json": report({"lodash": entry(fixAvailable=fix)})})
    (finding,) = scan("npm-audit", root, tmp_path / "s", report="npm.json").findings
    assert words in finding.fix


REFUSED = {
    "message": "405 Method Not Allowed - POST https://u:p@npm.example/bulk",
    "error": {"summary": "", "detail": ""},
}


@pytest.mark.parametrize(
    ("canary", "words"),
    [
        (REFUSED, "npm audit has no report: 405 Method Not Allowed - POST https://npm.example/bulk"),
        (
            report(),
            "does not find the known vulnerabilities of minimist",
        ),  # --offline, or a registry without advisories
        ({"auditReportVersion": 1}, "report of version 1, not 2"),
        ({"error": {"code": "EUSAGE", "summary": "needs a lock"}}, "needs a lock"),
    ],
)
def test_a_registry_that_knows_nothing_is_an_error(
    canary: object, words: str, root: Path, tmp_path: Path, bare_path: Path
) -> None:
    stand_in(bare_path, "npm", npm(report(), canary=canary))
    with pytest.raises(ToolError, match=words):
        scan("npm-audit", write(root, {"package-lock.json": LOCK}), tmp_path / "s")


def test_a_report_about_no_package_is_incomplete(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "npm", npm(report(total=0)))
    result = scan("npm-audit", write(root, {"package-lock.json": LOCK}), tmp_path / "s")
    assert [one.reason for one in result.unseen] == ["npm audit looked at none of its 2 packages"]
    write(root, {"npm.json": report(total=0)})
    assert "about no package at all" in scan("npm-audit", root, tmp_path / "t", report="npm.json").problems[0]


def test_a_report_of_another_project_is_incomplete(root: Path, tmp_path: Path) -> None:
    write(root, {"package-lock.json": LOCK, "npm.json": report({"x": entry(name="x", nodes=["node_modules/x"])})})
    result = scan("npm-audit", root, tmp_path / "s", report="npm.json")
    assert "names packages that no lock file has, such as node_modules/x" in result.problems[0]
    assert [one.package and one.package.installed for one in result.findings] == [""]


@pytest.mark.parametrize(
    ("lock", "reason"),
    [
        ({"lockfileVersion": 1, "dependencies": {}}, "lock file version 1, not 2 or 3"),
        ("{", "not JSON"),
        ({"lockfileVersion": 2}, "not of the expected shape"),
    ],
)
def test_a_lock_file_that_cannot_be_read_is_unseen(
    lock: object, reason: str, root: Path, tmp_path: Path, bare_path: Path
) -> None:
    stand_in(bare_path, "npm", npm(report()))
    result = scan("npm-audit", write(root, {"package-lock.json": lock}), tmp_path / "s")
    assert result.status is ScanStatus.INCOMPLETE
    assert reason in result.unseen[0].reason


def test_manifests_without_a_lock_file_are_named(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "npm", npm(report()))
    files = {
        "package.json": {"devDependencies": {"a": "1"}},
        "none/package.json": {"name": "x"},
        "broken/package.json": "{",
        "ws/package-lock.json": LOCK,
        "ws/packages/a/package.json": {"dependencies": {"a": "1"}},
        "yarn/package.json": {"dependencies": {"a": "1"}},
        "yarn/yarn.lock": "",
        "shrink/package-lock.json": LOCK,
        "shrink/npm-shrinkwrap.json": LOCK,
        "node_modules/a/package.json": {"dependencies": {"a": "1"}},
    }
    result = scan("npm-audit", write(root, files), tmp_path / "s")
    assert {one.name for one in result.unseen} == {"package.json", "broken/package.json"}
    assert set(result.seen) == {"ws/package-lock.json", "shrink/npm-shrinkwrap.json"}
