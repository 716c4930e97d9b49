"""Bandit's scanner against a process runner that says what the test wants it to say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mcpquality_scanners.bandit import CANARY_RULES, OPTIONS, BanditScanner
from mcpquality_scanners.bandit_help import RULES
from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.errors import ToolError, UsageError
from mcpquality_scanners.findings import Category, Confidence, Finding, Region, ScanResult, ScanStatus, Severity
from mcpquality_scanners.options import Value
from mcpquality_scanners.process import STDERR_KEPT
from mcpquality_scanners.python_code import python_files

Document = dict[str, Any]


def issue(path: str, rule: str = "B602", line: int = 1, **changes: object) -> Document:
    return {
        "filename": path,
        "test_id": rule,
        "test_name": "a_test",
        "issue_text": "something is wrong",
        "issue_severity": "HIGH",
        "issue_confidence": "MEDIUM",
        "issue_cwe": {"id": 78, "link": "https://cwe.mitre.org/data/definitions/78.html"},
        "more_info": "https://bandit.readthedocs.io/x",
        "line_number": line,
        "line_range": [line],
        "col_offset": 0,
        "end_col_offset": 5,
        "code": "never copied",
    } | changes


class FakeProcesses:
    """Prints a report over the files it is handed, changed by the test."""

    def __init__(
        self,
        change: Callable[[Document], object] = lambda _document: None,
        *,
        exit_code: int = 1,
        stderr: bytes = b"",
        stdout: bytes | None = None,
    ) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._change, self._exit_code, self._stderr, self._stdout = change, exit_code, stderr, stdout

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        del cwd, timeout, env, stdin
        self.calls.append(argv)
        canary, *files = (part for part in argv if part.endswith(".py"))
        document: Document = {
            "errors": [],
            "metrics": {f"./{name}": {} for name in files} | {"_totals": {}, canary: {}},
            "results": [issue(canary, rule) for rule in CANARY_RULES],
        }
        self._change(document)
        stdout = json.dumps(document).encode() if self._stdout is None else self._stdout
        return Completed(argv, self._exit_code, stdout, self._stderr, 1.0)


class FakeTools:
    async def tool(self, name: str) -> Tool:
        return Tool(name, "1.9.4", Path("/nowhere/bandit"))


class FrozenClock:
    def monotonic(self) -> float:
        return 100.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


def scan(
    tmp_path: Path,
    processes: FakeProcesses,
    files: tuple[str, ...] = ("a.py",),
    *,
    timeout: float = 10,
    **options: Value,
) -> ScanResult:
    root, scratch = tmp_path / "root", tmp_path / "scratch"
    root.mkdir(exist_ok=True)
    scratch.mkdir()
    for name in files:
        (root / name).write_text("x = 1\n", encoding="utf-8")
    settings = {option.name: option.default for option in OPTIONS}
    settings |= {name.replace("_", "-"): value for name, value in options.items()}
    context = ScanContext(root, files, settings, FakeTools(), processes, scratch, timeout, jobs=1)
    return asyncio.run(BanditScanner(FrozenClock()).scan(context))


def adding(*issues: Document) -> Callable[[Document], object]:
    return lambda document: document["results"].extend(issues)


def only(result: ScanResult) -> Finding:
    (finding,) = result.findings
    return finding


def test_a_clean_run_is_complete_and_drops_the_canary(tmp_path: Path) -> None:
    result = scan(tmp_path, FakeProcesses(), ("a.py", "b.py"))
    assert (result.status, result.findings, result.seen) == (ScanStatus.COMPLETE, (), ("a.py", "b.py"))
    assert result.version == "1.9.4"
    assert result.commands[0].argv[-1] == "(2 files)"


def test_a_result_becomes_a_finding(tmp_path: Path) -> None:
    finding = only(scan(tmp_path, FakeProcesses(adding(issue("././a.py", line=3)))))
    assert finding.location is not None
    assert (finding.location.path, finding.location.region) == ("a.py", Region(3, 1, 3, 6))
    assert (finding.rule, finding.title, finding.fix) == ("B602", RULES["B602"].name, RULES["B602"].fix)
    assert (finding.severity, finding.confidence, finding.cwe) == (Severity.HIGH, Confidence.MEDIUM, (78,))
    assert "never copied" not in repr(finding)


def test_a_rule_we_do_not_know_is_shown_with_what_bandit_says(tmp_path: Path) -> None:
    odd = issue("./a.py", "B999", issue_severity="AWFUL", issue_confidence="SURE", issue_cwe={}, more_info="file:///x")
    finding = only(scan(tmp_path, FakeProcesses(adding(odd))))
    assert (finding.title, finding.severity, finding.confidence) == ("a_test", Severity.UNKNOWN, Confidence.UNKNOWN)
    assert (finding.cwe, finding.references, finding.fix) == ((), (), "")


@pytest.mark.parametrize(
    ("changes", "region"),
    [
        ({"line_number": 4, "line_range": [2, 3, 4, 5]}, Region(4, 0, 5)),
        ({"line_number": 2, "line_range": [2, 3], "end_col_offset": 1}, Region(2, 1, 3, 2)),
        ({"line_number": 2, "line_range": [], "col_offset": 7, "end_col_offset": 3}, Region(2, 0, 2)),
        ({"line_number": 0, "line_range": [0, 1], "col_offset": -1}, Region(1, 0, 1)),
    ],
)
def test_columns_are_kept_where_they_belong_to_the_line(
    tmp_path: Path, changes: dict[str, object], region: Region
) -> None:
    finding = only(scan(tmp_path, FakeProcesses(adding(issue("./a.py") | changes))))
    assert finding.location is not None
    assert finding.location.region == region


@pytest.mark.parametrize("rule", ["B105", "B106", "B107"])
def test_a_password_is_not_quoted(tmp_path: Path, rule: str) -> None:
    text = "Possible hardcoded password: 'hunter2'"
    finding = only(scan(tmp_path, FakeProcesses(adding(issue("./a.py", rule, issue_text=text)))))
    expected = "Possible hardcoded password, beginning with hun"
    assert (finding.message, finding.category) == (expected, Category.SECRET)


def test_messages_are_plain(tmp_path: Path) -> None:
    finding = only(scan(tmp_path, FakeProcesses(adding(issue("./a.py", issue_text="a\x1b[31m\u202eb\nc")))))
    assert finding.message == "ab c"


def test_a_file_that_is_not_in_the_report_is_unseen(tmp_path: Path) -> None:
    result = scan(
        tmp_path,
        FakeProcesses(lambda document: document["metrics"].pop("././a.py")),
    )
    assert result.status is ScanStatus.INCOMPLETE
    assert [unseen.name for unseen in result.unseen] == ["a.py"]
    assert result.seen == ()


def test_a_test_that_fails_inside_bandit_leaves_the_file_unseen(tmp_path: Path) -> None:
    stderr = b"[tester]\tERROR\tBandit internal error running: yaml_load on file ././a.py at line 7: boom\nTraceback"
    result = scan(tmp_path, FakeProcesses(adding(issue("./a.py")), stderr=stderr), ("a.py", "b.py"))
    assert result.unseen[0].name == "a.py"
    assert "yaml_load failed at line 7" in result.unseen[0].reason
    assert result.seen == ("b.py",)
    assert len(result.findings) == 1


def test_more_complaints_than_can_be_kept_prove_nothing(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="complained more"):
        scan(tmp_path, FakeProcesses(stderr=b"x" * STDERR_KEPT))


@pytest.mark.parametrize("key", ["results", "errors", "metrics"])
def test_a_report_of_another_shape_is_an_error(tmp_path: Path, key: str) -> None:
    with pytest.raises(ToolError, match="expected shape"):
        scan(tmp_path, FakeProcesses(lambda document: document.update({key: None})))


@pytest.mark.parametrize("key", sorted(issue("a.py").keys() - {"code"}))
def test_a_result_of_another_shape_is_an_error(tmp_path: Path, key: str) -> None:
    with pytest.raises(ToolError, match="expected shape"):
        scan(tmp_path, FakeProcesses(adding(issue("./a.py", "B999") | {key: None})))


def test_a_bandit_that_misses_the_canary_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="does not find known flaws"):
        scan(tmp_path, FakeProcesses(lambda document: document["results"].pop()))


def test_rules_left_out_on_purpose_need_not_be_found(tmp_path: Path) -> None:
    def without(document: Document) -> None:
        document["results"] = [item for item in document["results"] if item["test_id"] != "B602"]

    assert scan(tmp_path, FakeProcesses(without), skips=("B602",)).status is ScanStatus.COMPLETE


def test_options_reach_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "b.yaml").write_text("{}", encoding="utf-8")
    processes = FakeProcesses()
    scan(tmp_path, processes, tests=("B602", "B101"), skips=("B404",), config="b.yaml")
    line = " ".join(processes.calls[0])
    assert "-t B101,B602 -s B404" in line
    assert f"-c {tmp_path / 'root' / 'b.yaml'}" in line
    assert line.endswith(" ./a.py")


def test_the_trees_own_ini_may_set_three_things_alone(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    ini = "[bandit]\ntests = B101\nskips = B404, B405\nexclude = gen\noutput = x\nlevel = 3\n"
    (tmp_path / "root" / ".bandit").write_text(ini, encoding="utf-8")
    processes = FakeProcesses()
    result = scan(tmp_path, processes, honour_config=True)
    line = " ".join(processes.calls[0])
    assert "-t B101 -s B404,B405 -x gen" in line
    assert "output" not in line
    assert result.notes == ("The root's .bandit was honoured (honour-config).",)


def test_no_ini_to_honour_is_no_fault(tmp_path: Path) -> None:
    assert scan(tmp_path, FakeProcesses(), honour_config=True).notes == ()


@pytest.mark.parametrize("text", [b"no section", b"[other]\n", b"[bandit]\nx = \xff\n"])
def test_an_ini_that_cannot_be_read_is_an_error(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / ".bandit").write_bytes(text)
    with pytest.raises(UsageError, match=r"\.bandit"):
        scan(tmp_path, FakeProcesses(), honour_config=True)


def test_unknown_tests_are_a_problem(tmp_path: Path) -> None:
    stderr = b"[extension_loader]\tWARNING\tUnknown test found in profile: B6O2\n"
    result = scan(tmp_path, FakeProcesses(stderr=stderr))
    assert result.status is ScanStatus.INCOMPLETE
    assert "B6O2" in result.problems[0]


def test_no_time_left_is_an_error(tmp_path: Path) -> None:
    processes = FakeProcesses()
    with pytest.raises(ToolError, match="no time left"):
        scan(tmp_path, processes, timeout=0)
    assert processes.calls == []


def test_files_that_cannot_be_read_are_handed_over_all_the_same(tmp_path: Path) -> None:
    assert python_files(tmp_path, ("missing.py", "missing", "a.txt")) == {"missing.py": 0}


def test_scripts_are_told_by_their_first_line(tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"#!/usr/bin/env python3.12\n")
    (tmp_path / "other").write_bytes(b"# python\n")
    assert list(python_files(tmp_path, ("other", "run"))) == ["run"]


def test_assertions_in_tests_are_told_as_a_number(tmp_path: Path) -> None:
    processes = FakeProcesses(adding(issue("./test_a.py", "B101"), issue("./a.py", "B101")))
    result = scan(tmp_path, processes, ("a.py", "test_a.py"))
    assert len(result.findings) == 1
    assert result.notes[0].startswith("1 assertions in test files (B101) are not listed")


@pytest.mark.parametrize(("asked", "problems"), [(False, 0), (True, 1)])
def test_without_python_code_it_is_not_applicable(tmp_path: Path, asked: bool, problems: int) -> None:
    context = ScanContext(tmp_path, ("a.js",), {}, FakeTools(), FakeProcesses(), tmp_path, asked=asked)
    result = asyncio.run(BanditScanner(FrozenClock()).scan(context))
    assert (result.status, len(result.problems)) == (ScanStatus.NOT_APPLICABLE, problems)


def test_a_configuration_that_is_missing_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.yaml is no file"):
        scan(tmp_path, FakeProcesses(), config="missing.yaml")


def test_refused_arguments_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="refused its arguments: bad option"):
        scan(tmp_path, FakeProcesses(exit_code=2, stderr=b"bad option\n"))


def test_files_that_do_not_parse_are_named(tmp_path: Path) -> None:
    entries = [
        {"filename": "././a.py", "reason": "syntax error while parsing AST from file"},
        {"filename": "././b.py", "reason": "Permission\x1b[31m denied"},
    ]
    result = scan(
        tmp_path, FakeProcesses(lambda document: document["errors"].extend(entries)), ("a.py", "b.py", "c.py")
    )
    assert [unseen.name for unseen in result.unseen] == ["a.py", "b.py"]
    assert "does not parse" in result.unseen[0].reason
    assert result.unseen[1].reason == "Bandit says: Permission denied"
    assert result.seen == ("c.py",)


@pytest.mark.parametrize(
    ("rule", "page"),
    [
        ("B602", "plugins/b602_subprocess_popen_with_shell_equals_true.html"),
        ("b324", "plugins/b324_hashlib.html"),
        ("B301", "blacklists/blacklist_calls.html"),
        ("B404", "blacklists/blacklist_imports.html"),
        ("yaml_load", "plugins/b506_yaml_load.html"),
    ],
)
def test_rules_are_explained(rule: str, page: str) -> None:
    text = BanditScanner().explain(rule)
    assert text is not None
    assert page in text
    assert "**Fix:**" in text


def test_a_rule_of_somebody_else_is_not_explained() -> None:
    assert BanditScanner().explain("mcp-path-traversal") is None


def test_every_rule_says_what_and_how() -> None:
    for rule, known in RULES.items():
        assert known.what.endswith(".")
        assert known.fix.endswith(".")
        assert BanditScanner().explain(rule)
