"""Scanners come in by one door: ours, and those of plugins that may be broken in any way."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import Category, ScanResult, ScanStatus
from mcpquality_scanners.hookspecs import hookimpl
from mcpquality_scanners.options import Option
from mcpquality_scanners.registry import load_scanners

OURS = (
    "semgrep", "bandit", "pip-audit", "detect-secrets", "coverage", "npm-audit", "gitleaks", "snyk", "dependency-check",
    "osv-scanner", "trivy", "ruff", "zizmor", "sarif",
)  # fmt: skip


class Example:
    """A scanner that does nothing."""

    title = "example"
    category = Category.CODE
    options: tuple[Option, ...] = ()
    weight = 1

    def __init__(self, name: str = "example") -> None:
        self.name = name

    async def scan(self, context: ScanContext) -> ScanResult:
        return ScanResult(self.name, ScanStatus.COMPLETE, seen=context.files)

    def explain(self, rule: str) -> str | None:
        return rule or None


class Plugin:
    """Brings what it is told to, or raises it."""

    def __init__(self, brought: object) -> None:
        self._brought = brought

    @hookimpl(tryfirst=True)
    def mcpquality_scanners(self) -> object:
        if isinstance(self._brought, BaseException):
            raise self._brought
        return self._brought


def names(*plugins: object) -> tuple[str, ...]:
    return tuple(scanner.name for scanner in load_scanners(plugins))


def test_ours_are_there_and_complete() -> None:
    assert names() == OURS
    for scanner in load_scanners():
        assert scanner.title
        assert scanner.weight > 0
        assert len({option.name for option in scanner.options}) == len(scanner.options)
        set_by_default = [option for option in scanner.options if option.default is not None]
        assert [option.name for option in set_by_default if option.problem(option.default)] == []


def test_those_of_plugins_follow_by_name_whatever_order_they_come_in() -> None:
    one, two = Plugin([Example("zoo"), Example("bee")]), Plugin((Example("ant"),))
    assert names(one, two) == names(two, one) == (*OURS, "ant", "bee", "zoo")


@pytest.mark.parametrize("brought", [None, (), []])
def test_a_plugin_may_bring_none(brought: object) -> None:
    assert names(Plugin(brought)) == OURS


@pytest.mark.parametrize("name", ["", "Upper", "with space", "files", "all", "-x", "1st", "a\nb", "semgrep\n", 7, None])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a scanner's name"):
        names(Plugin([Example(name)]))


@pytest.mark.parametrize("taken", ["bandit", "example"])
def test_a_name_that_is_taken_is_refused(taken: str) -> None:
    with pytest.raises(UsageError, match=f"two scanners are named '{taken}'"):
        names(Plugin([Example()]), Plugin([Example(taken)]))


@pytest.mark.parametrize(
    "brought",
    [RuntimeError("broken inside"), SystemExit(0), 7, [object()], ["bandit"], {"name": "x"}],
    ids=["raises", "exits with 0", "a number", "an object", "a string", "a table"],
)
def test_a_plugin_that_brings_no_scanners_is_wrong_usage(brought: object) -> None:
    with pytest.raises(UsageError, match="plugin"):
        names(Plugin(brought))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Installs a distribution whose entry point is a module with that code."""

    def write(module: str, code: str) -> None:
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[mcpquality]\n{module} = {module}\n", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)

    return write


def test_an_installed_plugin_is_found(install: Callable[[str, str], None]) -> None:
    install(
        "mcpquality_example_good",
        """
from mcpquality_scanners.hookspecs import hookimpl

class Scanner:
    name, title, category, options, weight, explain, scan = "installed", "", None, (), 1, None, None

@hookimpl
def mcpquality_scanners():
    return [Scanner()]
""",
    )
    assert any(entry.group == "mcpquality" for entry in metadata.distribution("mcpquality_example_good").entry_points)
    assert names() == (*OURS, "installed")


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("mcpquality_example_raises", "raise RuntimeError('broken inside')"),
        ("mcpquality_example_import", "import no_such_module_anywhere"),
        ("mcpquality_example_syntax", "def"),
        ("mcpquality_example_exits", "raise SystemExit(0)"),
        (
            "mcpquality_example_hook",
            "from mcpquality_scanners.hookspecs import hookimpl\n@hookimpl\ndef mcpquality_scanners(no_such): ...",
        ),
    ],
)
def test_an_installed_plugin_that_cannot_be_loaded_is_wrong_usage(
    install: Callable[[str, str], None], module: str, code: str
) -> None:
    install(module, code)
    with pytest.raises(UsageError, match="cannot be loaded"):
        names()
