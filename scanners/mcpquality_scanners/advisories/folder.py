"""A folder of OSV records, for machines without the network: everything in it is read or named."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.advisories.records import Advisory, BadRecordError, parse_record

_SUFFIXES = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Flaw:
    """A record that cannot be used: its path in the folder, why, and its packages (empty: not known)."""

    path: str
    reason: str
    packages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Records:
    """What a folder holds: the advisories about packages of PyPI, and what could not be used."""

    advisories: tuple[Advisory, ...] = ()
    flaws: tuple[Flaw, ...] = ()


def load_folder(folder: Path) -> Records:
    """Read all `*.json` files of a folder and its subfolders, one OSV record each, in order.

    Withdrawn records and those of other ecosystems are read and left out. Records in YAML are named: they
    look like advisories and are not read.

    Raises:
        NotADirectoryError: There is no such folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(str(folder))
    advisories: list[Advisory] = []
    flaws: list[Flaw] = []
    for path in _files(folder, flaws):
        name = path.relative_to(folder).as_posix()
        try:
            advisory = _read(path)
        except BadRecordError as error:
            flaws.append(Flaw(name, str(error), error.packages))
        else:
            if advisory.affected:
                advisories.append(advisory)
    return Records(tuple(advisories), tuple(flaws))


def _files(folder: Path, flaws: list[Flaw]) -> Iterator[Path]:
    """The files that look like records, sorted; a subfolder that cannot be listed is a flaw."""

    def unlisted(error: OSError) -> None:
        flaws.append(Flaw(os.path.relpath(error.filename, folder), f"it cannot be listed: {error.strerror}"))

    for parent, folders, names in os.walk(folder, onerror=unlisted):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names) if name.lower().endswith(_SUFFIXES))


def _read(path: Path) -> Advisory:
    if path.suffix.lower() in {".yaml", ".yml"}:
        raise BadRecordError("only records in JSON are read")
    try:
        document: object = json.loads(path.read_bytes())
    except OSError as error:
        raise BadRecordError(f"it cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BadRecordError("it is not JSON") from error
    return parse_record(document)
