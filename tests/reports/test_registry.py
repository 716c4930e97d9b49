from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from mcpquality_reports import hookspecs, registry
from mcpquality_reports.base import Format, Report
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results
from tests.reports import samples

PLUGINS = Path(__file__).parents[1] / "data" / "plugin"


class Lines:
    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - shows no code
        return f"{len(results.findings)}\n"


def lines(name: str = "lines", file: str = "lines.txt") -> Format:
    return Format(name, file, "how many findings there are", Lines)


class Plugin:
    def __init__(self, *formats: object) -> None:
        self._formats = formats

    @hookspecs.hookimpl
    def mcpquality_reports(self) -> Sequence[object]:
        return self._formats


class Broken:
    @hookspecs.hookimpl
    def mcpquality_reports(self) -> Sequence[Format]:
        raise SystemExit(0)


def test_the_built_in_formats_come_in_first_and_through_the_hook() -> None:
    formats = registry.load_formats([Plugin(lines("b", "b.txt"), lines("a", "a.txt"))])
    assert list(formats)[:2] == ["terminal", "html"]
    names = [name for name in formats if name in {"a", "b"}]
    assert names == ["a", "b"]
    assert formats["a"].load().render(samples.failing(), samples.read_lines) == "17\n"


@pytest.mark.parametrize("format_", registry.BUILT_IN, ids=lambda format_: str(format_.name))
def test_every_built_in_format_renders_a_run(format_: Format) -> None:
    assert format_.title
    report: Report = format_.load()
    assert report.render(samples.failing(), samples.read_lines).endswith(("\n", ">"))


def test_names_and_files_are_distinct() -> None:
    assert len({one.name for one in registry.BUILT_IN}) == len({one.file for one in registry.BUILT_IN}) == 16


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (Plugin("csv"), "brings 'str' as a report format"),
        (Plugin(lines("all")), "named 'all'"),
        (Plugin(lines("No Name")), "named 'No Name'"),
        (Plugin(lines("lines", "../up")), r"with the file '\.\./up'"),
        (Plugin(lines("html")), "named 'html'"),
        (Plugin(lines("lines", "mcpquality.html")), "write 'mcpquality.html'"),
        (Broken(), "cannot say which report formats it brings: SystemExit"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_named(plugin: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        registry.load_formats([plugin])


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"'sarfi'.*did you mean 'sarif'.*html, json, junit"):
        registry.load("sarfi")
    with pytest.raises(UsageError, match="There are badge, badge-json"):
        registry.load("")


def test_a_format_whose_library_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"'vex' cannot be used.*pip install 'pytest-mcpquality\[vex\]'"):
        registry.load("vex")


def test_an_installed_plugin_brings_formats_and_scanners() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(PLUGINS)!r})\n"
        "from mcpquality_reports.registry import load\n"
        "from tests.reports import samples\n"
        "print(load('fake-count').render(samples.failing(), samples.read_lines))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.append({str(PLUGINS.parents[2])!r})\n{code}"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "17 findings", "")


def test_knowing_the_formats_imports_none_of_what_they_need() -> None:
    code = (
        "import sys; from mcpquality_reports.registry import installed; installed()\n"
        "heavy = {'jinja2', 'pygments', 'rich', 'cvss', 'cyclonedx', 'mcpquality_reports.html'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
