from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.textfiles import HEAD, TextFile, read_text_file


def read(tmp_path: Path, data: bytes) -> TextFile | None:
    path = tmp_path / "file"
    path.write_bytes(data)
    return read_text_file(path)


@pytest.mark.parametrize("text", ["", "x", "plain\n", "caf\xe9\n", "\u4f60\u597d", "a\0b plain text with a zero byte"])
def test_utf_8_is_taken_as_it_is(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text.encode()) == TextFile(text, is_utf8=True)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_wide_encodings_are_decoded(tmp_path: Path, encoding: str) -> None:
    text = 'password = "hunter2"\r\n'
    assert read(tmp_path, text.encode(encoding)) == TextFile(text, is_utf8=False)


def test_what_is_no_utf_8_is_read_as_latin_1(tmp_path: Path) -> None:
    assert read(tmp_path, b"caf\xe9") == TextFile("caf\xe9", is_utf8=False)


def test_a_character_cut_by_the_end_of_the_head_is_no_fault(tmp_path: Path) -> None:
    text = "\0" + "\xe9" * HEAD
    assert read(tmp_path, text.encode()) == TextFile(text, is_utf8=True)


@pytest.mark.parametrize(
    "data", [bytes(range(256)), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0", b"\0" * 100, b"\x7fELF\0\0\0\1"]
)
def test_binary_files_hold_no_text(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data) is None


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_text_file(tmp_path / "missing")


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_none(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    content = read(tmp_path_factory.getbasetemp(), data)
    assert content is None or content.text.encode("utf-8", "replace") is not None
