"""Exports of OSV records, a zip or a folder, read member by member; nothing is ever unpacked to disk."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mcpquality_scanners.advisories.documents import RECORD_CAP, is_record
from mcpquality_scanners.advisories.errors import ExportError
from mcpquality_scanners.advisories.records import BadRecordError
from mcpquality_scanners.text import one_line

TOTAL_CAP = 8 * 1024**3
"""Bytes of all records of an export together; the official export of npm has some hundred million."""

MEMBERS_CAP = 2_000_000
"""Members of an export; the official ones have up to some hundred thousand."""

_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an export that is called like a record.

    Attributes:
        path: Its path in the export, with forward slashes.
        checksum: CRC-32 and size of its content; equal content has equal ones.
        read: Gives the content; raises BadRecordError for one that cannot be had, ExportError for a broken export.
    """

    path: str
    checksum: tuple[int, int]
    read: Callable[[], bytes]


@contextmanager
def opened(place: Path) -> Generator[Iterator[Member]]:
    """The members of an export while the block runs, in order.

    Args:
        place: A zip file or a folder.

    Raises:
        ExportError: It is neither, or a zip file that is broken or that no database would export.
    """
    if place.is_dir():
        yield _folder(place)
        return
    try:
        with zipfile.ZipFile(place) as archive:
            yield _archive(place, archive)
    except zipfile.BadZipFile as error:
        raise ExportError(f"{place} is not a whole zip file ({error}). Fetch it again.") from error
    except (OSError, NotImplementedError) as error:
        raise ExportError(f"{place} cannot be read: {one_line(str(error))}.") from error


def _archive(place: Path, archive: zipfile.ZipFile) -> Iterator[Member]:
    infos = archive.infolist()
    total = sum(info.file_size for info in infos)
    if len(infos) > MEMBERS_CAP or total > TOTAL_CAP:
        raise ExportError(f"{place} holds more than any export of advisories ({len(infos)} members, {total} bytes).")
    for info in infos:
        if _leads_out(info.filename):
            raise ExportError(f"{place} has a member that leads out of it: {one_line(info.filename, 80)!r}.")
        if not info.is_dir() and is_record(info.filename):
            yield Member(info.filename, (info.CRC, info.file_size), _reader(place, archive, info))


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1])


def _reader(place: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        if info.file_size > RECORD_CAP:
            raise BadRecordError(f"it is larger than {RECORD_CAP // 1024**2} MB, which no record is")
        if info.flag_bits & _ENCRYPTED:
            raise BadRecordError("it is encrypted")
        try:
            with archive.open(info) as file:
                # One more than it says, so that zipfile reads to the end and compares the checksum.
                return file.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ExportError(
                f"{place} is damaged at {one_line(info.filename, 80)} ({error}). Fetch it again."
            ) from error

    return read


def _folder(place: Path) -> Iterator[Member]:
    def unlisted(error: OSError) -> None:
        raise ExportError(f"{place}: {error.filename} cannot be listed: {error.strerror}.") from error

    for parent, folders, names in os.walk(place, onerror=unlisted):
        folders.sort()
        for name in sorted(names):
            if is_record(name):
                path = Path(parent, name)
                yield _file(path, path.relative_to(place).as_posix())


def _file(path: Path, name: str) -> Member:
    try:
        data = read_file(path)
    except BadRecordError as error:
        problem = error

        def fail() -> bytes:
            raise problem

        return Member(name, (0, -1), fail)
    return Member(name, (zlib.crc32(data), len(data)), lambda: data)


def read_file(path: Path) -> bytes:
    """The content of a file that should hold a record.

    Raises:
        BadRecordError: It cannot be opened, is no regular file, or is larger than any record.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadRecordError("it is no regular file")
        with path.open("rb") as file:
            data = file.read(RECORD_CAP + 1)
    except OSError as error:
        raise BadRecordError(f"it cannot be read: {error.strerror or error}") from error
    if len(data) > RECORD_CAP:
        raise BadRecordError(f"it is larger than {RECORD_CAP // 1024**2} MB, which no record is")
    return data
