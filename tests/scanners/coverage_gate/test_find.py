"""Which data are read, of those that lie there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcpquality_scanners.coverage_gate import find
from mcpquality_scanners.coverage_gate.find import Format
from mcpquality_scanners.errors import ToolOutputError

CONTENT = {
    Format.DATA: b"SQLite format 3\0...",
    Format.JSON: b'{"meta": {}}',
    Format.XML: b"<?xml ?>",
    Format.LCOV: b"TN:\nSF:a\n",
}


def put(path: Path, kind: Format, *, time: int = 1_700_000_000) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(CONTENT[kind])
    os.utime(path, (time, time))
    return path


def names(found: find.Found) -> list[str]:
    return [item.name for item in found.used]


def test_nothing_lies_there(tmp_path: Path) -> None:
    assert find.default(tmp_path, "") == find.Found()
    assert find.default(tmp_path, "no/such/folder/.coverage") == find.Found()
    assert find.in_folder(tmp_path, tmp_path) == find.Found()


def test_the_order_of_the_formats(tmp_path: Path) -> None:
    put(tmp_path / "coverage/lcov.info", Format.LCOV)
    put(tmp_path / "coverage.xml", Format.XML)
    put(tmp_path / "coverage.json", Format.JSON)
    found = find.default(tmp_path, "")
    assert [(item.name, item.format) for item in found.used] == [("coverage.json", Format.JSON)]
    assert found.passed_over == ("coverage.xml", "coverage/lcov.info")
    put(tmp_path / ".coverage", Format.DATA)
    assert names(find.default(tmp_path, "")) == [".coverage"]


def test_the_place_that_coverage_is_configured_to_use(tmp_path: Path) -> None:
    put(tmp_path / ".coverage", Format.DATA)
    put(tmp_path / "build/data", Format.DATA)
    assert names(find.default(tmp_path, "build/data")) == ["build/data"]


@pytest.mark.parametrize(
    ("age_of_combined", "used", "left"),
    [
        (-1, [".coverage.a", ".coverage.b"], (".coverage",)),
        (1, [".coverage"], (".coverage.a", ".coverage.b")),
    ],
)
def test_combined_and_parallel_data(
    age_of_combined: int, used: list[str], left: tuple[str, ...], tmp_path: Path
) -> None:
    put(tmp_path / ".coverage", Format.DATA, time=1_700_000_000 + age_of_combined)
    put(tmp_path / ".coverage.b", Format.DATA)
    put(tmp_path / ".coverage.a", Format.DATA)
    found = find.default(tmp_path, "")
    assert names(found) == used
    assert found.passed_over == left


def test_data_that_are_named(tmp_path: Path) -> None:
    put(tmp_path / "reports/[1].xml", Format.XML)
    put(tmp_path / "reports/a.json", Format.JSON)
    put(tmp_path / "reports/b.json", Format.JSON)
    absolute = str(tmp_path / "reports" / "a.json")
    found = find.named(tmp_path, ["reports/[1].xml", "reports/*.json", absolute])
    assert names(found) == ["reports/[1].xml", "reports/a.json", "reports/b.json"]
    elsewhere = put(tmp_path / "elsewhere.info", Format.LCOV)
    assert names(find.named(tmp_path / "reports", [str(elsewhere)])) == [str(elsewhere)]


def test_a_name_that_matches_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for pattern in ("no.xml", "*.xml", "folder", "", "a\0b"):
        with pytest.raises(ToolOutputError, match="no such file"):
            find.named(tmp_path, [pattern])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"!coverage.py: This is a private format", r"before 5\.0"),
        (b"\x7fELF", "no coverage data"),
    ],
)
def test_what_is_no_data(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / ".coverage").write_bytes(data)
    with pytest.raises(ToolOutputError, match=words):
        find.default(tmp_path, "")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "coverage.xml").write_bytes(b"\xef\xbb\xbf<coverage/>")
    assert find.default(tmp_path, "").used[0].format is Format.XML


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = put(tmp_path / "coverage.json", Format.JSON)
    os.truncate(path, find.SIZE_CAP + 1)
    with pytest.raises(ToolOutputError, match="larger than 512 MiB"):
        find.default(tmp_path, "")


def test_whether_a_file_was_written_again(tmp_path: Path) -> None:
    path = put(tmp_path / "coverage.json", Format.JSON)
    before = find.stamps(tmp_path, ["*.json"])
    assert before == find.stamps(tmp_path, ["coverage.json"])
    put(path, Format.JSON, time=1_800_000_000)
    assert before != find.stamps(tmp_path, ["*.json"])
