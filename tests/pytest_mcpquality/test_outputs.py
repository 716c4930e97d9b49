from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mcpquality_reports.base import Format
from mcpquality_reports.registry import load
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results
from pytest_mcpquality.config.settings import Output
from pytest_mcpquality.outputs import Style, deliver, expanded
from tests.reports import samples


def sources(_path: str) -> None:
    """No file can be read."""


def test_every_report_is_written_where_it_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("terminal", "json", "sarif", "html")
    outputs = [Output(name, tmp_path / f"r.{name}") for name in names]
    assert deliver(samples.failing(), outputs, sources, Style())
    for output in outputs:
        assert output.path is not None
        assert output.path.read_text(encoding="utf-8") == load(output.format).render(samples.failing(), sources)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [f"mcpquality: wrote {output.path}" for output in outputs]


def test_quiet_does_not_tell_which_files_were_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert deliver(samples.passing(), [Output("json", tmp_path / "r.json")], sources, Style(quiet=True))
    assert capsys.readouterr().err == ""


def test_a_report_that_cannot_be_written_costs_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = [
        Output("terminal"),
        Output("json", tmp_path / "missing" / "r.json"),
        Output("html", tmp_path / "r.html"),
    ]
    assert not deliver(samples.failing(), outputs, sources, Style(quiet=True))
    captured = capsys.readouterr()
    assert "missing/r.json" in captured.err
    assert (tmp_path / "r.html").exists()
    assert samples.failing().headline.split(":")[0] in captured.out


def test_the_verdict_is_the_last_thing_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = io.StringIO()
    monkeypatch.setattr(sys, "stdout", both)
    monkeypatch.setattr(sys, "stderr", both)
    deliver(samples.failing(), [Output("terminal"), Output("json", tmp_path / "r.json")], sources, Style())
    said = both.getvalue()
    assert said.index("wrote") < said.index(samples.failing().headline.split(":")[0])


@pytest.mark.parametrize(("style", "least", "most"), [("quiet", 1, 40), ("", 20, 200), ("verbose", 30, 400)])
def test_styles(style: str, least: int, most: int, capsys: pytest.CaptureFixture[str]) -> None:
    how = Style(quiet=style == "quiet", verbose=style == "verbose")
    deliver(samples.failing(), [Output("terminal")], sources, how)
    assert least <= len(capsys.readouterr().out.splitlines()) <= most


def test_a_document_on_standard_output_is_the_same_bytes_as_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace", newline="\r\n")
    monkeypatch.setattr(sys, "stdout", terminal)
    terminal.write("before\n")
    assert deliver(samples.failing(), [Output("html")], sources, Style())
    assert raw.getvalue() == b"before\r\n" + load("html").render(samples.failing(), sources).encode()


def test_json_on_standard_output_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    deliver(samples.failing(), [Output("json")], sources, Style())
    assert json.loads(capsys.readouterr().out)["verdict"] == "failed"


def test_what_reports_are_made_with_is_imported_ahead(tmp_path: Path) -> None:
    code = (
        "import sys; from pytest_mcpquality.config.settings import Output\n"
        "from pytest_mcpquality.outputs import preload\n"
        "assert 'rich' not in sys.modules; preload([Output('terminal')]).join(); assert 'rich' in sys.modules"
    )
    subprocess.run((sys.executable, "-c", code), cwd=tmp_path, check=True)


def formats() -> dict[str, Format]:
    return {"a": Format("a", "a.txt", "", Lines), "b": Format("b", "b.txt", "", Lines, lambda: "it lacks a library")}


class Lines:
    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - it has a bug
        raise RuntimeError("a bug")


def test_all_is_every_format_that_can_be_made_here(tmp_path: Path) -> None:
    (only,) = expanded([Output("all", tmp_path)], formats())
    assert only == Output("a", tmp_path / "a.txt", in_folder=True)


def test_a_folder_takes_a_format_under_its_own_name(tmp_path: Path) -> None:
    made = expanded([Output("a", tmp_path), Output("a", tmp_path / "new.txt"), Output("a")], formats())
    assert [output.path for output in made] == [tmp_path / "a.txt", tmp_path / "new.txt", None]


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([Output("all")], "needs a folder"),
        ([Output("b")], "'b' cannot be used: it lacks a library"),
        ([Output("c")], "no report format 'c'"),
        ([Output("all", Path("x")), Output("a", Path("x/a.txt"))], "two reports would go to x/a.txt"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_runs(outputs: list[Output], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        expanded(outputs, formats())


def test_a_formats_bug_costs_no_other_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pytest_mcpquality.outputs.load", lambda name: Lines() if name == "a" else load(name))
    outputs = [Output("a", tmp_path / "a.txt"), Output("json", tmp_path / "r.json")]
    assert not deliver(samples.passing(), outputs, sources, Style(quiet=True))
    assert "'a' broke off with RuntimeError: a bug. This is a bug in it." in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_no_report_holds_a_secret_that_a_scanner_passed_on(tmp_path: Path) -> None:
    leaked = replace(samples.SECRET, message=f"found {samples.KEY}")
    deliver(
        replace(samples.failing(), findings=(leaked,)), [Output("json", tmp_path / "r")], sources, Style(quiet=True)
    )
    assert samples.KEY[4:] not in (tmp_path / "r").read_text(encoding="utf-8")
