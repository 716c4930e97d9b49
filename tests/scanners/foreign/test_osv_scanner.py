"""osv-scanner: its exit codes, and lock files that it does not say it has read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Package, ScanStatus, Severity
from tests.support.foreign import calls, scan, stand_in, write

FILES = {"uv.lock": "version = 1\n", "web/package-lock.json": "{}", "node_modules/a/yarn.lock": ""}
READ = (
    "Scanned {root}/uv.lock file and found 12 packages\nScanned {root}/web/package-lock.json file and found 1 package\n"
)


def record(name: str, **changes: object) -> dict[str, Any]:
    found = {
        "id": name, "summary": "Remote code execution", "aliases": ["CVE-2018-1000656"],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "flask"},
                "ranges": [
                    {"type": "GIT", "events": [{"fixed": "abcdef"}]},
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.12.3"}]},
                ],
            },
            {"package": {"name": "other"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "9"}]}]},
        ],
        "references": [{"type": "WEB", "url": "https://example.com"}],
        "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-20"]},
    }  # fmt: skip
    return found | changes


def report(*packages: object, path: str = "uv.lock") -> dict[str, Any]:
    results = [{"source": {"path": path, "type": "lockfile"}, "packages": list(packages)}] if packages else []
    return {"results": results}


def package(*records: dict[str, Any], score: str = "7.5", **changes: object) -> dict[str, Any]:
    found = {
        "package": {"name": "flask", "version": "0.5", "ecosystem": "PyPI"},
        "vulnerabilities": list(records),
        "groups": [{"ids": [one["id"] for one in records], "aliases": ["GHSA-x"], "max_severity": score}],
    }
    return found | changes


def tool(answer: object, code: int, words: str) -> str:
    text = json.dumps(json.dumps(answer))
    return f"out(json.loads({text}))\nprint({words!r}.format(root=os.getcwd()), file=sys.stderr)\nsys.exit({code})\n"


def test_a_clean_run_is_complete_for_the_files_it_says_it_has_read(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "osv-scanner", tool(report(), 0, READ))
    result = scan("osv-scanner", write(root, FILES), tmp_path / "s")
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, ("uv.lock", "web/package-lock.json"))
    ((_, given),) = calls(bare_path, "osv-scanner")
    assert given[-2:] == [f"--lockfile={root}/uv.lock", f"--lockfile={root}/web/package-lock.json"]
    assert "--offline" not in given


def test_a_lock_file_that_was_not_read_or_held_nothing_is_unseen(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "osv-scanner", tool(report(), 0, "Scanned {root}/uv.lock file and found 0 packages\nbad json"))
    result = scan("osv-scanner", write(root, FILES), tmp_path / "s", offline=True)
    assert {one.name: one.reason for one in result.unseen} == {
        "uv.lock": "osv-scanner found no packages in it",
        "web/package-lock.json": "not read by osv-scanner: bad json",
    }
    assert "--offline" in calls(bare_path, "osv-scanner")[0][1]


def test_one_vulnerability_under_several_ids_is_one_finding(root: Path, tmp_path: Path, bare_path: Path) -> None:
    found = package(record("GHSA-562c-5r94-xh97"), record("PYSEC-2018-66"))
    stand_in(bare_path, "osv-scanner", tool(report(found), 1, READ))
    (finding,) = scan("osv-scanner", write(root, FILES), tmp_path / "s").findings
    assert (finding.rule, finding.severity, finding.cwe) == ("GHSA-562c-5r94-xh97", Severity.HIGH, (20,))
    assert finding.aliases == ("CVE-2018-1000656", "GHSA-x", "PYSEC-2018-66")
    assert finding.package == Package("flask", "0.5", ("0.12.3",))


@pytest.mark.parametrize(
    ("score", "specific", "severity"),
    [("", {"severity": "MODERATE"}, Severity.MEDIUM), ("", {}, Severity.UNKNOWN), ("9.8", {}, Severity.CRITICAL)],
)
def test_severity(score: str, specific: dict[str, str], severity: Severity, root: Path, tmp_path: Path) -> None:
    found = package(record("PYSEC-1", database_specific=specific, affected=[]), score=score, groups=[])
    if score:
        found = package(record("PYSEC-1", database_specific=specific, affected=[]), score=score)
    write(root, FILES | {"osv.json": report(found)})
    (finding,) = scan("osv-scanner", root, tmp_path / "s", report="osv.json").findings
    assert (finding.severity, finding.fix) == (severity, "There is no fixed version yet.")


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (report(), 127, "ended with exit code 127"),
        (report(), 128, "found no packages in 2 lock files"),
        (report(), 1, "ended with 1 and 0 findings"),
        (report(package(record("A"))), 0, "ended with 0 and 1 findings"),
        (report(package(record("A"), groups=[{"ids": ["B"]}])), 1, "names no package or no advisory"),
    ],
)
def test_not_looking_is_never_clean(
    answer: object, code: int, words: str, root: Path, tmp_path: Path, bare_path: Path
) -> None:
    stand_in(bare_path, "osv-scanner", tool(answer, code, READ))
    with pytest.raises(ToolError, match=words):
        scan("osv-scanner", write(root, FILES), tmp_path / "s")
