"""The detect-secrets scanner against a process runner that says what the test wants it to say."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.detect_secrets import KINDS, OPTIONS, DetectSecretsScanner, rule_of
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Confidence, ScanResult, ScanStatus, Severity
from mcpquality_scanners.options import Value

Document = dict[str, Any]
PLUGINS = {
    "AWSKeyDetector": "AWS Access Key",
    "PrivateKeyDetector": "Private Key",
    "KeywordDetector": "Secret Keyword",
    "HexHighEntropyString": "Hex High Entropy String",
    "Base64HighEntropyString": "Base64 High Entropy String",
}


def hit(kind: str = "AWS Access Key", line: int = 1, digest: str = "d1") -> Document:
    return {"type": kind, "filename": "f", "hashed_secret": digest, "is_verified": False, "line_number": line}


def note(witness: Path, names: list[str]) -> None:
    witness.write_bytes(b"".join(os.fsencode(name) + b"\0" for name in names))


class FakeProcesses:
    """Prints a report over the files it is handed, changed by the test; finds the canary."""

    def __init__(
        self,
        results: Mapping[str, list[Document]] | None = None,
        change: Callable[[Document], object] = lambda _document: None,
        *,
        stderr: bytes = b"",
        reach: bool = True,
        exit_code: int = 0,
        honoured: Mapping[str, list[Document]] | None = None,
    ) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._results, self._change, self._stderr, self._reach = results or {}, change, stderr, reach
        self._honoured, self._exit_code = honoured or {}, exit_code

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        del timeout, stdin
        self.calls.append(argv)
        disabled = {argv[index + 1] for index, part in enumerate(argv) if part == "--disable-plugin"}
        plugins = {name: kind for name, kind in PLUGINS.items() if name not in disabled}
        names = [part[2:] for part in argv if part.startswith("./")]
        document: Document = {
            "plugins_used": [{"name": name} for name in plugins],
            "filters_used": [{"path": "detect_secrets.filters.heuristic.is_potential_uuid"}],
            "results": {},
        }
        is_canary = cwd.name == "canary"
        allowing = "detect_secrets.filters.allowlist.is_line_allowlisted" not in argv
        for name in names:
            known = self._honoured if allowing else self._results
            found = [hit(kind, digest=kind) for kind in plugins.values()] if is_canary else known.get(name, [])
            if found:
                document["results"][name] = found
        if not is_canary:
            self._change(document)
        if env and (self._reach or is_canary):
            note(Path(env["MCPQUALITY_WITNESS"]), names)
        exit_code = 0 if is_canary else self._exit_code
        return Completed(argv, exit_code, json.dumps(document).encode(), b"" if is_canary else self._stderr, 1.0)


class FakeTools:
    async def tool(self, name: str) -> Tool:
        return Tool(name, "1.5.0", Path("/nowhere/detect-secrets"))


class FrozenClock:
    def monotonic(self) -> float:
        return 100.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


def scan(
    tmp_path: Path,
    processes: FakeProcesses,
    files: Mapping[str, bytes] | None = None,
    *,
    listed: tuple[str, ...] = (),
    asked: bool = False,
    timeout: float = 10,
    **options: Value,
) -> ScanResult:
    root, scratch = tmp_path / "root", tmp_path / "scratch"
    root.mkdir()
    scratch.mkdir()
    files = {"a.py": b"x\n"} if files is None else files
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    settings = {option.name: option.default for option in OPTIONS}
    settings |= {name.replace("_", "-"): value for name, value in options.items()}
    context = ScanContext(
        root, (*sorted(files), *listed), settings, FakeTools(), processes, scratch, timeout, jobs=1, asked=asked
    )
    return asyncio.run(DetectSecretsScanner(FrozenClock()).scan(context))


def test_a_clean_run_is_complete(tmp_path: Path) -> None:
    result = scan(tmp_path, FakeProcesses(), {"a.py": b"x", "b/c.txt": b"y"})
    assert (result.status, result.findings, result.seen) == (ScanStatus.COMPLETE, (), ("a.py", "b/c.txt"))


def test_a_result_becomes_a_finding_without_its_hash(tmp_path: Path) -> None:
    (finding,) = scan(tmp_path, FakeProcesses({"a.py": [hit(line=3, digest="0ddba11")]})).findings
    assert (finding.rule, finding.severity, finding.cwe) == ("aws-access-key", Severity.HIGH, (798,))
    assert finding.location is not None
    assert finding.location.region is not None
    assert finding.location.region.start_line == 3
    assert "0ddba11" not in repr(finding)


def test_a_kind_we_do_not_know_is_taken_for_a_token(tmp_path: Path) -> None:
    (finding,) = scan(tmp_path, FakeProcesses({"a.py": [hit("New\x1b[31m Token")]})).findings
    assert (finding.title, finding.rule, finding.confidence) == ("New Token", "new-token", Confidence.HIGH)


def test_a_public_address_is_no_credential(tmp_path: Path) -> None:
    (finding,) = scan(tmp_path, FakeProcesses({"a.py": [hit("Public IP (ipv4)")]})).findings
    assert (finding.severity, finding.cwe) == (Severity.LOW, ())


def test_a_copy_is_told_of_under_its_own_name(tmp_path: Path) -> None:
    result = scan(tmp_path, FakeProcesses({"0.txt": [hit(line=2)]}), {"style.css": b"a\nb\n"})
    assert result.findings[0].location is not None
    assert result.findings[0].location.path == "style.css"
    assert result.seen == ("style.css",)


def test_lock_files_are_looked_at_without_the_guess_at_randomness(tmp_path: Path) -> None:
    processes = FakeProcesses()
    result = scan(tmp_path, processes, {"uv.lock": b"a", "b.py": b"b"})
    disabled = [call for call in processes.calls if "HexHighEntropyString" in call]
    assert [call[-1] for call in disabled] == ["./1.txt"]
    assert "--hex-limit" not in disabled[0]
    assert result.notes == ("1 lock files: random-looking text is no finding there, checksums are what they hold.",)


def test_a_second_place_of_an_allowed_secret_counts(tmp_path: Path) -> None:
    data = b"k = 's'  # pragma: allowlist secret\nx\nk = 's'\n"
    results = {"a.py": [hit(line=1), hit("Secret Keyword", 2, "d2")]}
    honoured = {"a.py": [hit(line=3), hit("Secret Keyword", 2, "d2")]}
    result = scan(tmp_path, FakeProcesses(results, honoured=honoured), {"a.py": data, "b.py": b"x"})
    found = [
        (finding.location.region.start_line, finding.suppression is None)
        for finding in result.findings
        if finding.location and finding.location.region
    ]
    assert sorted(found) == [(1, False), (2, True), (3, True)]


def test_a_file_the_tool_does_not_come_to_is_unseen(tmp_path: Path) -> None:
    result = scan(tmp_path, FakeProcesses(reach=False))
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ())
    assert "left out" in result.unseen[0].reason


def test_a_file_the_tool_cannot_open_is_unseen(tmp_path: Path) -> None:
    stderr = b"[scan]\tWARNING\tUnable to open file: a.py\n"
    result = scan(tmp_path, FakeProcesses(stderr=stderr), {"a.py": b"x", "b.py": b"x"})
    assert [unseen.name for unseen in result.unseen] == ["a.py"]
    assert result.seen == ("b.py",)


def test_a_file_we_cannot_read_is_unseen(tmp_path: Path) -> None:
    result = scan(tmp_path, FakeProcesses(), {}, listed=("missing.py",))
    assert result.status is ScanStatus.INCOMPLETE
    assert result.unseen[0].reason == "cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda document: document.update(results=[]), "expected shape"),
        (lambda document: document.update(results={"a.py": {}}), "expected shape"),
        (lambda document: document.update(results={"a.py": [{}]}), "expected shape"),
        (lambda document: document.update(results={"other.py": []}), "not given"),
        (lambda document: document.update(plugins_used=None), "expected shape"),
        (lambda document: document["plugins_used"].pop(0), "looked without AWSKeyDetector"),
        (
            lambda document: document["filters_used"].append({"path": "detect_secrets.filters.heuristic.is_lock_file"}),
            "left lines out by detect_secrets.filters.heuristic.is_lock_file",
        ),
    ],
)
def test_a_report_that_cannot_be_trusted_leaves_its_files_unseen(
    tmp_path: Path, change: Callable[[Document], object], words: str
) -> None:
    result = scan(tmp_path, FakeProcesses(change=change))
    assert result.status is ScanStatus.INCOMPLETE
    assert result.seen == ()
    assert words in result.unseen[0].reason


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        (b"Traceback (most recent call last):\n  x\nValueError: 'hunter2'\nhunter2\n", ": ValueError"),
        (b"Traceback (most recent call last):\n  hunter2\n", ""),
        (b"error: argument --hex-limit\n", ": error: argument --hex-limit"),
    ],
)
def test_a_crash_is_told_without_what_it_quotes(tmp_path: Path, stderr: bytes, reason: str) -> None:
    result = scan(tmp_path, FakeProcesses(exit_code=1, stderr=stderr))
    assert result.unseen[0].reason == f"detect-secrets ended with exit code 1{reason}"


def test_detectors_that_are_left_out_need_not_find_anything(tmp_path: Path) -> None:
    assert scan(tmp_path, FakeProcesses(), disable_plugins=("AWSKeyDetector",)).status is ScanStatus.COMPLETE


def test_no_time_left_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no time left"):
        scan(tmp_path, FakeProcesses(), timeout=0)


def test_binary_files_are_named_as_not_applicable(tmp_path: Path) -> None:
    result = scan(tmp_path, FakeProcesses(), {f"{number}.bin": bytes(100) for number in range(5)}, asked=True)
    assert result.status is ScanStatus.NOT_APPLICABLE
    assert result.notes == ("Not applicable, as they hold no text: 0.bin, 1.bin, 2.bin, 3.bin, 4.bin.",)
    assert result.problems


@pytest.mark.parametrize("title", KINDS)
def test_every_kind_is_explained(title: str) -> None:
    scanner = DetectSecretsScanner()
    assert scanner.explain(title) == scanner.explain(rule_of(title))
    assert title in str(scanner.explain(title))


def test_a_rule_of_somebody_else_is_not_explained() -> None:
    assert DetectSecretsScanner().explain("B602") is None
