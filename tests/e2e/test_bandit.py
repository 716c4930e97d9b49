"""The real Bandit: what it looks at, and every way in which not looking looks like success."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mcpquality_scanners.bandit import BanditScanner
from mcpquality_scanners.base import Tool
from mcpquality_scanners.errors import ToolError, UsageError
from mcpquality_scanners.findings import Finding, Region, ScanResult, ScanStatus, Severity
from mcpquality_scanners.toolchain import Toolchain

RunScanner = Callable[..., ScanResult]

pytestmark = pytest.mark.e2e

FLAW = "import subprocess\n\nsubprocess.run(cmd, shell=True)\n"


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def where(finding: Finding) -> str:
    assert finding.location is not None
    return finding.location.path


def places(result: ScanResult, rule: str = "B602") -> list[str]:
    return sorted(where(finding) for finding in result.findings if finding.rule == rule)


def reasons(result: ScanResult) -> dict[str, str]:
    return {unseen.name: unseen.reason for unseen in result.unseen}


def test_a_finding_has_all_that_bandit_says(run_scanner: RunScanner, tmp_path: Path) -> None:
    result = run_scanner(BanditScanner(), write(tmp_path, {"app/run.py": FLAW, "README.md": "x"}))
    assert result.status is ScanStatus.COMPLETE
    assert result.seen == ("app/run.py",)
    assert result.version
    (finding,) = [finding for finding in result.findings if finding.rule == "B602"]
    assert finding.location is not None
    assert (finding.location.path, finding.location.region) == ("app/run.py", Region(3, 1, 3, 32))
    assert (finding.severity, finding.native_severity) == (Severity.HIGH, "HIGH")
    assert (finding.title, finding.cwe) == ("subprocess_popen_with_shell_equals_true", (78,))
    assert finding.references[0].startswith("https://bandit.readthedocs.io/")
    assert finding.fix
    assert str(tmp_path) not in repr(result.findings)


def test_folders_that_bandit_leaves_out_by_itself_are_looked_at(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path / "x.git", {"contest/a.py": FLAW, "CVS/b.py": FLAW, "a.egg/c.py": FLAW})
    result = run_scanner(BanditScanner(), root, files=("CVS/b.py", "a.egg/c.py", "contest/a.py"))
    assert places(result) == ["CVS/b.py", "a.egg/c.py", "contest/a.py"]


def test_configuration_in_the_tree_has_no_say(run_scanner: RunScanner, tmp_path: Path) -> None:
    ini = "[bandit]\nskips = B602\nexclude = app\ntargets = empty\n"
    files = {"app/a.py": FLAW, ".bandit": ini, "app/.bandit": ini, "bandit.yaml": "skips: [B602]\n"}
    files["pyproject.toml"] = '[tool.bandit]\nskips = ["B602"]\n'
    result = run_scanner(BanditScanner(), write(tmp_path, files))
    assert places(result) == ["app/a.py"]


def test_configuration_in_the_tree_counts_when_asked_for(run_scanner: RunScanner, tmp_path: Path) -> None:
    ini = "[bandit]\nskips = B602\noutput = written.json\n"
    root = write(tmp_path, {"a.py": FLAW, ".bandit": ini})
    result = run_scanner(BanditScanner(), root, options={"honour-config": True})
    assert places(result) == []
    assert result.status is ScanStatus.COMPLETE
    assert "honoured" in result.notes[0]
    assert not (tmp_path / "written.json").exists()


def test_what_bandits_configuration_excludes_is_named(run_scanner: RunScanner, tmp_path: Path) -> None:
    files = {"a.py": FLAW, "gen/b.py": FLAW, "pyproject.toml": '[tool.bandit]\nexclude_dirs = ["gen"]\n'}
    result = run_scanner(BanditScanner(), write(tmp_path, files), options={"config": "pyproject.toml"})
    assert places(result) == ["a.py"]
    assert result.status is ScanStatus.INCOMPLETE
    assert "configuration" in reasons(result)["gen/b.py"]


def test_a_broken_configuration_is_an_error(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": FLAW, "bandit.toml": "[[["})
    with pytest.raises(ToolError, match="refused"):
        run_scanner(BanditScanner(), root, options={"config": "bandit.toml"})
    with pytest.raises(UsageError, match=r"missing\.yaml"):
        run_scanner(BanditScanner(), root, options={"config": "missing.yaml"})


def test_selected_and_skipped_tests(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": FLAW})
    assert {f.rule for f in run_scanner(BanditScanner(), root, options={"tests": ("B404",)}).findings} == {"B404"}
    assert places(run_scanner(BanditScanner(), root, options={"skips": ("B602",)})) == []


def test_a_misspelt_test_is_a_problem(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": FLAW})
    result = run_scanner(BanditScanner(), root, options={"tests": ("B602", "B6O7")})
    assert result.status is ScanStatus.INCOMPLETE
    assert "B6O7" in result.problems[0]
    with pytest.raises(ToolError, match="No tests would be run"):
        run_scanner(BanditScanner(), root, options={"tests": ("B999",)})


def test_files_that_cannot_be_looked_at_are_named(run_scanner: RunScanner, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "good.py": FLAW,
        "broken.py": "import subprocess\nsubprocess.run(cmd, shell=True\n",
        "newer.py": "def f[T: frozen int](x: T) -> T: ...\n",
        "python2.py": "print 'x'\n",
        "utf16.py": FLAW.encode("utf-16"),
        "nul.py": b"a = 1\0\n",
        "latin1.py": b"# -*- coding: utf-8 -*-\nx = '\xe9'\n",
        "empty.py": b"",
    }
    root = write(tmp_path, files)
    result = run_scanner(BanditScanner(), root, files=(*sorted(files), "vanished.py"))
    assert result.status is ScanStatus.INCOMPLETE
    assert result.seen == ("empty.py", "good.py")
    assert sorted(reasons(result)) == sorted({*files, "vanished.py"} - {"empty.py", "good.py"})
    assert "parse" in reasons(result)["broken.py"]
    assert "No such file" in reasons(result)["vanished.py"]
    assert places(result) == ["good.py"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser can read everything")
def test_an_unreadable_file_is_named(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path, {"good.py": FLAW, "secret.py": FLAW})
    (root / "secret.py").chmod(0)
    assert "Permission denied" in reasons(run_scanner(BanditScanner(), root))["secret.py"]


def test_nosec_shows_as_suppressed_with_its_reason(run_scanner: RunScanner, tmp_path: Path) -> None:
    code = "import subprocess  # nosec B404 needed here\nsubprocess.run(\n    x,\n    shell=True,\n)  # nosec\n"
    code += "exec(x)  # nosec B602\n"
    result = run_scanner(BanditScanner(), write(tmp_path, {"a.py": code}))
    by_rule = {finding.rule: finding.suppression for finding in result.findings}
    assert by_rule["B404"] is not None
    assert (by_rule["B404"].reason, by_rule["B404"].line) == ("needed here", 1)
    assert by_rule["B602"] is not None
    assert by_rule["B602"].line == 5
    assert by_rule["B102"] is None


def test_assertions_in_tests_are_counted_and_listed_on_request(run_scanner: RunScanner, tmp_path: Path) -> None:
    root = write(tmp_path, {"tests/test_a.py": "assert 1\nassert 2\n", "a.py": "assert 3\n"})
    result = run_scanner(BanditScanner(), root)
    assert places(result, "B101") == ["a.py"]
    assert result.notes[0].startswith("2 assertions")
    listed = run_scanner(BanditScanner(), root, options={"asserts-in-tests": True})
    assert places(listed, "B101") == ["a.py", "tests/test_a.py", "tests/test_a.py"]


def test_passwords_are_not_quoted(run_scanner: RunScanner, tmp_path: Path) -> None:
    code = (
        'password = "hunter2-in-clear"\nlogin(password="hunter2-in-clear")\ndef f(password="hunter2-in-clear"): ...\n'
    )
    result = run_scanner(BanditScanner(), write(tmp_path, {"a.py": code}))
    assert {finding.rule for finding in result.findings} == {"B105", "B106", "B107"}
    assert "hunter2" not in repr(result)


def test_a_file_that_crashes_bandit_costs_only_itself(run_scanner: RunScanner, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"m{number:02}.py": FLAW for number in range(20)}
    files["crash.py"] = 'password = "\\udc80x"\n'
    result = run_scanner(BanditScanner(), write(tmp_path, files), jobs=1)
    assert result.status is ScanStatus.INCOMPLETE
    assert list(reasons(result)) == ["crash.py"]
    assert len(places(result)) == 20


@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 there")
def test_hostile_names(run_scanner: RunScanner, tmp_path: Path) -> None:
    names = [
        "-r.py",
        "new\nline.py",
        "quo\"te's.py",
        "semi;colon $(x).py",
        os.fsdecode(b"b\xff.py"),
        "-",
        "*.py",
    ]
    root = write(tmp_path, dict.fromkeys(names, "#!/usr/bin/env python3\n" + FLAW))
    result = run_scanner(BanditScanner(), root)
    assert result.status is ScanStatus.COMPLETE
    assert places(result) == sorted(names)
    assert list(result.seen) == sorted(names)


def test_scripts_without_a_suffix_are_looked_at(run_scanner: RunScanner, tmp_path: Path) -> None:
    files = {
        "run": "#!/usr/bin/python3 -I\n" + FLAW,
        "other": "#!/bin/sh\npython x\n",
        "w.pyw": FLAW,
        "s.pyi": FLAW,
    }
    assert run_scanner(BanditScanner(), write(tmp_path, files)).seen == ("run", "w.pyw")


def test_nothing_to_look_at_is_not_applicable(run_scanner: RunScanner, tmp_path: Path) -> None:
    result = run_scanner(BanditScanner(), write(tmp_path, {"a.js": "x"}))
    assert (result.status, result.problems) == (ScanStatus.NOT_APPLICABLE, ())
    assert run_scanner(BanditScanner(), tmp_path, asked=True).problems


class StandIn:
    """A tool that is a shell script."""

    def __init__(self, folder: Path, script: str) -> None:
        self._executable = folder / "stand-in"
        self._executable.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        self._executable.chmod(0o755)

    async def tool(self, name: str) -> Tool:
        return Tool(name, "0", self._executable)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 0", "printed nothing"),
        ("exit 1", "printed nothing"),
        ("echo oops >&2; exit 3", "exit code 3: oops"),
        ("kill -SEGV $$", "SIGSEGV"),
        ("echo hello", "not JSON"),
        ('printf \'{"results": [], "errors\'', "not JSON"),
        ("echo '{}'", "expected shape"),
        ("echo '[]'", "expected shape"),
        ('echo \'{"results": [], "errors": [], "metrics": {}}\'', "does not find known flaws"),
        ('echo \'{"results": [{}], "errors": [], "metrics": {}}\'', "expected shape"),
        ('echo \'{"runs": [], "version": "2.1.0"}\'', "expected shape"),
        ("echo bad option >&2; exit 2", "refused its arguments: bad option"),
        ("sleep 30", "time was up"),
    ],
)
def test_a_bandit_that_does_not_look_is_an_error(
    run_scanner: RunScanner, tmp_path: Path, script: str, words: str
) -> None:
    root = write(tmp_path / "root", {"a.py": FLAW, "b.py": FLAW})
    with pytest.raises(ToolError, match=words):
        run_scanner(BanditScanner(), root, tools=StandIn(tmp_path, script), timeout=2, jobs=1)


def test_the_other_processes_results_are_kept(run_scanner: RunScanner, toolchain: Toolchain, tmp_path: Path) -> None:
    real = StandIn(tmp_path, "")
    root = write(tmp_path / "root", {"a.py": FLAW, "bad.py": FLAW})

    class Half:
        async def tool(self, name: str) -> Tool:
            found = await toolchain.tool(name)
            script = (
                f'#!/bin/sh\ncase "$*" in *bad.py*) kill -9 $$;; esac\nexec {shlex.quote(str(found.executable))} "$@"\n'
            )
            path = tmp_path / "stand-in"
            path.write_text(script, encoding="utf-8")
            return await real.tool(name)

    result = run_scanner(BanditScanner(), root, tools=Half(), jobs=1)
    assert places(result) == ["a.py"]
    assert reasons(result) == {"bad.py": "bandit was ended by SIGKILL"}
    assert result.status is ScanStatus.INCOMPLETE


def test_columns_count_characters(run_scanner: RunScanner, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": 'ä = "ö"; eval("ü" + x)\n', "b.py": b"# coding: latin-1\n\xe4 = 1; eval(x)\n"})
    findings = run_scanner(BanditScanner(), tmp_path).findings
    regions = {finding.location.path: finding.location.region for finding in findings if finding.location}
    assert regions == {"a.py": Region(1, 10, 1, 23), "b.py": Region(2, 8, 2, 15)}
