from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mcpquality_reports.base import load
from pytest_mcpquality.config.settings import Output
from pytest_mcpquality.outputs import Style, deliver
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
