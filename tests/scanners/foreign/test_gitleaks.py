"""gitleaks: a stand-in with its exit codes and report, and how little of a secret is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Confidence, Region, ScanStatus, Severity
from tests.support.foreign import calls, scan, stand_in, write

START = "AKIA"


def leak(path: str = "a.py", line: int = 2, **changes: object) -> dict[str, object]:
    found = {
        "RuleID": "aws-access-token", "Description": "Identified a pattern", "StartLine": line, "EndLine": line,
        "StartColumn": 7, "EndColumn": 27, "Match": f"{START}...", "Secret": f"{START}...", "File": path, "Commit": "",
        "Entropy": 3.6, "Fingerprint": f"{path}:aws-access-token:{line}",
    }  # fmt: skip
    return found | changes


def gitleaks(leaks: object, code: int, canary: object = ({},), words: str = "scanned ~120 bytes (120 B) in 3ms") -> str:
    entries = json.dumps(json.dumps(leaks))
    return (
        f"is_canary = args[1] != '.'\nanswer = json.loads({entries})\n"
        f"canary = {list(canary)!r}\n"  # type: ignore[call-overload]
        "pathlib.Path(after('--report-path')).write_text(json.dumps(canary if is_canary else answer))\n"
        f"print({words!r}, file=sys.stderr)\n"
        f"sys.exit((int(after('--exit-code')) if canary else 0) if is_canary else {code})\n"
    )


def test_a_leak_is_shown_by_its_beginning(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "gitleaks", gitleaks([leak()], 42))
    result = scan("gitleaks", write(root, {"a.py": "x\ny\n"}), tmp_path / "s")
    (finding,) = result.findings
    assert finding.message == "aws-access-token in clear text, beginning with AKIA"
    assert (finding.severity, finding.confidence, finding.cwe) == (Severity.HIGH, Confidence.HIGH, (798,))
    assert finding.location is not None
    assert (finding.location.path, finding.location.region) == ("a.py", Region(2, 0, 2))
    assert result.status is ScanStatus.COMPLETE
    _, (where, given) = calls(bare_path, "gitleaks")
    assert Path(where) == root
    assert {"--redact=80", "--ignore-gitleaks-allow", "--config", "--gitleaks-ignore-path"} <= set(given)


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("REDACTED", ""),
        ("...", ""),
        ("-----BEGIN RSA PRI...", ""),
        ("abcdefghij...", ", beginning with abcd"),
        ("hunter2hunter2", ", beginning with hunt"),
        ("abc", ", beginning with a"),
    ],
)
def test_never_more_than_four_characters(secret: str, shown: str, root: Path, tmp_path: Path) -> None:
    write(root, {"a.py": "x\ny\n", "g.json": [leak(Secret=secret)]})
    (finding,) = scan("gitleaks", root, tmp_path / "s", report="g.json").findings
    assert finding.message == f"aws-access-token in clear text{shown}"


def test_a_clean_run_is_complete_and_says_what_it_cannot_know(root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "gitleaks", gitleaks(None, 0))
    result = scan("gitleaks", write(root, {"a.py": "x\n"}), tmp_path / "s")
    assert (result.status, result.findings) == (ScanStatus.COMPLETE, ())
    assert "does not tell which files it read" in result.notes[0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (gitleaks([], 0, canary=()), "does not find a known secret"),
        (gitleaks([], 1), "ended with exit code 1"),  # an error; leaks would have ended with another code
        (gitleaks([], 42), "ended with 42 and 0 leaks"),
        (gitleaks([leak()], 0), "ended with 0 and 1 leaks"),
        (gitleaks([], 0, words="scanned ~0 bytes (0) in 1ms"), "read nothing"),
        (gitleaks({}, 0), "expected shape"),
    ],
)
def test_not_looking_is_never_clean(body: str, words: str, root: Path, tmp_path: Path, bare_path: Path) -> None:
    stand_in(bare_path, "gitleaks", body)
    with pytest.raises(ToolError, match=words):
        scan("gitleaks", write(root, {"a.py": "x\n"}), tmp_path / "s")


def test_comments_of_both_tools_suppress_and_show(root: Path, tmp_path: Path) -> None:
    text = "x = 1  # gitleaks:allow - a sample\ny = 2  # pragma: allowlist secret another\nz = 3 # gitleaks:allow\n"
    write(root, {"a.py": text, "g.json": [leak(line=1), leak(line=2), leak(line=3)]})
    findings = scan("gitleaks", root, tmp_path / "s", report="g.json").findings
    reasons = [finding.suppression.reason for finding in findings if finding.suppression]
    assert reasons == ["a sample", "another", "no reason given"]


def test_a_leak_in_an_older_commit_has_no_line_and_one_in_a_test_weighs_less(root: Path, tmp_path: Path) -> None:
    old = leak(Commit="0123456789abcdef", RuleID="generic-api-key")
    write(root, {"a.py": "x\n", "tests/t.py": "x\n", "g.json": [old, leak("tests/t.py")]})
    first, second = scan("gitleaks", root, tmp_path / "s", report="g.json").findings
    assert first.message.endswith(", in commit 0123456789a…")
    assert first.location is not None
    assert (first.location.region, first.confidence, second.severity) == (None, Confidence.MEDIUM, Severity.MEDIUM)
