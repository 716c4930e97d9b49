"""What Semgrep is handed, under which name, and what is named as not seen before it starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.semgrep.input import Inputs, is_python, prepare

LIMIT = 1000


def write(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def ready(tmp_path: Path, files: dict[str, bytes]) -> Inputs:
    write(tmp_path / "root", files)
    return prepare(tmp_path / "root", sorted(files), tmp_path / "copies", LIMIT)


@pytest.mark.parametrize(
    ("name", "data", "python"),
    [
        ("a.py", b"", True),
        ("a.pyi", b"", True),
        ("a.pyw", b"", True),
        ("A.PY", b"", True),
        ("tool", b"#!/usr/bin/env python3\n", True),
        ("tool", b"#!/usr/bin/python\n", True),
        ("tool", b"#!/bin/sh\n", False),
        ("tool.sh", b"#!/usr/bin/env python3\n", False),
        ("py", b"", False),
    ],
)
def test_what_is_python(tmp_path: Path, name: str, data: bytes, python: bool) -> None:
    assert is_python(write(tmp_path, {name: data}), name) is python


def test_a_file_that_is_gone_is_no_python_by_its_first_line(tmp_path: Path) -> None:
    assert not is_python(tmp_path, "tool")


def test_plain_files_keep_their_names(tmp_path: Path) -> None:
    inputs = ready(tmp_path, {"-dash.py": b"x = 1\n", "sub/a.js": b"x", "empty.py": b""})
    assert inputs.targets == {"./-dash.py": "-dash.py", "./sub/a.js": "sub/a.js", "./empty.py": "empty.py"}
    assert inputs.sizes == {"./-dash.py": 6, "./sub/a.js": 1, "./empty.py": 0}
    assert inputs.python == {"./-dash.py", "./empty.py"}
    assert not inputs.unseen


@pytest.mark.parametrize("name", ["a.py", "sub/deep/b.js"])
def test_a_byte_order_mark_is_taken_off_in_a_copy(tmp_path: Path, name: str) -> None:
    inputs = ready(tmp_path, {name: b"\xef\xbb\xbfeval(1)\n"})
    ((target, listed),) = inputs.targets.items()
    assert (listed, Path(target).read_bytes()) == (name, b"eval(1)\n")
    assert (tmp_path / "root" / name).read_bytes().startswith(b"\xef")


@pytest.mark.parametrize("name", ["A.PY", "tool", "gui.pyw"])
def test_python_under_another_name_is_handed_over_as_python(tmp_path: Path, name: str) -> None:
    data = b"#!/usr/bin/env python3\neval(1)\n"
    inputs = ready(tmp_path, {name: data})
    ((target, listed),) = inputs.targets.items()
    assert (listed, target in inputs.python) == (name, True)
    assert target.endswith(".py")
    assert Path(target).read_bytes() == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("eval(1)\n".encode("utf-16"), "UTF-16"),
        ("eval(1)\n".encode("utf-16-le"), "UTF-16"),
        ("eval(1)\n".encode("utf-32"), "UTF-16"),
        (b"x = 1\neval(2)\n\0eval(1)\n", "NUL"),
        (b"# -*- coding: utf-7 -*-\n+AGUAdgBhAGwAKAAxACk-\n", "utf-7"),
        (b"# -*- coding: klingon -*-\n", "decode"),
        (b'x = "\xe9"\n', "decode"),
        (b"x" * (LIMIT + 1), "max-target-bytes"),
    ],
)
def test_python_that_semgrep_would_misread_is_not_handed_over(tmp_path: Path, data: bytes, reason: str) -> None:
    inputs = ready(tmp_path, {"a.py": data})
    assert not inputs.targets
    assert reason in inputs.unseen["a.py"]


def test_encodings_that_read_as_ascii_are_handed_over(tmp_path: Path) -> None:
    inputs = ready(tmp_path, {"a.py": b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "b.py": "x = 'é'".encode()})
    assert sorted(inputs.targets.values()) == ["a.py", "b.py"]


def test_other_languages_are_left_to_semgrep_with_what_is_wrong_kept(tmp_path: Path) -> None:
    wide = "eval(1)".encode("utf-16")
    inputs = ready(tmp_path, {"a.js": wide, "b.png": b"\x89PNG\0abc", "big.js": b"x" * (LIMIT + 1)})
    assert sorted(inputs.targets) == ["./a.js", "./b.png", "./big.js"]
    assert list(inputs.flaws) == ["./a.js"]


@pytest.mark.parametrize("name", ["gone.py", "gone.js"])
def test_a_file_that_vanished_is_named(tmp_path: Path, name: str) -> None:
    inputs = prepare(tmp_path, [name], tmp_path / "copies", LIMIT)
    assert not inputs.targets
    assert "cannot be read" in inputs.unseen[name]


@given(data=st.binary(max_size=200), name=st.sampled_from(["a.py", "a.js", "A.PY", "tool"]))
def test_every_file_is_handed_over_or_named(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    folder = tmp_path_factory.mktemp("inputs")
    inputs = ready(folder, {name: data})
    assert sorted([*inputs.targets.values(), *inputs.unseen]) == [name]
    shutil.rmtree(folder)


def test_minified_code_is_handed_over_under_a_name_that_semgrep_takes(tmp_path: Path) -> None:
    inputs = ready(tmp_path, {"lib/a.min.js": b"eval(1)"})
    ((target, listed),) = inputs.targets.items()
    assert (listed, target.endswith("lib/a.min.js.js")) == ("lib/a.min.js", True)
