"""The coverage gate over data that the real coverage.py has written."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mcpquality_scanners.base import Tool, ToolProvider
from mcpquality_scanners.coverage_gate import CoverageScanner
from mcpquality_scanners.findings import ScanResult, ScanStatus

pytestmark = pytest.mark.e2e

Coverage = Callable[..., None]
RunScanner = Callable[..., ScanResult]

CART = '''\
"""A cart."""

import warnings


class Cart:
    """Holds things."""

    limit = 3

    def __init__(self):
        self._items = []

    @property
    def items(self):
        return self._items

    @items.setter
    def items(self, items):
        self._items = items

    def add(self, item):
        if len(self._items) >= self.limit:
            raise ValueError(
                "full"
            )
        self._items.append(item)

    def clear(self):
        def inner():
            return 1

        self._items = []
        return inner


def total(items):
    return sum(items)


def debug():  # pragma: no cover
    print("not counted")
'''

TEST = """\
from shop.cart import Cart

cart = Cart()
cart.add(1)
assert cart.items == [1]
"""

LINES = (15, 22)
BRANCHES = (1, 2)
FUNCTIONS = (3, 7)


@pytest.fixture(scope="session")
def coverage(toolchain: ToolProvider) -> Tool:
    return asyncio.run(toolchain.tool("coverage"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    package = root / "src" / "shop"
    package.mkdir(parents=True)
    (root / "tests").mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "cart.py").write_text(CART, encoding="utf-8")
    (root / "tests" / "test_cart.py").write_text(TEST, encoding="utf-8")
    (root / "pyproject.toml").write_text('[tool.coverage.run]\ninclude = ["src/*"]\n', encoding="utf-8")
    return root


@pytest.fixture
def run_coverage(coverage: Tool, project: Path) -> Coverage:
    def run(*arguments: str, cwd: Path = project, path: Path | None = None) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        env["PYTHONPATH"] = str(path or cwd / "src")
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        argv = [str(coverage.executable), *arguments]
        subprocess.run(argv, cwd=cwd, env=env, check=True, capture_output=True)

    return run


@pytest.fixture
def measured(project: Path, run_coverage: Coverage) -> Path:
    run_coverage("run", "--branch", "tests/test_cart.py")
    return project


def values(result: ScanResult) -> dict[str, float | None]:
    return {measure.name: measure.value for measure in result.measures}


def percentages() -> dict[str, float]:
    return {
        "line coverage": 100 * LINES[0] / LINES[1],
        "branch coverage": 100 * BRANCHES[0] / BRANCHES[1],
        "function coverage": 100 * FUNCTIONS[0] / FUNCTIONS[1],
        "statement coverage": 100 * LINES[0] / LINES[1],
    }


def unseen(result: ScanResult) -> list[str]:
    return [item.name for item in result.unseen]


def nothing_known(result: ScanResult) -> bool:
    return bool(result.measures) and all(measure.value is None for measure in result.measures)


def words(result: ScanResult) -> str:
    return "\n".join((*result.problems, *result.notes, *(item.reason for item in result.unseen)))


REPORTS = {
    "json": ("json", "coverage.json"),
    "xml": ("xml", "coverage.xml"),
    "lcov": ("lcov", "coverage.lcov"),
}


@pytest.mark.parametrize("kind", ["data", *REPORTS])
def test_every_format_gives_the_same_figures(
    kind: str, measured: Path, run_coverage: Coverage, run_scanner: RunScanner
) -> None:
    if kind in REPORTS:
        command, name = REPORTS[kind]
        run_coverage(command, "-o", name)
        (measured / ".coverage").unlink()
    result = run_scanner(CoverageScanner(), measured)
    assert result.status is ScanStatus.COMPLETE, words(result)
    assert values(result) == percentages()
    assert result.seen == ("src/shop/__init__.py", "src/shop/cart.py")
    [cart, empty] = result.coverage
    assert (cart.lines, cart.branches, cart.functions) == (LINES, BRANCHES, FUNCTIONS)
    assert cart.missing == (20, 24, 30, 31, 33, 34, 38)
    assert empty.lines == (0, 0)
    assert {finding.rule for finding in result.findings} == {
        "coverage-lines",
        "coverage-branches",
        "coverage-functions",
        "coverage-statements",
    }
    assert "src/shop/cart.py (20, 24, 30-34, 38)" in next(
        finding.message for finding in result.findings if finding.rule == "coverage-lines"
    )


def test_the_users_files_are_left_as_they_are(measured: Path, run_scanner: RunScanner) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(measured.rglob("*"))}
    content = (measured / ".coverage").read_bytes()
    run_scanner(CoverageScanner(), measured)
    assert {path: path.stat().st_mtime_ns for path in sorted(measured.rglob("*"))} == before
    assert (measured / ".coverage").read_bytes() == content


def test_a_root_that_is_a_symbolic_link(measured: Path, run_scanner: RunScanner, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(measured)
    result = run_scanner(CoverageScanner(), link)
    assert result.status is ScanStatus.COMPLETE, words(result)
    assert values(result) == percentages()


def test_parallel_data_are_combined(project: Path, run_coverage: Coverage, run_scanner: RunScanner) -> None:
    run_coverage("run", "--branch", "-p", "tests/test_cart.py")
    (project / "tests" / "test_rest.py").write_text(
        "from shop.cart import Cart, total\ntotal([])\nCart().clear()()\n", encoding="utf-8"
    )
    run_coverage("run", "--branch", "-p", "tests/test_rest.py")
    assert len(list(project.glob(".coverage.*"))) == 2
    result = run_scanner(CoverageScanner(), project)
    assert result.status is ScanStatus.COMPLETE, words(result)
    assert result.coverage[0].missing == (20, 24)
    assert len(list(project.glob(".coverage.*"))) == 2


def test_branch_data_and_line_data_cannot_be_combined(
    project: Path, run_coverage: Coverage, run_scanner: RunScanner
) -> None:
    run_coverage("run", "--branch", "-p", "tests/test_cart.py")
    run_coverage("run", "-p", "tests/test_cart.py")
    result = run_scanner(CoverageScanner(), project)
    assert result.status is ScanStatus.INCOMPLETE
    assert nothing_known(result)
    assert "branch" in result.problems[0]


@pytest.mark.parametrize("kind", ["data", "json", "xml", "lcov"])
def test_data_of_an_installed_copy_elsewhere(
    kind: str, project: Path, run_coverage: Coverage, run_scanner: RunScanner, tmp_path: Path
) -> None:
    site = tmp_path / "machine" / "lib" / "site-packages"
    shutil.copytree(project / "src", site)
    (project / "pyproject.toml").unlink()
    elsewhere = tmp_path / "machine"
    shutil.copytree(project / "tests", elsewhere / "tests")
    run_coverage("run", "--branch", "--source=shop", "tests/test_cart.py", cwd=elsewhere, path=site)
    if kind in REPORTS:
        command, name = REPORTS[kind]
        run_coverage(command, "-o", name, cwd=elsewhere)
        shutil.copy(elsewhere / name, project)
    else:
        shutil.copy(elsewhere / ".coverage", project)
    shutil.rmtree(elsewhere)
    result = run_scanner(CoverageScanner(), project)
    assert result.status is ScanStatus.COMPLETE, words(result)
    assert values(result) == percentages()


def test_two_installed_copies_in_one_data_file(
    project: Path, run_coverage: Coverage, run_scanner: RunScanner, tmp_path: Path
) -> None:
    for name, test in (("one", TEST), ("two", "from shop.cart import Cart, total\ntotal([])\n")):
        site = tmp_path / name / "site-packages"
        shutil.copytree(project / "src", site)
        (tmp_path / name / "test_it.py").write_text(test, encoding="utf-8")
        run_coverage("run", "--branch", "--source=shop", "test_it.py", cwd=tmp_path / name, path=site)
    run_coverage("combine", str(tmp_path / "one" / ".coverage"), str(tmp_path / "two" / ".coverage"))
    (project / "pyproject.toml").unlink()
    with sqlite3.connect(project / ".coverage") as database:
        assert database.execute("SELECT count(*) FROM file WHERE path LIKE '%cart.py'").fetchone() == (2,)
    result = run_scanner(CoverageScanner(), project)
    assert result.status is ScanStatus.COMPLETE, words(result)
    assert result.coverage[0].missing == (20, 24, 30, 31, 33, 34)


def test_no_data_is_off_unless_asked_for(project: Path, run_scanner: RunScanner) -> None:
    off = run_scanner(CoverageScanner(), project)
    assert off.status is ScanStatus.OFF
    assert "coverage run --branch" in off.notes[0]
    asked = run_scanner(CoverageScanner(), project, asked=True)
    assert asked.status is ScanStatus.INCOMPLETE
    assert nothing_known(asked)
    assert "coverage run --branch" in asked.problems[0]


@pytest.mark.parametrize("kind", ["data", *REPORTS])
@pytest.mark.parametrize("damage", ["half", "empty", "other"])
def test_damaged_data_give_no_figure(
    kind: str, damage: str, measured: Path, run_coverage: Coverage, run_scanner: RunScanner
) -> None:
    path = measured / ".coverage"
    if kind in REPORTS:
        command, name = REPORTS[kind]
        run_coverage(command, "-o", name)
        path.unlink()
        path = measured / name
    content = path.read_bytes()
    path.write_bytes({"half": content[: len(content) // 2], "empty": b"", "other": b"garbage\n"}[damage])
    result = run_scanner(CoverageScanner(), measured)
    assert result.status is ScanStatus.INCOMPLETE
    assert nothing_known(result)
    assert path.name in result.problems[0]


@pytest.mark.parametrize("kind", ["data", *REPORTS])
def test_a_source_younger_than_the_data(
    kind: str, measured: Path, run_coverage: Coverage, run_scanner: RunScanner
) -> None:
    if kind in REPORTS:
        command, name = REPORTS[kind]
        run_coverage(command, "-o", name)
        (measured / ".coverage").unlink()
    newer = max(path.stat().st_mtime for path in measured.iterdir()) + 5
    os.utime(measured / "src/shop/cart.py", (newer, newer))
    result = run_scanner(CoverageScanner(), measured)
    assert result.status is ScanStatus.INCOMPLETE
    assert nothing_known(result)
    assert unseen(result) == ["src/shop/cart.py"]
    assert "run them again" in result.unseen[0].reason
    assert not result.findings
    unchecked = run_scanner(CoverageScanner(), measured, options={"check-times": False})
    assert values(unchecked) == percentages()


@pytest.mark.parametrize("kind", ["data", *REPORTS])
def test_a_changed_source_of_the_same_age(
    kind: str, measured: Path, run_coverage: Coverage, run_scanner: RunScanner
) -> None:
    """As after a checkout: every file has the same time."""
    if kind in REPORTS:
        command, name = REPORTS[kind]
        run_coverage(command, "-o", name)
        (measured / ".coverage").unlink()
    (measured / "src/shop/cart.py").write_text("# A new line.\n" + CART, encoding="utf-8")
    for path in measured.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    result = run_scanner(CoverageScanner(), measured)
    assert result.status is ScanStatus.INCOMPLETE
    assert nothing_known(result)
    assert unseen(result) == ["src/shop/cart.py"]
    assert "holds no statement" in result.unseen[0].reason


@pytest.mark.parametrize("kind", ["data", *REPORTS])
def test_a_module_that_no_test_imports(
    kind: str, measured: Path, run_coverage: Coverage, run_scanner: RunScanner
) -> None:
    if kind in REPORTS:
        command, name = REPORTS[kind]
        run_coverage(command, "-o", name)
        (measured / ".coverage").unlink()
    (measured / "src/shop/never.py").write_text("def never():\n    return 1\n", encoding="utf-8")
    (measured / "src/shop/empty.py").write_text('"""Only a text."""\n', encoding="utf-8")
    result = run_scanner(CoverageScanner(), measured)
    assert result.status is ScanStatus.INCOMPLETE
    assert unseen(result) == ["src/shop/never.py"]
    assert values(result) == percentages()


@pytest.mark.parametrize("kind", ["data", *REPORTS])
def test_branches_that_were_not_measured(
    kind: str, project: Path, run_coverage: Coverage, run_scanner: RunScanner
) -> None:
    run_coverage("run", "tests/test_cart.py")
    if kind in REPORTS:
        command, name = REPORTS[kind]
        run_coverage(command, "-o", name)
        (project / ".coverage").unlink()
    result = run_scanner(CoverageScanner(), project)
    assert result.status is ScanStatus.INCOMPLETE
    assert values(result) == percentages() | {"branch coverage": None}
    assert "branches = false" in result.problems[0]
    without = run_scanner(CoverageScanner(), project, options={"branches": None})
    assert without.status is ScanStatus.COMPLETE, words(without)


def test_the_projects_exclusions_hold_and_can_be_set_aside(measured: Path, run_scanner: RunScanner) -> None:
    settings = "[report]\nexclude_also =\n    def clear\n    def total\n"
    (measured / ".coveragerc").write_text(settings, encoding="utf-8")
    honoured = run_scanner(CoverageScanner(), measured)
    assert honoured.coverage[0].missing == (20, 24)
    assert ".coveragerc" in words(honoured)
    plain = run_scanner(CoverageScanner(), measured, options={"use-coverage-config": False})
    assert plain.coverage[0].lines == LINES


def test_files_that_the_configuration_omits_are_named(measured: Path, run_scanner: RunScanner) -> None:
    (measured / "src/shop/extra.py").write_text("x = 1\n", encoding="utf-8")
    (measured / "pyproject.toml").write_text(
        '[tool.coverage.report]\nomit = ["src/shop/extra.py", "*/cart.py"]\n', encoding="utf-8"
    )
    result = run_scanner(CoverageScanner(), measured)
    assert "src/shop/extra.py" in words(result)
    assert "src/shop/cart.py" in words(result)
    demanded = run_scanner(CoverageScanner(), measured, options={"sources": ("src/**/*.py",)})
    assert unseen(demanded) == ["src/shop/extra.py"]
    assert values(demanded) == percentages()


def test_plugins_that_the_tree_names_are_not_run(measured: Path, run_scanner: RunScanner) -> None:
    (measured / ".coveragerc").write_text("[run]\nplugins = evil\n", encoding="utf-8")
    (measured / "evil.py").write_text("open('ran', 'w').close()\n", encoding="utf-8")
    result = run_scanner(CoverageScanner(), measured)
    assert not (measured / "ran").exists()
    assert result.status is ScanStatus.INCOMPLETE
    assert nothing_known(result)
    assert "plugins (evil)" in result.problems[0]
    assert "coverage json" in result.problems[0]


def test_a_source_that_cannot_be_parsed_any_more(measured: Path, run_scanner: RunScanner) -> None:
    cart = measured / "src/shop/cart.py"
    cart.write_text(CART.replace("return sum(items)", "return sum(items"), encoding="utf-8")
    os.utime(cart, (1_700_000_000, 1_700_000_000))
    result = run_scanner(CoverageScanner(), measured)
    assert result.status is ScanStatus.INCOMPLETE
    assert "src/shop/cart.py" in unseen(result)


def script(project: Path, coverage: Tool, *arguments: str) -> Sequence[str]:
    """The test command of a project whose code lies in `src`."""
    path = project / "run-tests.py"
    path.write_text(
        "import os, subprocess, sys\n"
        f"argv = [{str(coverage.executable)!r}, *{list(arguments)!r}]\n"
        "done = subprocess.run(argv, env=os.environ | {'PYTHONPATH': 'src'})\n"
        "sys.exit(done.returncode)\n",
        encoding="utf-8",
    )
    return (str(coverage.python), str(path))


def test_the_test_command_is_run_first(project: Path, coverage: Tool, run_scanner: RunScanner) -> None:
    command = script(project, coverage, "run", "--branch", "tests/test_cart.py")
    result = run_scanner(CoverageScanner(), project, options={"command": command})
    assert result.status is ScanStatus.COMPLETE, words(result)
    assert values(result) == percentages()
    assert not (project / ".coverage").exists()
    assert result.commands[0].argv == command


def test_failing_tests_give_no_figure(project: Path, coverage: Tool, run_scanner: RunScanner) -> None:
    test = TEST + "raise SystemExit('one test failed')\n"
    (project / "tests" / "test_cart.py").write_text(test, encoding="utf-8")
    command = script(project, coverage, "run", "--branch", "tests/test_cart.py")
    result = run_scanner(CoverageScanner(), project, options={"command": command})
    assert result.status is ScanStatus.INCOMPLETE
    assert nothing_known(result)
    assert "ended with 1" in result.problems[0]
    assert "one test failed" in result.problems[0]


def test_old_data_do_not_stand_in_for_new_ones(measured: Path, coverage: Tool, run_scanner: RunScanner) -> None:
    command = (str(coverage.python), "-c", "print('no coverage here')")
    result = run_scanner(CoverageScanner(), measured, options={"command": command})
    assert result.status is ScanStatus.INCOMPLETE
    assert nothing_known(result)
    assert "wrote no coverage data" in result.problems[0]


def test_a_test_command_that_takes_too_long(project: Path, coverage: Tool, run_scanner: RunScanner) -> None:
    command = (str(coverage.python), "-c", "import time; time.sleep(60)")
    result = run_scanner(CoverageScanner(), project, options={"command": command}, timeout=1)
    assert result.status is ScanStatus.INCOMPLETE
    assert "took longer" in result.problems[0]
