"""Requirements files, as pip reads them: continuation lines, comments, nested files, options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePath, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from mcpquality_scanners.dependencies.annotations import read_annotations
from mcpquality_scanners.dependencies.model import (
    Origin,
    Reading,
    UnreadableError,
    Wanted,
    below,
    read_text,
    scrub,
)
from mcpquality_scanners.findings import Unseen

_COMMENT = re.compile(r"(^|\s+)#.*$")
_EXTRAS = re.compile(r"\[[^\]]*\]$")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")

_PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py")

_NESTED = {"-r", "--requirement"}
_CONSTRAINTS = {"-c", "--constraint"}
_EDITABLE = {"-e", "--editable"}
_INDEXES = {"-i", "--index-url", "--pypi-url", "--extra-index-url", "--no-index"}
# Options that change how packages are fetched and built, not which ones (pip's requirements file format).
_HARMLESS = {
    "--prefer-binary",
    "--only-binary",
    "--no-binary",
    "--require-hashes",
    "--trusted-host",
    "--use-feature",
    "--find-links",
    "-f",
}


def read_requirements(root: Path, manifest: str, files: frozenset[str]) -> Reading:
    """Read a requirements file and the files it names with `-r` and `-c`.

    Args:
        root: The folder that is scanned.
        manifest: The file, relative to `root`.
        files: All files that are scanned, relative to `root`.

    Returns:
        Its requirements, each with the file and line it stands in. A requirement without a registry version,
        a line that cannot be read and a file that is not there are in `unseen`. Folders of the scanned tree
        are not: their own manifests are read for themselves.

    Raises:
        UnreadableError: The file itself cannot be read.
    """
    reader = _Reader(root, files)
    reader.read(manifest)
    return Reading(
        manifest=manifest,
        pins=tuple(pin for wanted in reader.wanted if (pin := wanted.pin)),
        wanted=tuple(reader.wanted),
        declared=tuple(reader.wanted),
        edges={name: frozenset(needs) for name, needs in reader.edges.items()},
        roots=frozenset(reader.roots),
        constraints=tuple(reader.constraints),
        indexes=tuple(reader.indexes),
        prereleases=reader.prereleases,
        complete=True,
        hashed=bool(reader.wanted) and reader.hashes == len(reader.wanted),
        files=tuple(sorted((reader.visited | reader.limits) - {manifest})),
        unseen=tuple(reader.unseen),
    )


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, with the number they start at: continuations joined, comments gone."""
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        start = start if parts else number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            parts.append(line[:-1])
            continue
        # pip: a comment line inside a continuation ends it.
        parts.append(f" {line}" if line.lstrip().startswith("#") else line)
        joined, parts = _COMMENT.sub("", "".join(parts)).strip(), []
        if joined:
            yield start, joined
    if joined := _COMMENT.sub("", "".join(parts)).strip():
        yield start, joined


class _Reader:
    """Walks through a file and those it names; keeps what it meets in order."""

    def __init__(self, root: Path, files: frozenset[str]) -> None:
        self._root = root.resolve()
        self._files = files
        self.prereleases = False
        self.hashes = 0
        self.wanted: list[Wanted] = []
        self.constraints: list[str] = []
        self.indexes: list[str] = []
        self.unseen: list[Unseen] = []
        self.visited: set[str] = set()
        # Kept apart: a file may limit first and ask for something later.
        self.limits: set[str] = set()
        self.edges: dict[str, set[str]] = {}
        self.roots: set[str] = set()

    def read(self, file: str, *, constraint: bool = False) -> None:
        """Read one file of the tree; raises UnreadableError."""
        text = read_text(self._root / file)
        (self.limits if constraint else self.visited).add(file)
        said = read_annotations(text)
        self.roots |= said.roots
        for name, needs in said.edges.items():
            self.edges.setdefault(name, set()).update(needs)
        for number, line in logical_lines(text):
            self._line(line, Origin(file, number), constraint=constraint)

    def _line(self, line: str, origin: Origin, *, constraint: bool) -> None:
        if line.startswith("-"):
            self._option(line, origin, constraint=constraint)
            return
        text = _without_options(line)
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            self._other(text, origin, f"is not a requirement that can be read: {scrub(str(error), 120)}")
            return
        if requirement.url:
            self._name(text, origin, "comes from a URL or a repository, not from the registry")
        elif constraint:
            self.constraints.append(str(requirement))
        else:
            self.hashes += " --hash=" in line
            self._want(Wanted(requirement, origin))

    def _want(self, wanted: Wanted) -> None:
        # `===` allows versions outside PEP 440, which no advisory can be compared with.
        strange = any(spec.operator == "===" for spec in wanted.requirement.specifier) and wanted.pin is None
        if strange:
            self._name(str(wanted.requirement), wanted.origin, "has a version that is not one by PEP 440")
        else:
            self.wanted.append(wanted)

    def _option(self, line: str, origin: Origin, *, constraint: bool) -> None:
        name, value = _split_option(line)
        if name in _NESTED | _CONSTRAINTS:
            self._nested(value, origin, constraint=constraint or name in _CONSTRAINTS)
        elif name in _EDITABLE:
            self._other(value, origin, "is installed from a repository or folder, not from the registry")
        elif name in _INDEXES:
            self.indexes.append(line)
        elif name == "--pre":
            self.prereleases = True
        elif name not in _HARMLESS:
            self._name(line, origin, "is an option that is not known")

    def _nested(self, value: str, origin: Origin, *, constraint: bool) -> None:
        if "://" in value:
            self._name(value, origin, "is a requirements file at a URL, which is not fetched")
            return
        target = below(self._root, self._root / PurePosixPath(origin.path).parent / value)
        if target is None:
            self._name(value, origin, "is a requirements file outside of the scanned folder")
            return
        file = target.as_posix()
        if file in (self.limits if constraint else self.visited):
            return
        try:
            self.read(file, constraint=constraint)
        except UnreadableError as error:
            self._name(value, origin, f"is named here and {error}")

    def _other(self, text: str, origin: Origin, reason: str) -> None:
        """Something that is no registry requirement: fine when it is a project of the scanned tree itself."""
        if not self._is_own(text, origin):
            archive = "://" in text or text.lower().endswith(_ARCHIVES)
            self._name(text, origin, "comes from a URL or a file, not from the registry" if archive else reason)

    def _is_own(self, text: str, origin: Origin) -> bool:
        place = _EXTRAS.sub("", text.split(";", 1)[0].strip())
        if not place.startswith((".", "/")) and "/" not in place:
            return False
        # pip takes such paths relative to where it is started, uv relative to the file: both are tried.
        for base in (self._root, self._root / PurePosixPath(origin.path).parent):
            folder = below(self._root, base / place)
            if folder is not None and self._has_manifest(folder):
                return True
        return False

    def _has_manifest(self, folder: PurePath) -> bool:
        return any((folder / name).as_posix() in self._files for name in _PROJECT_FILES)

    def _name(self, text: str, origin: Origin, reason: str) -> None:
        self.unseen.append(Unseen(f"{origin.path}:{origin.line}: {scrub(text, 160)}", reason))


def _without_options(line: str) -> str:
    """The requirement without the options behind it (`--hash`), split where pip splits."""
    words = line.split(" ")
    end = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    return " ".join(words[:end]).strip()


def _split_option(line: str) -> tuple[str, str]:
    """An option line as its name and its value: `-r x`, `-rx`, `--requirement x`, `--requirement=x`."""
    if not line.startswith("--"):
        return line[:2], line[2:].strip().removeprefix("=").strip()
    name, _, value = line.replace("=", " ", 1).partition(" ")
    return name, value.strip()
