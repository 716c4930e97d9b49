from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpquality_reports import base
from mcpquality_scanners.errors import WriteError


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_no_sources() -> None:
    assert base.no_sources("a.py") is None


def test_a_report_is_written_as_utf_8_without_changing_line_ends(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    base.write(target, "é\nb\udc80\n")
    assert target.read_bytes() == b"\xc3\xa9\nb\\udc80\n"
    assert files_of(tmp_path) == ["report.txt"]


def test_a_report_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    base.write(target, "old")
    base.write(target, "new")
    assert target.read_text(encoding="utf-8") == "new"
    assert files_of(tmp_path) == ["report.txt"]


def test_a_report_is_readable_as_the_umask_says(tmp_path: Path) -> None:
    previous = os.umask(0o027)
    try:
        base.write(tmp_path / "report.txt", "x")
    finally:
        os.umask(previous)
    assert (tmp_path / "report.txt").stat().st_mode & 0o777 == 0o640


def test_a_name_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    base.write(tmp_path / ("n" * 255), "x")
    assert files_of(tmp_path) == ["n" * 255]


@pytest.fixture
def no_room() -> Iterator[None]:
    """A disk that is full after 4 KiB, as far as this process can tell."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("no_room")
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    base.write(target, "old")
    with pytest.raises(WriteError, match=r"report\.html"):
        base.write(target, "x" * 10_000)
    assert target.read_text(encoding="utf-8") == "old"
    assert files_of(tmp_path) == ["report.html"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious", encoding="utf-8")
    link = tmp_path / "report.html"
    link.symlink_to(victim)
    with pytest.raises(WriteError, match=r"report\.html.*link"):
        base.write(link, "x")
    assert victim.read_text(encoding="utf-8") == "precious"
    assert link.is_symlink()
    assert files_of(tmp_path) == ["report.html", "victim"]


def test_a_dangling_link_is_not_followed_either(tmp_path: Path) -> None:
    link = tmp_path / "report.html"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(WriteError):
        base.write(link, "x")
    assert files_of(tmp_path) == ["report.html"]


@pytest.mark.parametrize("target", ["folder", "no/such/report.html", "file/report.html", "n" * 256, "nul\0.html"])
def test_where_nothing_can_be_written_the_error_names_the_path(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"could not be written: .*; name another file"):
        base.write(tmp_path / target, "x")
    assert files_of(tmp_path) == ["file", "folder"]


def test_a_folder_that_does_not_let_new_files_in() -> None:
    with pytest.raises(WriteError, match="/proc/self/report"):
        base.write(Path("/proc/self/report.html"), "x")


class Interrupting(str):
    """A text whose writing the user interrupts."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002 - as str has it
        raise KeyboardInterrupt


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    base.write(target, "old")
    with pytest.raises(KeyboardInterrupt):
        base.write(target, Interrupting("new"))
    assert target.read_text(encoding="utf-8") == "old"
    assert files_of(tmp_path) == ["report.txt"]
