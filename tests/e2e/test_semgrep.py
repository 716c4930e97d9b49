"""The real Semgrep: what it looks at, and every way in which not looking looks like success."""

from __future__ import annotations

import os
import random
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mcpquality_scanners.base import Tool
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Finding, Region, ScanResult, ScanStatus, Severity
from mcpquality_scanners.options import Value
from mcpquality_scanners.semgrep import SemgrepScanner
from mcpquality_scanners.toolchain import Toolchain

pytestmark = pytest.mark.e2e

RunScanner = Callable[..., ScanResult]

FLAW = "eval(x)\n"
RULES = """\
rules:
  - {id: no-eval, languages: [python], severity: ERROR, message: "eval of $X", pattern: eval($X)}
"""
MINE: Mapping[str, Value] = {"config": ("my.yml",)}
SERVER = """\
import subprocess

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("demo")


@mcp.tool()
def listing(folder: str) -> str:
    return subprocess.run(f"ls {folder}", shell=True, capture_output=True, encoding="utf-8").stdout
"""


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def with_rules(root: Path, files: Mapping[str, str | bytes], rules: str = RULES) -> Path:
    return write(root, {"my.yml": rules, **files})


def where(finding: Finding) -> str:
    assert finding.location is not None
    return finding.location.path


def places(result: ScanResult) -> list[str]:
    return sorted(where(finding) for finding in result.findings)


def reasons(result: ScanResult) -> dict[str, str]:
    return {unseen.name: unseen.reason for unseen in result.unseen}


def test_our_rules_by_default(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path, {"app/server.py": SERVER, "README.md": "x"})
    result = run_scanner(SemgrepScanner(), root, offline=True)
    assert (result.status, result.seen, result.unseen) == (ScanStatus.COMPLETE, ("app/server.py",), ())
    assert result.version
    (finding,) = result.findings
    assert (finding.rule, finding.severity) == ("mcp-command-injection", Severity.CRITICAL)
    assert (where(finding), 78 in finding.cwe) == ("app/server.py", True)
    assert finding.fix
    assert finding.message
    assert finding.references
    assert SemgrepScanner().explain(finding.rule)


def test_rules_of_ones_own(run_scanner: RunScanner, tmp_path: Path) -> None:
    result = run_scanner(SemgrepScanner(), with_rules(tmp_path, {"a.py": "x = 1\n" + FLAW}), options=MINE)
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, ("a.py",))
    (finding,) = result.findings
    assert (finding.rule, finding.native_severity, finding.severity) == ("no-eval", "ERROR", Severity.HIGH)
    assert finding.location is not None
    assert finding.location.region == Region(2, 1, 2, 8)


def test_a_canary_says_nothing_about_files_of_another_language(run_scanner: RunScanner, tmp_path: Path) -> None:
    rules = RULES.replace("python", "javascript")
    root = with_rules(tmp_path, {"a.py": FLAW, "a.js": FLAW, "b.md": "x"}, rules)
    result = run_scanner(SemgrepScanner(), root, options=MINE)
    assert (result.status, result.seen, places(result)) == (ScanStatus.COMPLETE, ("a.js",), ["a.js"])
    assert result.notes


def test_rules_for_another_language_are_not_applicable(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = with_rules(tmp_path, {"a.py": FLAW}, RULES.replace("python", "javascript"))
    assert run_scanner(SemgrepScanner(), root, options=MINE).status is ScanStatus.NOT_APPLICABLE


def test_ignore_files_and_built_in_skips_hide_nothing(run_scanner: RunScanner, tmp_path: Path) -> None:
    hidden = ["a.py", "build/b.py", "dist/d.py", "sub/n.py", "sub/.venv/x.py", "tests/t.py", "vendor/v.py"]
    # A parent's ignore file that matches the folder, as well.
    root = tmp_path / "lib" / "repo"
    write(tmp_path, {".gitignore": "lib/\n", ".semgrepignore": "lib/\n", "lib/.semgrepignore": "*\n"})
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    ignores = {".semgrepignore": "*.py\n", "sub/.semgrepignore": "n.py\n", ".gitignore": "*\n"}
    with_rules(root, dict.fromkeys(hidden, FLAW) | ignores)
    result = run_scanner(SemgrepScanner(), root, files=tuple(sorted(hidden)), options=MINE)
    assert places(result) == sorted(hidden)
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, tuple(sorted(hidden)))


def test_minified_code_is_looked_at(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = with_rules(tmp_path, {"a.min.js": FLAW}, RULES.replace("python", "javascript"))
    assert places(run_scanner(SemgrepScanner(), root, options=MINE)) == ["a.min.js"]


def test_hostile_names(run_scanner: RunScanner, tmp_path: Path) -> None:
    names = ["--config=x.py", "-dash.py", "new\nline.py", "qu'o\"te.py", "sp ace.py", "ünï.py", "$(id).py", "*.py"]
    if sys.platform == "linux":
        names.append(os.fsdecode(b"bad\xff.py"))
    root = with_rules(tmp_path, {})
    for name in names:
        (root / name).write_text(FLAW, encoding="utf-8")
    result = run_scanner(SemgrepScanner(), root, files=tuple(sorted(names)), options=MINE)
    assert places(result) == sorted(names)
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, tuple(sorted(names)))


def test_python_under_other_names_and_with_a_mark_is_looked_at(run_scanner: RunScanner, tmp_path: Path) -> None:
    script = "#!/usr/bin/env python3\neval(x)\n"
    files: dict[str, str | bytes]
    files = {"A.PY": FLAW, "gui.pyw": FLAW, "tool": script, "mark.py": b"\xef\xbb\xbf" + FLAW.encode()}
    result = run_scanner(SemgrepScanner(), with_rules(tmp_path, {**files, "stub.pyi": FLAW}), options=MINE)
    assert places(result) == sorted([*files, "stub.pyi"])
    assert result.status is ScanStatus.COMPLETE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (FLAW.encode("utf-16"), "UTF-16"),
        (FLAW.encode("utf-16-le"), "UTF-16"),
        (b"x = 1\0\n" + FLAW.encode(), "NUL"),
        (b"# -*- coding: utf-7 -*-\n+AGUAdgBhAGwAKAAxACk-\n", "utf-7"),
        (b"x = '\xe9'\n", "decode"),
        (b"x" * 2000, "max-target-bytes"),
        (b"def f(:\n  subprocess.run(x, shell=True)\n", "does not parse"),
        (b"if x:\n    a\n  b\n", "does not parse"),
        (b"<<<<<<< HEAD\n", "does not parse"),
        (b"x=1\reval(x)\r", "could not parse all of it"),
        (None, "cannot be read"),
    ],
)
def test_what_cannot_be_looked_at_is_named(
    run_scanner: RunScanner, tmp_path: Path, data: bytes | None, reason: str
) -> None:
    root = with_rules(tmp_path, {"good.py": FLAW} | ({} if data is None else {"bad.py": data}))
    options: Mapping[str, Value] = {"config": ("mcpquality", "my.yml"), "max-target-bytes": 1500}
    result = run_scanner(SemgrepScanner(), root, files=("bad.py", "good.py"), options=options)
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ("good.py",))
    assert list(reasons(result)) == ["bad.py"]
    assert reason in reasons(result)["bad.py"]
    assert "good.py" in places(result)


def test_large_and_wide_files_of_other_languages_are_named(run_scanner: RunScanner, tmp_path: Path) -> None:
    files: dict[str, str | bytes]
    files = {"wide.js": FLAW.encode("utf-16"), "large.js": FLAW * 1000, "good.js": FLAW, "x.png": b"\x89PNG\0"}
    root = with_rules(tmp_path, files, RULES.replace("python", "javascript"))
    result = run_scanner(SemgrepScanner(), root, options={**MINE, "max-target-bytes": 5000})
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ("good.js",))
    assert sorted(reasons(result)) == ["large.js", "wide.js"]


def test_a_link_that_is_listed_is_looked_at(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = with_rules(tmp_path / "root", {})
    write(tmp_path, {"outside.py": FLAW})
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    (root / "loop.py").symlink_to("loop.py")
    result = run_scanner(SemgrepScanner(), root, files=("link.py", "loop.py"), options=MINE)
    assert (places(result), result.seen) == (["link.py"], ("link.py",))
    assert list(reasons(result)) == ["loop.py"]


def test_a_comment_suppresses_and_shows(run_scanner: RunScanner, tmp_path: Path) -> None:
    code = "eval(x)  # nosemgrep: no-eval - trusted\neval(y)  # nosemgrep: other-rule\neval(z)  # nosem\n"
    result = run_scanner(SemgrepScanner(), with_rules(tmp_path, {"a.py": code}), options=MINE)
    found = {finding.location.region.start_line: finding.suppression for finding in result.findings
             if finding.location and finding.location.region}  # fmt: skip
    assert sorted(found) == [1, 2, 3]
    assert found[1] is not None
    assert (found[1].reason, found[1].line) == ("trusted", 1)
    assert found[2] is None
    assert found[3] is not None


BAD_PATTERN = RULES + "  - {id: bad, languages: [python], severity: ERROR, message: m, pattern: 'eval('}\n"
BAD_LANGUAGE = RULES + "  - {id: bad, languages: [klingon], severity: ERROR, message: m, pattern: eval()}\n"
TOO_NEW = RULES + (
    "  - {id: bad, languages: [python], severity: ERROR, message: m, pattern: eval(), min-version: 99.0.0}\n"
)


@pytest.mark.parametrize("rules", [BAD_PATTERN, BAD_LANGUAGE, TOO_NEW])
def test_a_rule_that_does_not_load_is_named(run_scanner: RunScanner, tmp_path: Path, rules: str) -> None:
    result = run_scanner(SemgrepScanner(), with_rules(tmp_path, {"a.py": FLAW}, rules), options=MINE)
    assert (result.status, places(result)) == (ScanStatus.INCOMPLETE, ["a.py"])
    assert list(reasons(result)) == ["rule bad"]


@pytest.mark.parametrize(
    "text", ["rules: []\n", "", "garbage", "{", "other: 1\n", "rules: [{id: a, languages: [klingon]}]\n"]
)
def test_rule_files_that_hold_no_rules_are_named_and_the_others_run(
    run_scanner: RunScanner, tmp_path: Path, text: str
) -> None:
    root = with_rules(tmp_path, {"a.py": FLAW, "more/none.yaml": text, "more/good.yaml": RULES})
    result = run_scanner(SemgrepScanner(), root, files=("a.py",), options={"config": ("more",)})
    assert (result.status, places(result)) == (ScanStatus.INCOMPLETE, ["a.py"])
    assert list(reasons(result)) == ["more/none.yaml"]


@pytest.mark.parametrize("value", ["nosuch.yml", "p/python"])
def test_rules_that_cannot_be_had_are_named(run_scanner: RunScanner, tmp_path: Path, value: str) -> None:
    root = with_rules(tmp_path, {"a.py": FLAW})
    options: Mapping[str, Value] = {"config": (value, "my.yml")}
    result = run_scanner(SemgrepScanner(), root, options=options, offline=True)
    assert (result.status, places(result)) == (ScanStatus.INCOMPLETE, ["a.py"])
    assert list(reasons(result)) == [value]
    with pytest.raises(ToolError, match="no rules to run"):
        run_scanner(SemgrepScanner(), root, options={"config": (value,)}, offline=True)


def test_a_rule_that_takes_too_long_is_named(run_scanner: RunScanner, tmp_path: Path) -> None:
    pattern = "f(..., $X, ..., $Y, ..., $X, ..., $Y, ...)"
    slow = f"  - {{id: slow, languages: [python], severity: ERROR, message: m, pattern: '{pattern}'}}\n"
    call = f"f({', '.join(f'a{number}' for number in range(3000))})\n"
    root = with_rules(tmp_path, {"slow.py": call + FLAW, "good.py": FLAW}, RULES + slow)
    result = run_scanner(SemgrepScanner(), root, options={**MINE, "rule-timeout": 0.3})
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ("good.py",))
    assert "time was up at rule slow" in reasons(result)["slow.py"]
    assert places(result) == ["good.py", "slow.py"]


def test_a_data_flow_that_was_given_up_is_named(run_scanner: RunScanner, tmp_path: Path) -> None:
    taint = (
        "rules:\n  - {id: flow, languages: [python], severity: ERROR, message: m, mode: taint,\n"
        "     pattern-sources: [{pattern: src()}], pattern-sinks: [{pattern: sink(...)}]}\n"
    )
    # Loops that each move values between variables, in an order that spreads them slowly.
    shuffled = random.Random(1)
    start = "".join(f"    x{number} = y\n" for number in range(1, 80))
    loops = ""
    for number in range(3000):
        to, left, right = (shuffled.randrange(80) for _ in range(3))
        loops += f"    while d{number}:\n      x{to} = [x{left}, x{right}]\n"
    code = f"def f():\n  x0 = src()\n  while c:\n{start}{loops}  sink(x3)\n"
    result = run_scanner(SemgrepScanner(), with_rules(tmp_path, {"a.py": code}, taint), options=MINE)
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ())
    assert "data flow" in reasons(result)["a.py"]


def test_a_home_that_cannot_be_written_does_not_matter(
    run_scanner: RunScanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toolchain: Toolchain
) -> None:
    del toolchain  # asked for so that its place is known before HOME is gone
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    root = with_rules(tmp_path / "root", {"a.py": FLAW})
    result = run_scanner(SemgrepScanner(), root, options=MINE)
    assert (result.status, places(result)) == (ScanStatus.COMPLETE, ["a.py"])


def test_the_surroundings_have_no_say(run_scanner: RunScanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMGREP_RULES", "nosuch.yml")
    monkeypatch.setenv("SEMGREP_BASELINE_COMMIT", "HEAD")
    files = {"a.py": FLAW, ".semgrep.yml": "rules: []\n", ".semgrep/settings.yml": "garbage"}
    result = run_scanner(SemgrepScanner(), with_rules(tmp_path, files), files=("a.py",), options=MINE)
    assert (result.status, places(result)) == (ScanStatus.COMPLETE, ["a.py"])


class StandIn:
    """A provider of a shell script in the place of Semgrep."""

    def __init__(self, folder: Path, script: str) -> None:
        folder.mkdir(exist_ok=True)
        self._executable = folder / "semgrep"
        self._executable.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        self._executable.chmod(0o755)

    async def tool(self, name: str) -> Tool:
        return Tool(name, "0", self._executable)


EMPTY_REPORT = (
    '{"results": [], "errors": [], "paths": {"scanned": [], "skipped": []}, "skipped_rules": [],'
    ' "time": {"rules": [], "fixpoint_timeouts": []}}'
)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 0", "printed nothing"),
        ("echo garbage", "not JSON"),
        ("echo '[]'", "shape"),
        ("echo '{\"results\": []}'", "shape"),
        (f"echo {shlex.quote(EMPTY_REPORT[:-9])}", "not JSON"),
        (f"echo {shlex.quote(EMPTY_REPORT)}", "known flaw"),
        (f"echo {shlex.quote(EMPTY_REPORT)}; exit 2", "exit code 2"),
        ("echo no space left on device >&2; exit 1", "printed nothing"),
        ("echo no space left on device >&2; exit 3", "no space left"),
        ("kill -9 $$", "SIGKILL"),
        ("kill -SEGV $$", "SIGSEGV"),
        ("exec sleep 60", "time was up"),
    ],
)
def test_a_semgrep_that_does_not_look_is_an_error(
    run_scanner: RunScanner, tmp_path: Path, script: str, reason: str
) -> None:
    root = write(tmp_path / "root", {"a.py": FLAW})
    with pytest.raises(ToolError, match=reason):
        run_scanner(SemgrepScanner(), root, tools=StandIn(tmp_path / "bin", script), timeout=3)


def test_a_file_that_crashes_semgrep_costs_only_itself(
    run_scanner: RunScanner, tmp_path: Path, toolchain: Toolchain
) -> None:
    class Fragile:
        async def tool(self, name: str) -> Tool:
            real = await toolchain.tool(name)
            script = f'case "$*" in *crash.py*) kill -9 $$;; esac\nexec {shlex.quote(str(real.executable))} "$@"'
            return await StandIn(tmp_path / "bin", script).tool(name)

    root = write(tmp_path / "root", {"a.py": SERVER, "crash.py": "x = '@m.tool'\n", "b.py": SERVER})
    result = run_scanner(SemgrepScanner(), root, tools=Fragile())
    assert (result.status, result.seen) == (ScanStatus.INCOMPLETE, ("a.py", "b.py"))
    assert "SIGKILL" in reasons(result)["crash.py"]
    assert len(result.findings) == 2
