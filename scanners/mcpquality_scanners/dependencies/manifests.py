"""Which files of a tree say what it depends on, and what each of them says."""

from __future__ import annotations

import enum
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from mcpquality_scanners.dependencies import conda
from mcpquality_scanners.dependencies.locks import read_lock
from mcpquality_scanners.dependencies.model import Reading, UnreadableError, Wanted, read_text, scrub
from mcpquality_scanners.dependencies.projects import (
    ALL_GROUPS,
    read_pipfile,
    read_pyproject,
    read_setup_cfg,
    read_setup_py,
)
from mcpquality_scanners.dependencies.requirements import read_requirements
from mcpquality_scanners.dependencies.scripts import read_script
from mcpquality_scanners.findings import Unseen
from mcpquality_scanners.globs import first_match


class Kind(enum.Enum):
    """How a manifest is read."""

    REQUIREMENTS = "requirements file"
    LOCK = "lock file"
    PYPROJECT = "pyproject.toml"
    SETUP_CFG = "setup.cfg"
    SETUP_PY = "setup.py"
    PIPFILE = "Pipfile"
    SCRIPT = "script"
    CONDA = "conda environment"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A file that says what the tree depends on; `path` is relative to the root."""

    path: str
    kind: Kind


# pip's convention, pip-tools' .in files, and the usual ways to tell several of them apart.
_REQUIREMENTS = (
    "requirements*.txt",
    "*requirements.txt",
    "requirements*.in",
    "*requirements.in",
    "**/requirements/*.txt",
    "**/requirements/*.in",
)
_LOCKS = ("*.py.lock", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pylock.*.toml")
_PROJECTS = {
    "pyproject.toml": Kind.PYPROJECT,
    "setup.cfg": Kind.SETUP_CFG,
    "setup.py": Kind.SETUP_PY,
    "Pipfile": Kind.PIPFILE,
}


def discover(files: Iterable[str], globs: tuple[str, ...] = ()) -> tuple[Manifest, ...]:
    """The manifests among the files, sorted by path. Scripts (PEP 723) are found by their content, not here.

    Args:
        files: Paths relative to the root.
        globs: Which of the files are manifests; empty for those with the usual names. One that these name and
            that has another name is taken for a requirements file.
    """
    listed = sorted(set(files))
    found: list[Manifest] = []
    for path in listed:
        kind = _kind(path)
        if globs:
            if first_match(path, globs):
                found.append(Manifest(path, kind or (Kind.SCRIPT if path.endswith(".py") else Kind.REQUIREMENTS)))
        elif kind and not (path.endswith(".in") and f"{path[:-3]}.txt" in listed):
            # The .txt beside an .in is what pip-tools and uv compiled from it.
            found.append(Manifest(path, kind))
    return tuple(found)


def _kind(path: str) -> Kind | None:
    name = PurePosixPath(path).name
    if name in _PROJECTS:
        return _PROJECTS[name]
    if first_match(name, _LOCKS):
        return Kind.LOCK
    if first_match(name, conda.ENVIRONMENTS + conda.LOCKS):
        return Kind.CONDA
    return Kind.REQUIREMENTS if first_match(path, _REQUIREMENTS) else None


def read_all(
    root: Path, manifests: Iterable[Manifest], files: Iterable[str], groups: tuple[str, ...] = (ALL_GROUPS,)
) -> tuple[Reading, ...]:
    """Read every manifest; one that cannot be read gives a reading that names it as unseen.

    A project whose lock file holds what it asks for adds nothing of its own; what the lock file does not hold
    stays wanted.

    Args:
        root: The folder that is scanned.
        manifests: What to read.
        files: All files that are scanned, relative to `root`.
        groups: Extras and dependency groups of a pyproject.toml that count; `*` for all of them.
    """
    manifests = tuple(manifests)
    listed = frozenset(files)
    readings = [_read(root, manifest, listed, groups) for manifest in manifests]
    locks = [reading for reading, manifest in zip(readings, manifests, strict=True) if manifest.kind is Kind.LOCK]
    known = {manifest.path for manifest in manifests}
    declared = {posixpath.dirname(reading.manifest) for reading in readings if reading.declares}
    return tuple(
        reading
        if manifest.kind in {Kind.LOCK, Kind.REQUIREMENTS}
        else _settle(reading, manifest, locks, declared, known)
        for reading, manifest in zip(readings, manifests, strict=True)
    )


def _read(root: Path, manifest: Manifest, files: frozenset[str], groups: tuple[str, ...]) -> Reading:
    path = manifest.path
    try:
        if manifest.kind is Kind.REQUIREMENTS:
            return read_requirements(root, path, files)
        text = read_text(root / path)
        if manifest.kind is Kind.PYPROJECT:
            return read_pyproject(path, text, groups)
        return _READERS[manifest.kind](path, text)
    except UnreadableError as error:
        return Reading(path, unseen=(Unseen(path, str(error)),))


_READERS: Mapping[Kind, Callable[[str, str], Reading]] = {
    Kind.LOCK: read_lock,
    Kind.SETUP_CFG: read_setup_cfg,
    Kind.SETUP_PY: read_setup_py,
    Kind.PIPFILE: read_pipfile,
    Kind.SCRIPT: read_script,
    Kind.CONDA: conda.read_conda,
}


def _settle(reading: Reading, manifest: Manifest, locks: list[Reading], declared: set[str], known: set[str]) -> Reading:
    """What is left of a project's reading once the other manifests around it are taken into account."""
    folder = posixpath.dirname(manifest.path)
    if manifest.kind is Kind.SCRIPT:
        own = [lock for lock in locks if lock.manifest == f"{manifest.path}.lock"]
        return _without_locked(reading, own) if own else reading
    if manifest.kind is Kind.CONDA:
        return reading
    covering = [lock for lock in locks if folder in lock.members]
    if covering:
        return _without_locked(reading, covering)
    elsewhere = manifest.kind is not Kind.PIPFILE and folder in declared
    if elsewhere or (reading.sources and known.issuperset(reading.sources)):
        return reading
    return replace(reading, unseen=reading.unseen + reading.undeclared)


def _without_locked(reading: Reading, locks: list[Reading]) -> Reading:
    """Only what the lock files do not hold: one that is older than its project must not hide anything."""
    missing = tuple(wanted for wanted in reading.wanted if not any(_holds(lock, wanted) for lock in locks))
    stated = {wanted.pin for wanted in reading.wanted}
    built = tuple(pin for pin in reading.pins if pin not in stated)
    if not missing:
        note = f"{reading.manifest} is locked by {locks[0].manifest}."
        return replace(reading, pins=built, wanted=(), notes=(note, *reading.notes))
    names = ", ".join(str(wanted.requirement) for wanted in missing)
    note = f"{locks[0].manifest} does not hold all that {reading.manifest} asks for: {scrub(names)}."
    pins = tuple(pin for wanted in missing if (pin := wanted.pin))
    return replace(reading, pins=pins + built, wanted=missing, notes=(*reading.notes, note))


def _holds(lock: Reading, wanted: Wanted) -> bool:
    return wanted.name in lock.others or any(wanted.met_by(pin) for pin in lock.pins)
