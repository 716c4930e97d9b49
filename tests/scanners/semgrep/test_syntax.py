"""The check that Python parses, in this process and as the program it is."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from mcpquality_scanners.semgrep import python_syntax


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"def f(:\n  eval(1)\n", "line 1"),
        (b"if x:\n    a\n  b\n", "line 3"),
        (b"x = (\n", "never closed"),
        (b"a\0b", "null"),
        (b"x = '\xe9'\n", "codec"),
    ],
)
def test_what_does_not_parse(data: bytes, reason: str) -> None:
    assert reason in str(python_syntax.flaw(data))


@pytest.mark.parametrize("data", [b"", b"x = 1", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"])
def test_what_parses(data: bytes) -> None:
    assert python_syntax.flaw(data) is None


def test_what_is_nested_too_deeply_is_a_reason_and_no_crash() -> None:
    assert python_syntax.flaw(b"x = " + b"(" * 5000 + b")" * 5000)


def test_an_exhausted_parser_is_a_reason() -> None:
    assert python_syntax._words(MemoryError()) == "nested too deeply"


def test_the_program_in_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, gone, good = tmp_path / "bad.py", tmp_path / "gone.py", tmp_path / "good.py"
    bad.write_text("def f(:\n", encoding="utf-8")
    good.write_text("x = 1\n", encoding="utf-8")
    stdin = io.TextIOWrapper(io.BytesIO(f"{bad}\0{gone}\0{good}\0".encode()), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", stdin)
    with warnings.catch_warnings():
        python_syntax.main()
    assert sorted(json.loads(capsys.readouterr().out)) == [str(bad), str(gone)]


def test_as_a_program(tmp_path: Path) -> None:
    (tmp_path / "bad\nname.py").write_text("def f(:\n", encoding="utf-8")
    (tmp_path / "good.py").write_text("raise SystemExit('\\d')\n", encoding="utf-8")
    completed = subprocess.run(
        [sys.executable, "-I", python_syntax.__file__],
        input=b"./bad\nname.py\0./good.py\0./gone\xff.py\0",
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    found = json.loads(completed.stdout)
    assert sorted(found) == ["./bad\nname.py", "./gone\udcff.py"]
    assert "cannot be read" in found["./gone\udcff.py"]
    assert completed.stderr == b""
