"""Secrets with the real detect-secrets: how much is shown, what is known, what is noise, what is history."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpquality_scanners.detect_secrets import DetectSecretsScanner
from mcpquality_scanners.findings import ScanResult, ScanStatus
from mcpquality_scanners.toolchain import Toolchain
from tests.support.command import mcpquality, scan, write

RunScanner = Callable[..., ScanResult]

pytestmark = pytest.mark.e2e

# Put together, so that our own scan does not take the tests for leaks.
KEY = "AKIA" + "QYLPMN5HHHFPZAM2"
OTHER = "AKIA" + "ZZWPMN5HHHFPZQX7"
LINE = f'aws = "{KEY}"\n'
LISTS = "`random-in-tests = true` lists them."
HEX = "2b1189a188b44ad1" + "8c35e113ac6ceead"


def messages(result: ScanResult) -> list[str]:
    return sorted(finding.message for finding in result.findings if finding.suppression is None)


def git(root: Path, *arguments: str) -> str:
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.example", "GIT_CONFIG_GLOBAL": os.devnull}
    names |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.example", "GIT_CONFIG_NOSYSTEM": "1"}
    argv = ("git", "-C", str(root), *arguments)
    return subprocess.run(
        argv, env=os.environ | names, check=True, capture_output=True, encoding="utf-8"
    ).stdout.strip()


def commit(root: Path, files: dict[str, str | bytes]) -> str:
    """Commit exactly these files; the commit's id."""
    if not (root / ".git").exists():
        root.mkdir(exist_ok=True)
        git(root, "init", "-q")
    for path in root.iterdir():
        if path.is_file():
            path.unlink()
    write(root, files)
    git(root, "add", "--all")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")
    return git(root, "rev-parse", "HEAD")


def baseline(files: dict[str, str], audited: bool | None) -> str:
    """A `.secrets.baseline` with one secret a file."""
    results = {
        path: [
            {
                "type": "AWS Access Key",
                "filename": path,
                "hashed_secret": hashlib.sha1(secret.encode()).hexdigest(),
                "is_verified": False,
                "line_number": 1,
            }
            | ({} if audited is None else {"is_secret": audited})
        ]
        for path, secret in files.items()
    }
    return json.dumps({"version": "1.5.0", "plugins_used": [], "filters_used": [], "results": results}, indent=2)


def test_the_first_four_characters_and_no_more_are_in_every_report(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"a.py": f'{LINE}password = "hunter2hunter2"\n'})
    run = scan(root, "--scanner", "detect-secrets")
    run.says("AWS Access Key in clear text, beginning with AKIA", "Secret Keyword in clear text, beginning with hunt")
    for text in (run.terminal, run.progress, run.json, run.sarif, run.html):
        assert KEY[:8] not in text
        assert "hunter2" not in text


def test_every_detector_is_in_use(run_scanner: RunScanner, toolchain: Toolchain, tmp_path: Path) -> None:
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, {"a.py": "x = 1\n"}))
    assert not any("--disable-plugin" in command.argv for command in result.commands)
    plugins = next(
        iter(toolchain.environment("detect-secrets").folder.glob("lib/*/site-packages/detect_secrets/plugins"))
    )
    assert len(list(plugins.glob("*.py"))) > 25


@pytest.mark.parametrize(
    ("audited", "counts", "reason"),
    [
        (False, False, "audited as no secret in .secrets.baseline"),
        (True, True, ""),
        (None, False, "listed, and not audited yet, in .secrets.baseline"),
    ],
)
def test_an_audited_baseline_decides(
    run_scanner: RunScanner,
    tmp_path: Path,
    audited: bool | None,
    counts: bool,
    reason: str,
) -> None:
    files = {"a.py": f"x = 1\n{LINE}", ".secrets.baseline": baseline({"a.py": KEY}, audited)}
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, files))
    (finding,) = result.findings
    assert (finding.suppression is None) is counts
    assert (finding.suppression.reason if finding.suppression else "") == reason


def test_a_baseline_says_nothing_about_another_secret_or_file(run_scanner: RunScanner, tmp_path: Path) -> None:
    files = {"a.py": f'x = "{OTHER}"\n', "b.py": LINE, ".secrets.baseline": baseline({"a.py": KEY}, audited=False)}
    assert len(messages(run_scanner(DetectSecretsScanner(), write(tmp_path, files)))) == 2


def test_a_secret_in_the_baseline_file_itself_is_found(run_scanner: RunScanner, tmp_path: Path) -> None:
    text = baseline({"a.py": KEY}, audited=False).replace('"version"', f'"note": "{OTHER}",\n  "version"')
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, {"a.py": LINE, ".secrets.baseline": text}))
    assert messages(result) == ["AWS Access Key in clear text, beginning with AKIA"]


def test_a_broken_baseline_is_a_problem_and_none_can_be_chosen(run_scanner: RunScanner, tmp_path: Path) -> None:
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, {"a.py": LINE, ".secrets.baseline": "{}"}))
    assert (result.status, len(messages(result))) == (ScanStatus.INCOMPLETE, 1)
    assert result.problems[0].startswith(".secrets.baseline is no baseline of detect-secrets")
    assert len(messages(run_scanner(DetectSecretsScanner(), tmp_path, options={"baseline": ""}))) == 1


def test_checksums_and_test_vectors_are_counted_and_not_listed(run_scanner: RunScanner, tmp_path: Path) -> None:
    files = {
        "pins.py": f'SHA256 = "{HEX * 2}"\ncommit = "{HEX}{HEX[:8]}"\n',
        "page.html": "<script integrity='sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC'>\n",
        "tests/test_a.py": f'VECTOR = "{HEX}"\n',
        "app.py": f'value = "{HEX}"\npassword_hash = "{HEX * 2}"\n',
    }
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, files))
    places = {(finding.location.path, finding.location.region) for finding in result.findings if finding.location}
    assert {path for path, _ in places} == {"app.py"}
    assert len(places) == 2
    assert [note for note in result.notes if "not listed" in note] == [
        "3 random-looking texts are not listed: their lines say that they are checksums.",
        f"1 random-looking texts in tests are not listed: they are what tests work on. {LISTS}",
    ]
    all_of_them = run_scanner(DetectSecretsScanner(), tmp_path, options={"random-in-tests": True})
    assert len(all_of_them.findings) == len(result.findings) + 1


def test_reports_of_earlier_scans_are_no_secrets(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"a.py": "import subprocess\nsubprocess.run(x, shell=True)\n"})
    assert scan(root, "--scanner", "bandit", reports=root).code == 1
    assert len(list(root.glob("report.*"))) == 3
    result = run_scanner(DetectSecretsScanner(), root)
    assert messages(result) == []
    assert "report.html" in result.seen


def test_since_finds_what_was_added_and_taken_away_again(run_scanner: RunScanner, tmp_path: Path) -> None:
    start = commit(tmp_path, {"a.py": "x = 1\n", "old.py": f'x = "{OTHER}"\n'})
    leak = commit(tmp_path, {"a.py": f"x = 1\n{LINE}", "old.py": f'x = "{OTHER}"\n'})
    commit(tmp_path, {"a.py": "x = 1\n"})
    assert run_scanner(DetectSecretsScanner(), tmp_path).findings == ()
    result = run_scanner(DetectSecretsScanner(), tmp_path, options={"since": start})
    (finding,) = result.findings
    assert finding.message == (
        f"AWS Access Key in clear text, beginning with AKIA, in line 2 of commit {leak[:12]}, "
        "and taken away again: it stays in the history"
    )
    assert (finding.rule, finding.location and finding.location.path) == ("aws-access-key", "a.py")
    assert result.status is ScanStatus.COMPLETE
    assert run_scanner(DetectSecretsScanner(), tmp_path, options={"since": leak}).findings == ()


def test_since_does_not_tell_twice_what_is_still_there(run_scanner: RunScanner, tmp_path: Path) -> None:
    start = commit(tmp_path, {"a.py": "x = 1\n"})
    commit(tmp_path, {"a.py": LINE})
    commit(tmp_path, {"moved.py": LINE})
    (finding,) = run_scanner(DetectSecretsScanner(), tmp_path, options={"since": start}).findings
    assert finding.location is not None
    assert finding.location.path == "moved.py"


def test_since_looks_at_every_kind_of_file(run_scanner: RunScanner, tmp_path: Path) -> None:
    start = commit(tmp_path, {"a.py": "x = 1\n"})
    commit(tmp_path, {"wide.txt": LINE.encode("utf-16"), "a.lock": f'x = "{OTHER}"\n', "b.bin": bytes(100)})
    commit(tmp_path, {"a.py": "x = 2\n"})
    result = run_scanner(DetectSecretsScanner(), tmp_path, options={"since": start})
    assert {finding.location.path for finding in result.findings if finding.location} == {"wide.txt", "a.lock"}


@pytest.mark.parametrize("reference", ["nosuch", "--all", ""])
def test_since_a_commit_that_is_not_there_is_incomplete(tmp_path: Path, reference: str) -> None:
    commit(tmp_path / "project", {"a.py": "x = 1\n"})
    run = scan(tmp_path / "project", "--scanner", "detect-secrets", f"--since={reference}")
    assert run.code == 3
    assert "is no commit of this repository" in run.scanner("detect-secrets")["problems"][0]


def test_since_without_a_repository_is_incomplete(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"a.py": "x = 1\n"})
    done = mcpquality("scan", root, "--scanner", "detect-secrets", "--since", "HEAD~1", cwd=tmp_path)
    assert done.returncode == 3
