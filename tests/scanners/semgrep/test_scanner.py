"""Semgrep's scanner against a process runner that says what the test wants it to say."""

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
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import ScanResult, ScanStatus, SuppressionKind
from mcpquality_scanners.options import Value
from mcpquality_scanners.semgrep.rules import bundled_rules
from mcpquality_scanners.semgrep.scanner import OPTIONS, SemgrepScanner

Document = dict[str, Any]


def finding(path: str, rule: str = "x.mcpquality-config.0.f0.mcp-ssrf") -> Document:
    return {
        "check_id": rule,
        "path": path,
        "start": {"line": 1, "col": 1},
        "end": {"line": 1, "col": 5},
        "extra": {"message": "m", "metadata": {}, "severity": "ERROR"},
    }


class FakeProcesses:
    """Looks at every file it is handed, finds the canary, and lets the test change its report."""

    def __init__(self, change: Callable[[Document], object] = lambda _document: None) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.environments: list[Mapping[str, str]] = []
        self.exit_code: int | None = 0
        self.crash_on = ""
        self.unparsed: Mapping[str, str] = {}
        self.syntax_exit_code = 0
        self._change = change

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        del cwd, timeout
        if stdin:
            text = json.dumps(self.unparsed)
            return Completed(argv, self.syntax_exit_code, text.encode(), b"", 0.1)
        self.calls.append(argv)
        self.environments.append(env or {})
        last_config = max(number for number, word in enumerate(argv) if word == "--config")
        targets = argv[last_config + 2 :]
        if self.crash_on and self.crash_on in targets:
            return Completed(argv, -11, b"", b"", 0.1)
        return Completed(argv, self.exit_code, json.dumps(self._document(targets)).encode(), b"", 0.1)

    def _document(self, targets: tuple[str, ...]) -> Document:
        document: Document = {
            "results": [finding(targets[0], "x.mcpquality-canary")],
            "errors": [],
            "paths": {"scanned": list(targets), "skipped": []},
            "time": {"rules": sorted(bundled_rules()), "fixpoint_timeouts": []},
            "skipped_rules": [],
        }
        self._change(document)
        return document


class FakeTools:
    async def tool(self, name: str) -> Tool:
        return Tool(name, "1.182.0", Path("/opt/semgrep"))


class LateClock:
    """Jumps past any limit between its first look and the next."""

    def __init__(self) -> None:
        self._time = 0.0

    def monotonic(self) -> float:
        self._time += 1000.0
        return self._time

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


class Scan:
    """Runs the scanner over files that it writes first."""

    def __init__(self, tmp_path: Path, processes: FakeProcesses, scanner: SemgrepScanner | None = None) -> None:
        self.root, self.scratch = tmp_path / "root", tmp_path / "scratch"
        self.processes = processes
        self.scanner = scanner or SemgrepScanner()

    def __call__(self, files: dict[str, str], *, asked: bool = False, jobs: int = 1, **options: Value) -> ScanResult:
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text, encoding="utf-8")
        self.root.mkdir(exist_ok=True)
        self.scratch.mkdir()
        context = ScanContext(
            self.root,
            tuple(sorted(files)),
            {option.name: option.default for option in OPTIONS} | options,
            FakeTools(),
            self.processes,
            self.scratch,
            asked=asked,
            jobs=jobs,
        )
        return asyncio.run(self.scanner.scan(context))


def reasons(result: ScanResult) -> dict[str, str]:
    return {unseen.name: unseen.reason for unseen in result.unseen}


def test_everything_looked_at_is_complete(tmp_path: Path) -> None:
    processes = FakeProcesses()
    result = Scan(tmp_path, processes)({"a.py": "x = 1\n", "b.md": "x"})
    assert (result.status, result.seen, result.findings) == (ScanStatus.COMPLETE, ("a.py",), ())
    assert (result.version, len(result.commands)) == ("1.182.0", 1)
    assert result.commands[0].argv[-1] == "(2 files)"
    (call,) = processes.calls
    assert call[-1] == "./a.py"
    assert "--disable-nosem" in call
    assert "--metrics=off" in call


def test_the_tool_writes_nowhere_but_into_scratch(tmp_path: Path) -> None:
    processes = FakeProcesses()
    Scan(tmp_path, processes)({"a.py": ""})
    (environment,) = processes.environments
    assert environment["SEMGREP_ENABLE_VERSION_CHECK"] == "0"
    places = [value for value in environment.values() if os.sep in value]
    assert places
    assert all(value.startswith(str(tmp_path / "scratch")) for value in places)


@pytest.mark.parametrize(("asked", "problems"), [(False, 0), (True, 1)])
def test_no_python_is_not_applicable(tmp_path: Path, asked: bool, problems: int) -> None:
    processes = FakeProcesses()
    result = Scan(tmp_path, processes)({"a.md": "x"}, asked=asked)
    assert (result.status, len(result.problems)) == (ScanStatus.NOT_APPLICABLE, problems)
    assert processes.calls == []


def test_a_tool_that_misses_the_canary_is_an_error(tmp_path: Path) -> None:
    processes = FakeProcesses(lambda document: document["results"].clear())
    with pytest.raises(ToolError, match="known flaw"):
        Scan(tmp_path, processes)({"a.py": ""})


def test_a_rule_of_ours_that_did_not_run_is_named(tmp_path: Path) -> None:
    processes = FakeProcesses(lambda document: document["time"]["rules"].remove("mcp-ssrf"))
    result = Scan(tmp_path, processes)({"a.py": ""})
    assert result.status is ScanStatus.INCOMPLETE
    assert list(reasons(result)) == ["rule mcp-ssrf"]


def test_a_rule_that_does_not_load_is_named_once(tmp_path: Path) -> None:
    def change(document: Document) -> None:
        document["time"]["rules"].remove("mcp-ssrf")
        document["errors"].append({"type": "Rule parse error", "rule_id": "mcp-ssrf", "message": "in x: bad"})

    processes = FakeProcesses(change)
    processes.exit_code = 2
    assert reasons(Scan(tmp_path, processes)({"a.py": ""})) == {"rule mcp-ssrf": "did not load: bad"}


def test_a_file_that_nobody_mentions_is_named(tmp_path: Path) -> None:
    processes = FakeProcesses(lambda document: document["paths"]["scanned"].remove("./b.py"))
    result = Scan(tmp_path, processes)({"a.py": "# @m.tool", "b.py": "# @m.tool"})
    assert (result.status, result.seen, list(reasons(result))) == (ScanStatus.INCOMPLETE, ("a.py",), ["b.py"])


def test_what_does_not_parse_is_named_and_its_findings_are_kept(tmp_path: Path) -> None:
    processes = FakeProcesses(lambda document: document["results"].append(finding("./a.py")))
    processes.unparsed = {"./a.py": "line 1: invalid\nsyntax"}
    result = Scan(tmp_path, processes)({"a.py": "@m.tool def f(:\n", "b.py": ""})
    assert (result.status, result.seen, len(result.findings)) == (ScanStatus.INCOMPLETE, ("b.py",), 1)
    assert reasons(result)["a.py"].endswith("line 1: invalid syntax")


def test_a_check_of_the_syntax_that_crashes_costs_the_files(tmp_path: Path) -> None:
    processes = FakeProcesses()
    processes.syntax_exit_code = -11
    result = Scan(tmp_path, processes)({"a.py": ""})
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ())
    assert "SIGSEGV" in reasons(result)["a.py"]


def test_a_file_that_crashes_the_tool_costs_only_itself(tmp_path: Path) -> None:
    processes = FakeProcesses()
    processes.crash_on = "./b.py"
    result = Scan(tmp_path, processes)({"a.py": "# @m.tool", "b.py": "# @m.tool", "c.py": "# @m.tool"})
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ("a.py", "c.py"))
    assert "SIGSEGV" in reasons(result)["b.py"]


def test_a_tool_that_always_crashes_is_an_error(tmp_path: Path) -> None:
    processes = FakeProcesses()
    processes.exit_code = -9
    with pytest.raises(ToolError, match=r"SIGKILL.* No file was looked at"):
        Scan(tmp_path, processes)({"a.py": "", "b.py": ""})


def test_no_time_left_is_an_error(tmp_path: Path) -> None:
    scanner = SemgrepScanner(LateClock())
    with pytest.raises(ToolError, match="no time left"):
        Scan(tmp_path, FakeProcesses(), scanner)({"a.py": ""})


def test_complaints_are_problems(tmp_path: Path) -> None:
    error = {"type": "SemgrepError", "message": "something broke"}
    result = Scan(tmp_path, FakeProcesses(lambda document: document["errors"].append(error)))({"a.py": ""})
    assert (result.status, result.problems) == (ScanStatus.INCOMPLETE, ("something broke",))


def test_a_pragma_suppresses_and_shows(tmp_path: Path) -> None:
    processes = FakeProcesses(lambda document: document["results"].append(finding("./a.py")))
    (found,) = Scan(tmp_path, processes)({"a.py": "eval(x)  # nosemgrep: mcp-ssrf checked\n"}).findings
    assert found.suppression is not None
    assert (found.suppression.kind, found.suppression.reason) == (SuppressionKind.PRAGMA, "checked")


def test_large_projects_are_split(tmp_path: Path) -> None:
    processes = FakeProcesses()
    big = f"# @m.tool {'x' * 600_000}\n"
    result = Scan(tmp_path, processes)({"a.py": big, "b.py": big}, jobs=2)
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, ("a.py", "b.py"))
    assert sorted(call[-1] for call in processes.calls) == ["./a.py", "./b.py"]


def test_files_in_other_languages_do_not_count_with_rules_of_ones_own(tmp_path: Path) -> None:
    def change(document: Document) -> None:
        document["paths"]["scanned"] = [path for path in document["paths"]["scanned"] if not path.endswith(".md")]

    files = {"a.js": "", "b.md": "", "my.yml": "rules: []"}
    result = Scan(tmp_path, FakeProcesses(change))(files, config=("my.yml",))
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, ("a.js", "my.yml"))
    assert result.notes[0].startswith("1 files")


def test_rules_for_nothing_that_is_there_are_not_applicable(tmp_path: Path) -> None:
    processes = FakeProcesses(lambda document: document["paths"]["scanned"].clear())
    result = Scan(tmp_path, processes)({"my.yml": "rules: []"}, config=("my.yml",))
    assert result.status is ScanStatus.NOT_APPLICABLE


def test_a_wide_file_that_was_scanned_was_not_looked_at(tmp_path: Path) -> None:
    files = {"a.js": "e\0v\0a\0l\0", "my.yml": "rules: []"}
    result = Scan(tmp_path, FakeProcesses())(files, config=("my.yml",))
    assert "UTF-16" in reasons(result)["a.js"]


def test_no_rules_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no rules to run"):
        Scan(tmp_path, FakeProcesses())({"a.py": ""}, config=())


def test_rules_that_cannot_be_had_are_an_error_even_with_nothing_to_scan(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"gone\.yml: there is no such file"):
        Scan(tmp_path, FakeProcesses())({}, config=("gone.yml",))


def test_the_other_rules_run_when_some_cannot_be_had(tmp_path: Path) -> None:
    result = Scan(tmp_path, FakeProcesses())({"a.py": ""}, config=("mcpquality", "gone.yml"))
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ("a.py",))
    assert list(reasons(result)) == ["gone.yml"]


class RefusingProcesses(FakeProcesses):
    """Loads only our own rules, and says of others what the test wants it to say."""

    def __init__(self, exit_code: int, stdout: bytes, stderr: bytes) -> None:
        super().__init__()
        self._refusal = (exit_code, stdout, stderr)

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        if any(os.path.join("mcpquality-config", "1") in word for word in argv):  # noqa: PTH118
            return Completed(argv, *self._refusal, 0.1)
        return await super().run(argv, cwd=cwd, timeout=timeout, env=env, stdin=stdin)


@pytest.mark.parametrize(
    ("exit_code", "stdout", "stderr", "reason"),
    [
        (7, b'{"errors": [{"message": "missing rules"}]}', b"", "loads no rules from it: missing rules"),
        (7, b'{"errors": []}', b"", "it is empty"),
        (7, b"", b"[00.1][ERROR]: no config\n", "no config"),
        (2, b"", b"[00.1][ERROR]: bad character\nRaised at ...\n", "bad character"),
        (-9, b"", b"", "SIGKILL"),
        (0, b"{}", b"", "shape"),
    ],
)
def test_rules_that_do_not_load_are_named_and_the_others_run(
    tmp_path: Path, exit_code: int, stdout: bytes, stderr: bytes, reason: str
) -> None:
    processes = RefusingProcesses(exit_code, stdout, stderr)
    result = Scan(tmp_path, processes)({"a.py": "", "my.yml": ""}, config=("mcpquality", "my.yml"))
    assert (result.status, "a.py" in result.seen) == (ScanStatus.INCOMPLETE, True)
    assert reason in reasons(result)["my.yml"]


@pytest.mark.parametrize("rule", sorted(bundled_rules()))
def test_our_rules_are_explained(rule: str) -> None:
    text = SemgrepScanner().explain(rule)
    assert text is not None
    assert text.startswith(f"# {rule}\n")
    for part in ("**Severity:**", "CWE-", "## How to put it right", "```text", "<https://"):
        assert part in text


def test_other_rules_are_not_explained() -> None:
    assert SemgrepScanner().explain("B602") is None


def test_a_rule_that_says_little_is_explained_nevertheless(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = {"bare": {"message": "m", "severity": "INFO"}}
    monkeypatch.setattr("mcpquality_scanners.semgrep.scanner.bundled_rules", lambda: bare)
    assert SemgrepScanner().explain("bare") == "# bare\n\nm\n\n**Severity:** low (Semgrep: INFO)\n"


def test_our_rules_run_only_where_the_words_of_mcp_code_are(tmp_path: Path) -> None:
    processes = FakeProcesses()
    result = Scan(tmp_path, processes)({"plain.py": "x = 1\n", "server.py": "# @m.tool\n"})
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, ("plain.py", "server.py"))
    assert ["./server.py" in call and "./plain.py" not in call for call in processes.calls] == [True]
    assert any("1 Python files hold none of the words" in note for note in result.notes)


def test_without_any_such_word_the_rules_are_proved_on_the_smallest_file(tmp_path: Path) -> None:
    processes = FakeProcesses()
    result = Scan(tmp_path, processes)({"large.py": "x = 1\n" * 9, "small.py": "x = 1\n"})
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, ("large.py", "small.py"))
    assert [call[-1] for call in processes.calls] == ["./small.py"]


def test_without_any_such_word_a_failing_tool_is_still_no_success(tmp_path: Path) -> None:
    processes = FakeProcesses()
    processes.crash_on = "./small.py"
    with pytest.raises(ToolError, match="No file was looked at"):
        Scan(tmp_path, processes)({"large.py": "x = 1\n" * 9, "small.py": "x = 1\n"})


def test_a_file_without_such_a_word_still_has_to_parse(tmp_path: Path) -> None:
    processes = FakeProcesses()
    processes.unparsed = {"./plain.py": "line 1: invalid syntax"}
    result = Scan(tmp_path, processes)({"plain.py": "def f(:\n", "server.py": "# @m.tool\n"})
    assert (result.status, list(reasons(result))) == (ScanStatus.INCOMPLETE, ["plain.py"])


def test_rules_of_the_user_see_every_file(tmp_path: Path) -> None:
    processes = FakeProcesses()
    rules = "rules: [{id: x, languages: [python], severity: ERROR, message: m, pattern: x}]\n"
    scan = Scan(tmp_path, processes)
    scan({"plain.py": "x = 1\n", "server.py": "# @m.tool\n", "my.yaml": rules}, config=("mcpquality", "my.yaml"))
    assert sum("./plain.py" in call for call in processes.calls) == 1
    assert sum("./server.py" in call for call in processes.calls) == 2
