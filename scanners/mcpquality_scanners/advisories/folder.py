"""A folder of OSV records, for machines without the network: everything in it is read or named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from mcpquality_scanners.advisories.documents import is_record, read_document
from mcpquality_scanners.advisories.exports import read_file
from mcpquality_scanners.advisories.records import Advisory, BadRecordError, pack, parse_record, parse_time


@dataclass(frozen=True, slots=True)
class Flaw:
    """A record that cannot be used: its path in the folder, why, and its packages (empty: not known)."""

    path: str
    reason: str
    packages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Records:
    """Advisories about packages of PyPI, what could not be used, and how current they are (None: not known)."""

    advisories: tuple[Advisory, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    as_of: datetime | None = None


def load_folder(folder: Path) -> Records:
    """Read all `*.json`, `*.yaml` and `*.yml` files of a folder and its subfolders, one OSV record each, in order.

    Withdrawn records and those of other ecosystems are read and left out; the newest date in all of them tells how
    current the folder is.

    Raises:
        NotADirectoryError: There is no such folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(str(folder))
    advisories: list[Advisory] = []
    flaws: list[Flaw] = []
    dates: list[datetime] = []
    for path in _files(folder, flaws):
        name = path.relative_to(folder).as_posix()
        try:
            document = read_document(name, read_file(path))
            advisory = parse_record(document)
        except BadRecordError as error:
            flaws.append(Flaw(name, str(error), error.packages))
        else:
            dates += filter(None, [parse_time(advisory.modified)])
            if advisory.affected:
                advisories.append(replace(advisory, raw=pack(document)))
    return Records(tuple(advisories), tuple(flaws), max(dates, default=None))


def _files(folder: Path, flaws: list[Flaw]) -> Iterator[Path]:
    """The files that look like records, sorted; a subfolder that cannot be listed is a flaw."""

    def unlisted(error: OSError) -> None:
        flaws.append(Flaw(os.path.relpath(error.filename, folder), f"it cannot be listed: {error.strerror}"))

    for parent, folders, names in os.walk(folder, onerror=unlisted):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names) if is_record(name))
