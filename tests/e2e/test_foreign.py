"""The real Ruff, zizmor and npm: what they look at, and what becomes of what they cannot read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mcpquality_scanners.bandit import BanditScanner
from mcpquality_scanners.base import Scanner
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Confidence, Region, ScanStatus, Severity
from mcpquality_scanners.foreign import foreign_scanners
from tests.e2e.conftest import RunScanner
from tests.support.command import scan, write
from tests.support.foreign import write as write_json

pytestmark = pytest.mark.e2e

CODE = (
    "import subprocess\n"
    "subprocess.run(x, shell=True)\n"
    "subprocess.run(y, shell=True)  # noqa: S602 - checked by hand\n"
    "subprocess.run(z, shell=True)  # nosec B602 a constant\n"
)
WORKFLOW = (
    "on: pull_request_target\n"
    "jobs:\n"
    "  a:\n"
    "    runs-on: ubuntu-latest\n"
    "    steps:\n"
    "      - run: echo ${{ github.event.pull_request.title }}\n"
    "      - run: echo ${{ github.event.issue.title }}  # zizmor: ignore[template-injection] nobody may edit it\n"
)


def named(name: str) -> Scanner:
    return next(one for one in foreign_scanners() if one.name == name)


def test_ruff_finds_what_bandit_finds_by_the_same_numbers(run_scanner: RunScanner, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": CODE})
    result = run_scanner(named("ruff"), tmp_path, asked=True)
    bandit = run_scanner(BanditScanner(), tmp_path)
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, ("a.py",))
    ours = {
        (one.rule[1:], one.location and one.location.region and one.location.region.start_line)
        for one in bandit.findings
    }
    theirs = {
        (one.rule[1:], one.location and one.location.region and one.location.region.start_line)
        for one in result.findings
    }
    assert theirs == ours - {("404", 1)}  # a preview rule of Ruff, which has to be asked for
    severities = {one.rule[1:]: one.severity for one in bandit.findings}
    assert all(severities[one.rule[1:]] is one.severity for one in result.findings)


def test_comments_for_ruff_and_for_bandit_suppress_and_show(run_scanner: RunScanner, tmp_path: Path) -> None:
    found = run_scanner(named("ruff"), write(tmp_path, {"a.py": CODE}), asked=True).findings
    reasons = {
        one.location.region.start_line: one.suppression.reason if one.suppression else ""
        for one in found
        if one.rule == "S602" and one.location and one.location.region
    }
    assert reasons == {2: "", 3: "checked by hand", 4: "a constant"}


def test_a_comment_for_the_whole_file_and_configuration_in_the_tree(run_scanner: RunScanner, tmp_path: Path) -> None:
    files = {
        "a.py": CODE,
        "b.py": f"# ruff: noqa: S602\n{CODE}",
        "ruff.toml": 'exclude = ["a.py"]\n[lint]\nignore = ["S602"]\n',
    }
    found = run_scanner(named("ruff"), write(tmp_path, files), asked=True).findings
    assert {(one.rule, one.location and one.location.path) for one in found if not one.suppression} == {
        ("S602", "a.py")
    }


def test_what_ruff_cannot_read_is_unseen(run_scanner: RunScanner, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1\n", "bad.py": "def (:\n"})
    result = run_scanner(named("ruff"), tmp_path, files=("a.py", "bad.py", "gone.py"), asked=True)
    assert {one.name for one in result.unseen} == {"bad.py", "gone.py"}
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ("a.py",))


def test_assertions_in_tests_and_passwords(run_scanner: RunScanner, tmp_path: Path) -> None:
    write(tmp_path, {"tests/test_a.py": "assert x\n", "a.py": 'password = "hunter2hunter2"\nassert x\n'})
    result = run_scanner(named("ruff"), tmp_path, asked=True)
    assert sorted(one.rule for one in result.findings) == ["S101", "S105"]
    assert "hunter2" not in repr(result.findings)
    everything = run_scanner(named("ruff"), tmp_path, asked=True, options={"asserts-in-tests": True})
    assert len(everything.findings) == 3


def test_zizmor_finds_flaws_in_workflows(run_scanner: RunScanner, tmp_path: Path) -> None:
    write(tmp_path, {".github/workflows/ci.yml": WORKFLOW, "README.md": "x"})
    result = run_scanner(named("zizmor"), tmp_path, asked=True)
    found = [one for one in result.findings if one.rule == "template-injection"]
    assert [one.suppression.reason if one.suppression else "" for one in found] == ["", "nobody may edit it"]
    first = found[0]
    assert (first.severity, first.confidence) == (Severity.HIGH, Confidence.HIGH)
    assert first.location is not None
    assert isinstance(first.location.region, Region)
    assert (first.location.path, first.location.region.start_line) == (".github/workflows/ci.yml", 6)
    assert first.references == ("https://docs.zizmor.sh/audits/#template-injection",)
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, (".github/workflows/ci.yml",))


def test_what_zizmor_cannot_read_is_unseen(run_scanner: RunScanner, tmp_path: Path) -> None:
    write(tmp_path, {".github/workflows/ci.yml": WORKFLOW, ".github/workflows/bad.yml": "on: [\n x: {{"})
    result = run_scanner(named("zizmor"), tmp_path, asked=True)
    assert [one.name for one in result.unseen] == [".github/workflows/bad.yml"]
    (tmp_path / ".github/workflows/ci.yml").unlink()
    with pytest.raises(ToolError, match="no audit was performed"):
        run_scanner(named("zizmor"), tmp_path, asked=True)


def test_a_configuration_of_zizmor_in_the_tree_has_no_say(run_scanner: RunScanner, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".github/workflows/ci.yml": WORKFLOW,
            ".github/zizmor.yml": "rules:\n  template-injection:\n    disable: true\n",
        },
    )
    rules = {one.rule for one in run_scanner(named("zizmor"), tmp_path, asked=True).findings}
    assert "template-injection" in rules


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_without_a_registry_is_an_error(run_scanner: RunScanner, tmp_path: Path) -> None:
    write_json(tmp_path, {
        "package.json": {"dependencies": {"minimist": "0.0.8"}},
        "package-lock.json": {"lockfileVersion": 3, "packages": {"node_modules/minimist": {"version": "0.0.8"}}},
        ".npmrc": "registry=http://127.0.0.1:9/\nfetch-retries=0\n",
    })  # fmt: skip
    with pytest.raises(ToolError, match="npm audit has no report"):
        run_scanner(named("npm-audit"), tmp_path, asked=True)


def test_a_finding_of_bandit_and_ruff_is_one_finding(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"a.py": "import subprocess\n\nsubprocess.run(x, shell=True)\n"})
    run = scan(root, "--scanner", "bandit", "--scanner", "ruff")
    (finding,) = (one for one in run.document["findings"] if one["severity"] == "high")
    assert {finding["rule"], *(other.partition(":")[2] for other in finding["also_found_by"])} == {"B602", "S602"}
    assert run.code == 1


def test_a_secret_of_two_tools_in_one_place_is_one_finding(tmp_path: Path) -> None:
    key = "AKIA" + "QYLPMN5HHHFPZAM2"
    leak = {"RuleID": "aws-access-token", "File": "a.py", "StartLine": 1, "EndLine": 1, "Secret": f"{key[:4]}..."}
    root = write_json(tmp_path, {"project/a.py": f'aws = "{key}"\n', "leaks.json": [leak]}) / "project"
    env = {"MCPQUALITY_SCANNERS__GITLEAKS__REPORT": "../leaks.json"}
    run = scan(root, "--scanner", "detect-secrets", "--scanner", "gitleaks", env=env)
    (finding,) = run.document["findings"]
    assert finding["also_found_by"] in (["gitleaks:aws-access-token"], ["detect-secrets:aws-access-key"])
    run.says("beginning with AKIA")
    assert key not in run.json + run.sarif + run.html + run.terminal


def test_a_tool_that_was_asked_for_and_is_not_there_is_never_green(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"a.py": "x = 1\n"})
    run = scan(root, "--scanner", "bandit", "--scanner", "gitleaks", env={"PATH": str(tmp_path)})
    assert run.code == 3
    run.says("gitleaks was not found on PATH")
    assert scan(root, "--scanner", "bandit", env={"PATH": str(tmp_path)}).code == 0
