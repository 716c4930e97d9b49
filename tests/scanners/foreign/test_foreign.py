"""What all foreign tools have in common: found or not, asked for or not, from a report file, old or another's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcpquality_scanners.errors import ToolError, ToolNotInstalledError
from mcpquality_scanners.findings import ScanResult, ScanStatus
from tests.support.foreign import scan, scanner, stand_in, write

TOOLS = ("npm-audit", "gitleaks", "snyk", "dependency-check", "osv-scanner", "trivy", "ruff", "zizmor")
EVERYTHING = {
    "a.py": "x = 1\n",
    "package.json": {"dependencies": {"a": "1"}},
    "package-lock.json": {"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0"}}},
    ".github/workflows/ci.yml": "on: push\n",
}


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_that_is_not_there_is_not_applicable_and_says_so(
    name: str, root: Path, tmp_path: Path, bare_path: Path
) -> None:
    del bare_path
    result = scan(name, write(root, EVERYTHING), tmp_path / "scratch")
    assert (result.status, result.problems, result.findings) == (ScanStatus.NOT_APPLICABLE, (), ())
    assert "was not found on PATH" in result.notes[0]


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_that_is_not_there_and_was_asked_for_is_an_error(
    name: str, root: Path, tmp_path: Path, bare_path: Path
) -> None:
    del bare_path
    with pytest.raises(ToolNotInstalledError):
        scan(name, write(root, EVERYTHING), tmp_path / "scratch", asked=True)


@pytest.mark.parametrize("name", [*TOOLS, "sarif"])
def test_nothing_to_look_at_is_worth_a_problem_only_when_asked_for(
    name: str, root: Path, tmp_path: Path, bare_path: Path
) -> None:
    del bare_path
    result = scan(name, root, tmp_path / "one")
    assert (result.status, result.problems) == (ScanStatus.NOT_APPLICABLE, ())
    assert result.notes
    assert scan(name, root, tmp_path / "two", asked=True).problems


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"), ("", "printed nothing"), ("{", "not JSON"),
        ("[1]", "expected shape|is no report|has no"), ('{"a": 1}', "expected shape|is no report"),
    ],
)  # fmt: skip
def test_a_report_that_is_none_is_an_error(
    name: str, content: str | None, message: str, root: Path, tmp_path: Path
) -> None:
    write(root, EVERYTHING | ({} if content is None else {"report.json": content}))
    with pytest.raises(ToolError, match=message):
        scan(name, root, tmp_path / "scratch", report="report.json")


@pytest.mark.parametrize("name", ["npm-audit", "snyk"])
def test_what_needs_the_network_is_an_error_offline(name: str, root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "npm" if name == "npm-audit" else name, "sys.exit(9)\n")
    with pytest.raises(ToolError, match="needs the network, and --offline forbids it"):
        scan(name, write(root, EVERYTHING), tmp_path / "scratch", offline=True)


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("body", ["sys.exit(0)\n", "os.kill(os.getpid(), 11)\n", "print('{')\nsys.exit(1)\n"])
def test_a_tool_that_crashes_or_prints_nothing_is_never_complete(
    name: str, body: str, root: Path, tmp_path: Path, bare_path: Path
) -> None:
    stand_in(bare_path, "npm" if name == "npm-audit" else name, body)
    with pytest.raises(ToolError):
        scan(name, write(root, EVERYTHING), tmp_path / "scratch")


def test_the_last_words_of_a_tool_that_prints_nothing_are_told(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "snyk", "print('the disk is full', file=sys.stderr)\n")
    with pytest.raises(ToolError, match="snyk printed nothing: the disk is full"):
        scan("snyk", write(root, EVERYTHING), tmp_path / "scratch")


def test_a_report_that_is_older_than_what_it_is_about_is_incomplete(root: Path, tmp_path: Path) -> None:
    write(root, EVERYTHING | {"zizmor.json": []})
    assert scan("zizmor", root, tmp_path / "one", report="zizmor.json").status is ScanStatus.COMPLETE
    os.utime(root / "zizmor.json", (1_000_000_000, 1_000_000_000))
    result = scan("zizmor", root, tmp_path / "two", report="zizmor.json")
    assert result.status is ScanStatus.INCOMPLETE
    assert result.problems == ("zizmor.json is older than .github/workflows/ci.yml: write it anew.",)


def leak(path: str) -> dict[str, object]:
    return {"RuleID": "r", "File": path, "StartLine": 1, "EndLine": 1, "Secret": "REDACTED"}


def test_a_report_about_other_files_is_incomplete_and_its_findings_show(root: Path, tmp_path: Path) -> None:
    write(root, {"a.py": "x\n", "leaks.json": [leak("/builds/other/src/b.py")]})
    result = scan("gitleaks", root, tmp_path / "scratch", report="leaks.json")
    assert (result.status, len(result.findings)) == (ScanStatus.INCOMPLETE, 1)
    (problem,) = result.problems
    assert problem.startswith("leaks.json names files that are not here, such as builds/other/src/b.py: it is another")
    assert "older state" in scan_with_one_known_file(root, tmp_path).problems[0]


def scan_with_one_known_file(root: Path, tmp_path: Path) -> ScanResult:
    write(root, {"leaks.json": [leak("gone.py"), leak("a.py")]})
    return scan("gitleaks", root, tmp_path / "two", report="leaks.json")


def test_a_report_of_another_machines_checkout_is_ours(root: Path, tmp_path: Path) -> None:
    write(root, {"src/a.py": "x\n", "leaks.json": [leak("/builds/group/project/src/a.py")]})
    result = scan("gitleaks", root, tmp_path / "scratch", report="leaks.json")
    (finding,) = result.findings
    assert finding.location is not None
    assert (finding.location.path, result.problems) == ("src/a.py", ())


def test_findings_in_files_that_were_left_out_are_counted_and_not_listed(root: Path, tmp_path: Path) -> None:
    write(root, {"a.py": "x\n", "gen/b.py": "x\n", "leaks.json": [leak("gen/b.py")]})
    result = scan("gitleaks", root, tmp_path / "scratch", report="leaks.json", files=("a.py",))
    assert result.findings == ()
    assert "1 findings in files that git ignores or `exclude` names are not listed." in result.notes


def test_a_report_may_be_sarif_and_in_the_encoding_of_powershell(root: Path, tmp_path: Path) -> None:
    text = '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"ruleId": "r"}]}]}'
    write(root, EVERYTHING | {"r.sarif": text.encode("utf-16")})
    result = scan("snyk", root, tmp_path / "scratch", report="r.sarif")
    assert [(one.scanner, one.rule, one.severity.value) for one in result.findings] == [("snyk", "r", "medium")]


@pytest.mark.parametrize(
    ("name", "rule"),
    [("npm-audit", "GHSA-vh95-rmgr-6w4m"), ("snyk", "SNYK-JS-A-1"), ("osv-scanner", "PYSEC-2018-28"),
     ("trivy", "CVE-2020-1"), ("ruff", "S602")],
)  # fmt: skip
def test_rules_are_explained_by_those_who_know_them(name: str, rule: str) -> None:
    assert (scanner(name).explain(rule) or "").startswith(f"# {rule}\n")
    assert scanner(name).explain("nosuch") is None


@pytest.mark.parametrize("name", ["gitleaks", "dependency-check", "zizmor", "sarif"])
def test_rules_that_nobody_can_explain_are_not(name: str) -> None:
    assert scanner(name).explain("rule") is None
