"""The real detect-secrets: what it looks at, and every way in which not looking looks like success."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mcpquality_scanners.base import Tool, ToolProvider
from mcpquality_scanners.detect_secrets import DetectSecretsScanner
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Confidence, Finding, Region, ScanResult, ScanStatus, Severity
from mcpquality_scanners.toolchain import Toolchain
from tests.support.command import mcpquality

RunScanner = Callable[..., ScanResult]

pytestmark = pytest.mark.e2e

# Put together, so that our own scan does not take the tests for leaks.
KEY = "AKIA" + "QYLPMN5HHHFPZAM2"
LINE = f'aws = "{KEY}"\n'
HEX = "2b1189a188b44ad1" + "8c35e113ac6ceead"


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def place(finding: Finding) -> tuple[str, int]:
    assert finding.location is not None
    assert finding.location.region is not None
    return finding.location.path, finding.location.region.start_line


def keys(result: ScanResult) -> list[tuple[str, int]]:
    return sorted(place(finding) for finding in result.findings if finding.rule == "aws-access-key")


def reasons(result: ScanResult) -> dict[str, str]:
    return {unseen.name: unseen.reason for unseen in result.unseen}


def test_what_init_writes_is_no_finding(run_scanner: RunScanner, tmp_path: Path) -> None:
    assert mcpquality("init", cwd=tmp_path).returncode == 0
    result = run_scanner(DetectSecretsScanner(), tmp_path)
    assert (result.status, result.seen, result.findings) == (ScanStatus.COMPLETE, ("mcpquality.toml",), ())


def test_a_placeholder_weighs_less_than_a_secret_and_is_shown(run_scanner: RunScanner, tmp_path: Path) -> None:
    files = {
        "src/a.py": 'client_secret = "your-client-secret"\npass' + 'word = "hunter2"\n',
        "tests/test_a.py": 'client_secret = "your-client-secret"\n',
    }
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, files))
    assert [(*place(finding), finding.severity, finding.message) for finding in result.findings] == [
        ("src/a.py", 1, Severity.MEDIUM,
         "Secret Keyword in clear text, beginning with your; it reads like a placeholder"),
        ("src/a.py", 2, Severity.HIGH, "Secret Keyword in clear text, beginning with hun"),
        ("tests/test_a.py", 1, Severity.LOW,
         "Secret Keyword in clear text, beginning with your; it reads like a placeholder"),
    ]  # fmt: skip


def test_a_finding_names_the_kind_and_the_place_and_no_secret(run_scanner: RunScanner, tmp_path: Path) -> None:
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, {"src/a.py": "x = 1\n" + LINE}))
    assert result.status is ScanStatus.COMPLETE
    assert result.seen == ("src/a.py",)
    assert result.version
    (finding,) = result.findings
    assert finding.location is not None
    assert (finding.location.path, finding.location.region) == ("src/a.py", Region(2))
    assert (finding.rule, finding.title) == ("aws-access-key", "AWS Access Key")
    assert (finding.severity, finding.confidence, finding.cwe) == (Severity.HIGH, Confidence.HIGH, (798,))
    assert KEY not in repr(result)
    assert finding.fix


def test_folders_without_git_are_looked_at(run_scanner: RunScanner, tmp_path: Path) -> None:
    result = run_scanner(DetectSecretsScanner(), write(tmp_path / "x.git", {"a/b.txt": LINE, "c": LINE}))
    assert keys(result) == [("a/b.txt", 1), ("c", 1)]


def test_names_that_the_tool_skips_are_looked_at(run_scanner: RunScanner, tmp_path: Path) -> None:
    names = [
        "a.css", "a.lock", "a.map", "a.svg", "go.sum", "poetry.lock", "package-lock.json", "yarn.lock", "x.prefs",
        "swagger.json", "swagger/a.py", "Cargo.lock", "a.doc",
    ]  # fmt: skip
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, dict.fromkeys(names, "\n\n" + LINE)))
    assert keys(result) == sorted((name, 3) for name in names)
    assert result.status is ScanStatus.COMPLETE
    assert sorted(result.seen) == sorted(names)


def test_checksums_in_lock_files_are_no_findings(run_scanner: RunScanner, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = dict.fromkeys(["Cargo.lock", "package-lock.json"], f'checksum = "{HEX}"\n')
    files["checks.json"] = f'value = "{HEX}"\n'
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, files))
    assert [(place(f), f.severity) for f in result.findings] == [(("checks.json", 1), Severity.MEDIUM)]
    assert result.notes[0].startswith("2 lock files")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "latin-1", "cp1252"])
def test_any_encoding_is_read(run_scanner: RunScanner, tmp_path: Path, encoding: str) -> None:
    text = "# caf\xe9\r\n\r\n" + LINE
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, {"a.py": text.encode(encoding)}))
    assert keys(result) == [("a.py", 3)]
    assert result.status is ScanStatus.COMPLETE


def test_a_zero_byte_hides_nothing(run_scanner: RunScanner, tmp_path: Path) -> None:
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, {"a.py": b"\0\n" + LINE.encode()}))
    assert keys(result) == [("a.py", 2)]


def test_binary_files_are_not_applicable_and_named(run_scanner: RunScanner, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
        "a.txt": "x",
    }
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, files))
    assert result.seen == ("a.txt",)
    assert "a.png" in result.notes[0]
    (tmp_path / "a.txt").unlink()
    assert run_scanner(DetectSecretsScanner(), tmp_path).status is ScanStatus.NOT_APPLICABLE


def test_files_that_cannot_be_read_are_named(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": LINE, "empty.py": ""})
    result = run_scanner(DetectSecretsScanner(), root, files=("a.py", "empty.py", "vanished.py"))
    assert result.status is ScanStatus.INCOMPLETE
    assert reasons(result) == {"vanished.py": "cannot be read: No such file or directory"}
    assert result.seen == ("a.py", "empty.py")


def test_allowed_lines_show_as_suppressed_with_their_reason(run_scanner: RunScanner, tmp_path: Path) -> None:
    text = f'a = "{KEY}"  # pragma: allowlist secret a sample\n'
    (finding,) = run_scanner(DetectSecretsScanner(), write(tmp_path, {"a.py": text})).findings
    assert finding.suppression is not None
    assert (finding.suppression.reason, finding.suppression.line) == ("a sample", 1)


def test_an_allowed_place_does_not_hide_another_of_the_same_secret(run_scanner: RunScanner, tmp_path: Path) -> None:
    text = f'a = "{KEY}"  # pragma: allowlist secret\nx = 1\nb = "{KEY}"\n'
    files: dict[str, str | bytes] = {
        "a.py": text,
        "a.css": text,
        "b.py": f'a = "{KEY}"  # pragma: allowlist secret\n',
    }
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, files))
    found = sorted((*place(finding), finding.suppression is None) for finding in result.findings)
    assert found == [
        ("a.css", 1, False),
        ("a.css", 3, True),
        ("a.py", 1, False),
        ("a.py", 3, True),
        ("b.py", 1, False),
    ]


def test_arguments_of_calls_are_looked_at(run_scanner: RunScanner, tmp_path: Path) -> None:
    code = f'client = connect("{KEY}")\nother = login(user, password="hunter2-x")\n'
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, {"a.py": code}))
    assert sorted((finding.rule, place(finding)[1]) for finding in result.findings) == [
        ("aws-access-key", 1),
        ("secret-keyword", 2),
    ]


def test_the_same_guess_weighs_less_in_tests(run_scanner: RunScanner, tmp_path: Path) -> None:
    code = 'password = "hunter2-x"\n'
    files: dict[str, str | bytes] = {
        "a.py": code,
        "tests/test_a.py": code,
        "docs/a.md": code,
        "tests/b.py": LINE,
    }
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, files))
    assert {place(finding)[0]: finding.severity for finding in result.findings} == {
        "a.py": Severity.HIGH,
        "tests/test_a.py": Severity.MEDIUM,
        "docs/a.md": Severity.MEDIUM,
        "tests/b.py": Severity.HIGH,
    }


def test_one_secret_found_by_several_detectors_is_one_finding(run_scanner: RunScanner, tmp_path: Path) -> None:
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, {"a.py": f'secret_key = "{HEX}"\n'}))
    (finding,) = result.findings
    assert finding.rule == "secret-keyword"
    assert finding.also_found_by == ("detect-secrets:hex-high-entropy-string",)


def test_a_file_that_crashes_the_tool_costs_only_itself(run_scanner: RunScanner, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"m{number:02}.py": LINE for number in range(8)}
    files["dates.yaml"] = "when: 2001-99-99\n"
    result = run_scanner(DetectSecretsScanner(), write(tmp_path, files), jobs=1)
    assert result.status is ScanStatus.INCOMPLETE
    assert list(reasons(result)) == ["dates.yaml"]
    assert reasons(result)["dates.yaml"] == "detect-secrets ended with exit code 1: ValueError"
    assert len(keys(result)) == 8


@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 there")
def test_hostile_names(run_scanner: RunScanner, tmp_path: Path) -> None:
    names = [
        "--help", "-C.py", "new\nline.py", "quo\"te's.py", "semi;colon $(x).py", os.fsdecode(b"b\xff.py"), "*.py",
        "back\\slash.py", "a b/c.txt", ".env", "Dockerfile", "caf\xe9.md", "a.CSS",
    ]  # fmt: skip
    root = write(tmp_path, dict.fromkeys(names, LINE))
    result = run_scanner(DetectSecretsScanner(), root)
    assert result.status is ScanStatus.COMPLETE
    assert keys(result) == sorted((name, 1) for name in names)


def test_a_root_behind_a_link_and_one_with_odd_letters(run_scanner: RunScanner, tmp_path: Path) -> None:
    write(tmp_path / "real #1%20 [x]", {"a.py": LINE})
    (tmp_path / "link").symlink_to(tmp_path / "real #1%20 [x]")
    assert keys(run_scanner(DetectSecretsScanner(), tmp_path / "link", files=("a.py",))) == [("a.py", 1)]
    assert keys(run_scanner(DetectSecretsScanner(), tmp_path / "real #1%20 [x]")) == [("a.py", 1)]


def test_what_the_tool_leaves_out_is_named(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.py": LINE})
    write(tmp_path, {"outside.py": LINE})
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    result = run_scanner(DetectSecretsScanner(), root, files=("a.py", "link.py"))
    assert result.status is ScanStatus.INCOMPLETE
    assert "left out" in reasons(result)["link.py"]
    assert keys(result) == [("a.py", 1)]


def test_detectors_can_be_left_out_and_tuned(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": LINE + f'h = "{HEX}"\n'})
    scanner = DetectSecretsScanner()
    assert keys(run_scanner(scanner, root, options={"disable-plugins": ("AWSKeyDetector",)})) == []
    loose = run_scanner(scanner, root, options={"hex-limit": 0.5})
    assert {finding.rule for finding in loose.findings} == {"aws-access-key", "hex-high-entropy-string"}


def test_nothing_to_look_at_is_not_applicable(run_scanner: RunScanner, tmp_path: Path) -> None:
    result = run_scanner(DetectSecretsScanner(), tmp_path)
    assert (result.status, result.problems) == (ScanStatus.NOT_APPLICABLE, ())
    assert run_scanner(DetectSecretsScanner(), tmp_path, asked=True).problems


class StandIn:
    """A tool that is a shell script; `$REAL` is the real one."""

    def __init__(self, folder: Path, script: str, real: ToolProvider) -> None:
        self._folder, self._script, self._real = folder, script, real

    async def tool(self, name: str) -> Tool:
        real = await self._real.tool(name)
        executable = self._folder / "stand-in"
        quoted = shlex.quote(str(real.executable))
        executable.write_text(f"#!/bin/sh\nREAL={quoted}\n{self._script}\n", encoding="utf-8")
        executable.chmod(0o755)
        return Tool(name, real.version, executable)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 0", "printed nothing"),
        ("echo oops >&2; exit 1", "exit code 1: oops"),
        ("kill -SEGV $$", "SIGSEGV"),
        ("echo hello", "not JSON"),
        ('"$REAL" "$@" | head -c 200', "not JSON"),
        ("echo '{}'", "expected shape"),
        ('echo \'{"plugins_used": [], "filters_used": [], "results": {}}\'', "looked without"),
        ('"$REAL" "$@" --disable-plugin AWSKeyDetector', "looked without AWSKeyDetector"),
        ('"$REAL" "$@" --exclude-lines aws', "does not find known secrets"),
        ('shift 2; cd /; "$REAL" "$@"', "does not find known secrets"),
        ("sleep 30", "time was up"),
    ],
)
def test_a_tool_that_does_not_look_is_an_error(
    run_scanner: RunScanner, toolchain: Toolchain, tmp_path: Path, script: str, words: str
) -> None:
    root = write(tmp_path / "root", {"a.py": LINE, "b.py": LINE})
    with pytest.raises(ToolError, match=words):
        run_scanner(DetectSecretsScanner(), root, tools=StandIn(tmp_path, script, toolchain), timeout=8, jobs=1)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("kill -9 $$", "SIGKILL"),
        ('MCPQUALITY_WITNESS=/dev/null "$REAL" "$@"; exit', "left out"),
        ('"$REAL" "$@" --disable-plugin KeywordDetector; exit', "looked without KeywordDetector"),
        ('echo \'{"plugins_used": [], "filters_used": [], "results": []}\'; exit', "looked without"),
    ],
)
def test_a_fault_after_the_canary_costs_only_its_files(
    run_scanner: RunScanner, toolchain: Toolchain, tmp_path: Path, fault: str, words: str
) -> None:
    root = write(tmp_path / "root", {"a.py": LINE, "bad.py": LINE})
    script = f'case "$*" in *bad.py*) {fault};; esac\nexec "$REAL" "$@"'
    result = run_scanner(DetectSecretsScanner(), root, tools=StandIn(tmp_path, script, toolchain), jobs=1)
    assert result.status is ScanStatus.INCOMPLETE
    assert ("a.py", 1) in keys(result)
    assert words in reasons(result)["bad.py"]
